import type { CaptureProcessorConfig } from '../processors/capture/config.js';
import { DEFAULT_METHODS, type EnrichProcessorConfig } from '../processors/enrich/config.js';
import type { Finding, Path } from '../values/finding.js';
import { fields } from '../values/map.js';
import { quote } from '../values/quote.js';
import type { WrittenPipeline } from './pipelines.js';
import { type Accepted, type CaptureUse, type ReceiverUse, receiverUses } from './receiver-uses.js';
import type { ParsedComponent } from './validate-components.js';

/*
 * Components that are right by themselves, and do nothing or mislead together. That is a warning and no mistake: an agent
 * that was updated relays with the configuration that it had.
 */

/** An id, the version and a method of usual length do not fit into less. */
const DECODABLE_BYTES = 64;

export function warnCombinations(
  parsed: readonly ParsedComponent[],
  pipelines: readonly WrittenPipeline[],
): Finding[] {
  const watchers = parsed.filter(({ kind, used }) => kind === 'extensions' && used);
  const isWatched = watchers.length > 0;
  const isShown = watchers.some(
    ({ type, config }) => type === 'control' || fields(config)['show_payload'] === true,
  );
  const uses = receiverUses(parsed, pipelines, isWatched);
  return [
    ...uses.flatMap((use) => [...(isWatched ? [] : warnOfUnread(use)), ...warnOfDecoding(use)]),
    ...enrichUses(uses).flatMap((its) => warnOfEnrich(its, isShown)),
  ];
}

/** What is captured is decoded, or watched by way of an extension; there is no other reader. */
function warnOfUnread({ captures }: ReceiverUse): Finding[] {
  const message =
    'captures what nobody reads: nothing decodes it, and there is no control or dashboard extension to watch it with';
  return captures
    .filter(({ isDecoded, config }) => !isDecoded && keepsNothing(config) === undefined)
    .map(({ at }) => ({ path: at, message }));
}

function warnOfDecoding({ captures, enrich }: ReceiverUse): Finding[] {
  if (enrich === undefined) return [];
  const keeping = captures.filter(({ config }) => keepsNothing(config) === undefined);
  // A processor that keeps nothing turns capture off for some sockets, unless it does for all.
  if (keeping.length === 0) return captures.flatMap((capture) => warnOfNothing(capture, enrich));
  return keeping
    .filter(({ isDecoded }) => isDecoded)
    .flatMap((capture) => [
      ...warnOfDirections(capture, enrich),
      ...warnOfShortHeads(capture),
      ...warnOfOperations(capture),
    ]);
}

function warnOfNothing({ path, config }: CaptureUse, enrich: Accepted<unknown>): Finding[] {
  const key = keepsNothing(config);
  const message = `keeps nothing that ${quote(enrich.id)} could decode: no call is counted`;
  return key === undefined ? [] : [{ path: [...path, ...key], message }];
}

/** The key that says that nothing is kept, if one does. */
function keepsNothing({ strategy, ratio, then }: CaptureProcessorConfig): Path | undefined {
  if (strategy === 'no_data') return ['strategy'];
  if (strategy !== 'sampling') return undefined;
  if (ratio === 0) return ['ratio'];
  return then?.strategy === 'no_data' ? ['then', 'strategy'] : undefined;
}

/** Who wants counts alone says so with `latency: false`. */
function warnOfDirections(
  { path, config: { directions } }: CaptureUse,
  { id, config: { latency } }: Accepted<EnrichProcessorConfig>,
): Finding[] {
  if (!latency || directions.length === 2) return [];
  const lost = directions.includes('send')
    ? 'send alone leaves out the answers: calls are counted, without outcome and duration'
    : 'recv alone leaves out what containers send: their calls are not seen';
  const message = `${lost}; give [send, recv], or latency: false in ${quote(id)} if that is what you want`;
  return [{ path: [...path, 'directions'], message }];
}

function warnOfShortHeads({ path, config }: CaptureUse): Finding[] {
  const key = config.strategy === 'sampling' ? ['then', 'max_bytes'] : ['max_bytes'];
  const bytes = config.strategy === 'sampling' ? config.then?.max_bytes : config.max_bytes;
  if (bytes === undefined || bytes >= DECODABLE_BYTES) return [];
  const message = `${bytes} bytes do not hold the method of most messages, which are not decoded then; give ${DECODABLE_BYTES} or more`;
  return [{ path: [...path, ...key], message }];
}

