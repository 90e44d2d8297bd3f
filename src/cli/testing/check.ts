import type { CallEvent } from '../../processors/enrich/events.js';
import type { Rehearsed } from '../../service/rehearsal/rehearse.js';
import type { Path } from '../../values/finding.js';
import type { OUTCOMES, Test, Wanted, WantedCall } from './schema.js';

/** An expectation that was not met, and its place below `expect`. */
export interface Failure {
  readonly path: Path;
  readonly expected: string;
  readonly found: string;
}

type Attributes = Readonly<Record<string, unknown>>;
type WantedAttributes = Readonly<Record<string, Wanted>>;

const ABSENT = 'nothing';

/** What was not as expected. */
export function failuresOf({ calls, series, spans, kept }: Test['expect'], found: Rehearsed): Failure[] {
  const foundCalls = found.events.flatMap((event) => (event.type === 'call' ? [describeCall(event)] : []));
  return [
    ...(calls === undefined ? [] : checkCalls(calls, foundCalls)),
    ...(series ?? []).flatMap(({ attributes = {}, count }, i) => {
      const isWanted = (each: Rehearsed['series'][number]) =>
        areMet(attributes, each.attributes) && (count === undefined || each.count === count);
      return found.series.some(isWanted) ? [] : [missing(['series', i], { attributes, count }, found.series)];
    }),
    ...(spans ?? []).flatMap(({ name, attributes = {} }, i) => {
      const foundSpans = found.spans.map((each) => ({ name: each.name, attributes: each.attributes }));
      const isWanted = (each: (typeof foundSpans)[number]) =>
        (name === undefined || isMet(name, each.name)) && areMet(attributes, each.attributes);
      return foundSpans.some(isWanted) ? [] : [missing(['spans', i], { name, attributes }, foundSpans)];
    }),
    ...(['send', 'recv'] as const).flatMap((direction) =>
      checkKept(direction, kept?.[direction], found.kept[direction]),
    ),
  ];
}

/** All calls, in the order in which they ended. */
function checkCalls(expected: readonly WantedCall[], found: readonly FoundCall[]): Failure[] {
  if (expected.length !== found.length) return [missing(['calls'], expected, found)];
  return expected.flatMap((call, i) =>
    Object.entries(call).flatMap(([key, wanted]): Failure[] => {
      const value = found[i]?.[key as keyof FoundCall];
      if (wanted === undefined || isMet(wanted, value)) return [];
      return [{ path: ['calls', i, key], expected: show(wanted), found: show(value) }];
    }),
  );
}

type FoundCall = Readonly<Record<keyof WantedCall, string | undefined>>;

function describeCall(call: CallEvent): FoundCall {
  return {
    protocol: call.system,
    method: call.method,
    namespace: call.namespace,
    from: call.from,
    outcome: outcomeOf(call),
    reason: call.unknownReason,
    status: call.statusCode,
    error: call.errorType,
    message: call.errorMessage,
    params: call.params,
    result: call.result,
  };
}

function outcomeOf({ outcome, errorType, durationMs }: CallEvent): (typeof OUTCOMES)[number] {
  if (outcome !== undefined) return outcome;
  if (errorType !== undefined) return durationMs === undefined ? 'unanswered' : 'failed';
  return durationMs === undefined ? 'notification' : 'succeeded';
}

function checkKept(
  direction: 'send' | 'recv',
  expected: number | readonly Buffer[] | undefined,
  found: readonly Buffer[],
): Failure[] {
  const path = ['kept', direction];
  if (expected === undefined) return [];
  if (typeof expected === 'number') {
    const bytes = found.reduce((sum, each) => sum + each.length, 0);
    return bytes === expected ? [] : [{ path, expected: `${expected} bytes`, found: `${bytes} bytes` }];
  }
  const isSame = expected.length === found.length && expected.every((each, i) => each.equals(found[i]!));
  return isSame ? [] : [{ path, expected: showRuns(expected), found: showRuns(found) }];
}

function areMet(wanted: WantedAttributes, found: Attributes): boolean {
  return Object.entries(wanted).every(([name, each]) =>
    isMet(each, Object.hasOwn(found, name) ? found[name] : undefined),
  );
}

function isMet(wanted: Wanted, value: unknown): boolean {
  if (wanted === null) return value === undefined;
  if (value === undefined) return false;
  return wanted instanceof RegExp ? wanted.test(String(value)) : wanted === String(value);
}

function missing(path: Path, expected: object, found: readonly object[]): Failure {
  const shown = found.map(show);
  return { path, expected: show(expected), found: shown.length === 0 ? ABSENT : shown.join('\n') };
}

/** A value as it could be written in a file. */
function show(value: unknown): string {
  if (value === undefined || value === null) return ABSENT;
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (_, each: unknown) =>
    each instanceof RegExp ? { matches: each.source } : each,
  );
}

function showRuns(runs: readonly Buffer[]): string {
  const shown = runs.map((run) => {
    const text = run.toString('utf8');
    return Buffer.from(text).equals(run) ? JSON.stringify(text) : `{ hex: ${run.toString('hex')} }`;
  });
  return `[${shown.join(', ')}]`;
}