function warnOfOperations({ path, config: { per, strategy } }: CaptureUse): Finding[] {
  if (per === 'message' || strategy === 'full') return [];
  const message = 'operation leaves out messages that begin inside of an operation: their calls are not seen';
  return [{ path: [...path, 'per'], message }];
}

/** An enrich processor with the receivers that it works for. */
interface EnrichUse {
  readonly enrich: Accepted<EnrichProcessorConfig>;
  readonly uses: readonly ReceiverUse[];
}

function enrichUses(uses: readonly ReceiverUse[]): EnrichUse[] {
  const byId = new Map(uses.flatMap(({ enrich }) => (enrich === undefined ? [] : [[enrich.id, enrich]])));
  return [...byId.values()].map((enrich) => ({
    enrich,
    uses: uses.filter((use) => use.enrich?.id === enrich.id),
  }));
}

function warnOfEnrich({ enrich, uses }: EnrichUse, isShown: boolean): Finding[] {
  const traces = [...new Set(uses.flatMap((use) => use.traces))];
  const logs = [...new Set(uses.flatMap((use) => use.logs))];
  const found = [
    ...warnOfRatio(enrich.config, traces),
    ...warnOfNoOutcomes(enrich.config, { spans: traces, 'log records': logs }),
    ...(isShown || traces.length > 0 || logs.length > 0 ? [] : warnOfNoPayload(enrich.config)),
    ...warnOfMethods(enrich.config, uses),
  ];
  return found.map(({ path, message }) => ({ path: [...enrich.path, ...path], message }));
}

function warnOfRatio({ span_ratio }: EnrichProcessorConfig, traces: readonly string[]): Finding[] {
  const path = ['span_ratio'];
  if (traces.length === 0) {
    const message = 'does nothing without a traces pipeline';
    return span_ratio > 0 && span_ratio < 1 ? [{ path, message }] : [];
  }
  const message = `0 leaves ${namesOf(traces)} without any span`;
  return span_ratio === 0 ? [{ path, message }] : [];
}

/** `pipelines`: those that need outcomes, by what they make of calls. */
function warnOfNoOutcomes(
  { latency, span_ratio }: EnrichProcessorConfig,
  pipelines: Readonly<Record<'spans' | 'log records', readonly string[]>>,
): Finding[] {
  if (latency) return [];
  const { spans, 'log records': logs } = pipelines;
  const message = (what: string, ids: readonly string[]) =>
    `false leaves the ${what} of ${namesOf(ids)} without outcome and duration`;
  return [
    ...(spans.length === 0 || span_ratio === 0 ? [] : [message('spans', spans)]),
    ...(logs.length === 0 ? [] : [message('log records', logs)]),
  ].map((text) => ({ path: ['latency'], message: text }));
}

function warnOfNoPayload({ payload }: EnrichProcessorConfig): Finding[] {
  const message = 'does nothing without a traces or logs pipeline or a control extension';
  return payload === 'none' ? [] : [{ path: ['payload'], message }];
}

function namesOf(pipelines: readonly string[]): string {
  return pipelines.map(quote).join(' and ');
}

/** Each client has a number of methods, and of series. */
function warnOfMethods(
  { methods: { max, known } }: EnrichProcessorConfig,
  uses: readonly ReceiverUse[],
): Finding[] {
  const limits = uses.map(({ receiver }) => receiver.config.client_limits);
  const methods = Math.max(...limits.map((limit) => limit.methods));
  const series = Math.max(...limits.map((limit) => limit.series));
  const few = `${max} is more than client_limits.methods lets a client have, ${methods}`;
  const full = `lists ${known.length} methods, and client_limits.series has room for ${series} series of a client`;
  return [
    ...(max !== DEFAULT_METHODS && max > methods ? [{ path: ['methods', 'max'], message: few }] : []),
    ...(known.length > series ? [{ path: ['methods', 'known'], message: full }] : []),
  ];
}
