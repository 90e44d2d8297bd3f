import assert from 'node:assert/strict';
import { PROTOCOL_NAMES } from '../../../src/protocols/names.js';
import { Random } from '../../fuzz/random.js';
import type { CountedCall } from './counts.js';
import type { Step, Steps } from './steps.js';
import { type Capture, type Shown, STEP_MS, type Told, tell } from './wire.js';

/** What is said on a connection, and what has to be told of it. */
export interface Conversation {
  readonly steps: Steps;
  /**
   * As one would tell it, in any order: `3 eth_call`, `1 eth_call -32000`, `1 eth_call no_response`, `1 eth_call unknown`,
   * `20 eth_subscription noted` for notifications, `[1 malformed]` for messages that were not understood, and `[1 unmatched]` for
   * answers without a call. `[1 not understood]` leaves the reason open, `[n malformed]` the number, and
   * `[? malformed]` whether there is one. Without it only the books have to balance.
   */
  readonly told?: string;
  /** The same of a message of which everything is captured, where more is known then. */
  readonly toldFull?: string;
  /** Protocols that are tried, the likeliest first: JSON-RPC, if it is not said otherwise. */
  readonly protocols?: readonly string[];
  /** How long the calls took that have a duration, in any order: the usual turn, unless it is said otherwise. */
  readonly ms?: readonly number[] | 'any';
  /** All of it is told only where everything is captured. */
  readonly needsAll?: boolean;
  /** Parts of it are lost on their way to the decoder. */
  readonly isLossy?: boolean;
  /** Its last bytes show the outcome: where these are not captured, there is no telling. */
  readonly needsEnd?: boolean;
  /** What ends it is the end of the connection: until then less is told. */
  readonly isLate?: boolean;
}

const NOT_UNDERSTOOD = 'not understood';

/** What is captured where the configuration does not say. */
const DEFAULT: Capture = { maxBytes: 512, tailBytes: 256, isTwoWay: true };
const FULL: Capture = { maxBytes: Number.POSITIVE_INFINITY, tailBytes: 0, isTwoWay: true };

/** Less: not all can be told then, but what is told is true. */
const LESS: Readonly<Record<string, Capture>> = {
  '100 bytes': { maxBytes: 100, tailBytes: 0, isTwoWay: true },
  '200 and 64 bytes': { maxBytes: 200, tailBytes: 64, isTwoWay: true },
  'what is sent': { ...DEFAULT, isTwoWay: false },
};

/** Ways of cutting what is said into operations. */
const CUTS = 2;

/** Operations that a step is cut into at most. */
const CUT_MAX = 24;

/** A test for each of the conversations, whatever is captured of them and however they are cut. */
export function conversations(table: Readonly<Record<string, Conversation>>): void {
  for (const [name, conversation] of Object.entries(table)) {
    it(name, () => expectToldTruly(conversation));
  }
}

/** @throws AssertionError with all that is wrong, and where. */
export function expectToldTruly(conversation: Conversation): void {
  const variants = new Map<string, string[]>();
  for (const variant of VARIANTS) {
    for (const fault of faultsOf(conversation, variant)) {
      variants.set(fault, [...(variants.get(fault) ?? []), variant.name]);
    }
  }
  const faults = [...variants].map(([fault, names]) => `${fault} (${names.join('; ')})`);
  if (faults.length > 0) assert.fail(faults.join('\n'));
}

interface Variant {
  readonly name: string;
  readonly capture: Capture;
  /** Seed by which operations are cut; undefined: they are as they were written. */
  readonly seed: number | undefined;
}

const VARIANTS: readonly Variant[] = [
  ...[DEFAULT, FULL].flatMap((capture) => {
    const name = capture === FULL ? 'full' : 'default';
    const cut = Array.from({ length: CUTS }, (_, i) => ({
      name: `${name}, cut ${i + 1}`,
      capture,
      seed: i + 1,
    }));
    return [{ name, capture, seed: undefined }, ...cut];
  }),
  ...Object.entries(LESS).map(([name, capture]) => ({ name, capture, seed: 3 })),
];

/** What is tried on conversations that say nothing else. HTTP would tell requests besides the calls in them. */
const USUAL = PROTOCOL_NAMES.filter((name) => name !== 'http');

/** What is wrong with what is told, a line each. */
function faultsOf(conversation: Conversation, { capture, seed }: Variant): string[] {
  const random = seed === undefined ? undefined : new Random(seed);
  const steps = flat(conversation.steps).map((step) => cutStep(step, random));
  const told = tell(steps, capture, conversation.protocols ?? USUAL);
  const faults: string[] = [];
  const expect = (what: string, actual: unknown, right: unknown) => {
    if (String(actual) !== String(right)) faults.push(`${what}: ${actual}, and not ${right}`);
  };
  const { told: usual, toldFull: whole = usual, needsAll, needsEnd, isLossy } = conversation;
  const isSeen = isLossy !== true;
  if (isSeen && capture === DEFAULT && needsAll !== true) expectTold(told, conversation, usual, expect);
  else if (isSeen && capture === FULL) expectTold(told, conversation, whole, expect);
  else if (needsEnd !== true) expect('claims', falseClaims(told.end, whole), '');
  expectBooks(told, expect);
  return faults;
}

type Expect = (what: string, actual: unknown, right: unknown) => void;

/** What is told is what was said: at the end, before it, and of how long it took. */
function expectTold(
  told: Told,
  { isLate, ms }: Conversation,
  expected: string | undefined,
  expect: Expect,
): void {
  if (expected === undefined) return;
  const words = inWords(told.end, expected.includes(NOT_UNDERSTOOD));
  expect('told', sorted(words), sorted(filledIn(expected.split(', '), words)));
  if (isLate !== true) expect('told live', certainOf(told.live), certainOf(told.end));
  if (ms === 'any') return;
  expect('durations', durationsOf(told), ms?.toSorted(ascending) ?? durationsOf(told).map(() => STEP_MS));
}

/** More of any kind of call than there were, whatever the code of an error: where less is captured, less is claimed. */
function falseClaims(shown: Shown, expected: string | undefined): string {
  if (expected === undefined) return '';
  const left = new Map<string, number>();
  for (const word of expected.split(', ')) {
    const [, count = '0', method = '', outcome] = WORD.exec(word) ?? [];
    add(left, claimOf(method, outcome), Number(count));
  }
  for (const word of shown.calls.flatMap(callsInWords)) {
    const [, count = '0', method = '', outcome] = WORD.exec(word) ?? [];
    if (outcome !== 'unknown') add(left, claimOf(method, outcome), -Number(count));
  }
  return [...left]
    .filter(([, count]) => count < 0)
    .map(([claim, count]) => `${-count} ${claim} too many`)
    .join(', ');
}

/** A word of `told`: how many, the method, and the outcome. */
const WORD = /^(\d+) (\S+)(?: ([^,]+))?$/;

function claimOf(method: string, outcome = 'succeeded'): string {
  return `${method} ${['succeeded', 'noted', 'no_response', 'unknown', 'cancelled'].includes(outcome) ? outcome : 'failed'}`;
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

/** The books balance, before the end and at the end, and the three ways of telling of a call agree. */
function expectBooks({ live, end, events, spans }: Told, expect: Expect): void {
  const counted = sum(end.calls, () => true);
  expect('waited for at the end', health(end, 'active_calls'), 0);
  expect('calls', counted, health(end, 'calls'));
  expect('calls so far', sum(live.calls, () => true) + health(live, 'active_calls'), health(live, 'calls'));
  expect('reasons of no answer', health(end, 'unanswered_calls'), sum(end.calls, isUnanswered));
  expect('reasons of unknown outcomes', health(end, 'unknown_outcomes'), sum(end.calls, isUnknown));
  expect('events', events.filter(({ type }) => type === 'call').length, counted);
  expect('spans', spans.length, counted);
  const errors = sum(end.calls, ({ errorType }) => errorType !== undefined);
  expect('spans of errors', spans.filter(({ error }) => error !== undefined).length, errors);
  expect('faults', health(end, 'faults'), 0);
}

const ascending = (a: number, b: number) => a - b;
const isUnanswered = ({ errorType }: CountedCall) => errorType === 'no_response';
const isUnknown = ({ outcome }: CountedCall) => outcome === 'unknown';

function sum(calls: readonly CountedCall[], isMeant: (call: CountedCall) => boolean): number {
  return calls.filter(isMeant).reduce((total, { count }) => total + count, 0);
}

function health({ health: counts }: Shown, name: string): number {
  return counts.filter((each) => each.name === name).reduce((total, { count }) => total + count, 0);
}

/** As `Conversation.told`. */
function inWords(shown: Shown, isReasonOpen: boolean): string[] {
  const reasons = new Map<string, number>();
  for (const { name, reason = '', count } of shown.health) {
    const word = isReasonOpen && reason !== 'unknown_protocol' ? NOT_UNDERSTOOD : reason;
    if (name === 'undecodable') add(reasons, word, count);
    if (name === 'unmatched_responses') add(reasons, 'unmatched', count);
  }
  return [...shown.calls.flatMap(callsInWords), ...[...reasons].map(([word, count]) => `[${count} ${word}]`)];
}

/** What is expected, with the numbers that are told where any will do. */
function filledIn(expected: readonly string[], told: readonly string[]): string[] {
  return expected.flatMap((word) => {
    const [, number, what] = /^\[([n?]) (.*)$/.exec(word) ?? [];
    if (number === undefined) return [word];
    return (
      told.find((each) => each.startsWith('[') && each.endsWith(` ${what}`)) ?? (number === '?' ? [] : [word])
    );
  });
}

function flat(steps: Step | Steps): Step[] {
  return 'kind' in steps ? [steps] : steps.flatMap(flat);
}

/** What is not going to change any more. */
function certainOf({ calls }: Shown): string {
  return sorted(calls.filter((call) => !isUnanswered(call) && !isUnknown(call)).flatMap(callsInWords));
}

function callsInWords({ method, errorType, outcome, count, timed }: CountedCall): string[] {
  if (outcome !== undefined) return [`${count} ${method} ${outcome}`];
  if (errorType === 'no_response') return [`${count} ${method} ${errorType}${timed > 0 ? ', timed' : ''}`];
  if (errorType !== undefined)
    return [`${count} ${method} ${errorType}${timed < count ? `, ${timed} timed` : ''}`];
  return [
    ...(timed > 0 ? [`${timed} ${method}`] : []),
    ...(timed < count ? [`${count - timed} ${method} noted`] : []),
  ];
}

function sorted(words: readonly string[]): string {
  return words
    .filter((word) => word !== '')
    .sort()
    .join(', ');
}

function durationsOf({ events }: Told): number[] {
  return events
    .flatMap((event) => (event.type === 'call' && event.durationMs !== undefined ? [event.durationMs] : []))
    .map(Math.round)
    .sort(ascending);
}

/** The same bytes in other operations. */
function cutStep(step: Step, random: Random | undefined): Step {
  if (random === undefined || step.kind !== 'bytes') return step;
  return { ...step, operations: step.operations.flatMap((bytes) => cutBytes(bytes, random)) };
}

function cutBytes(bytes: Buffer, random: Random): Buffer[] {
  const places = Array.from({ length: random.below(CUT_MAX) }, () => random.below(bytes.length));
  // The ends are where most is decided.
  if (random.below(2) === 0) places.push(bytes.length - 1);
  const cuts = [...new Set(places)].filter((place) => place > 0).sort(ascending);
  return [0, ...cuts].map((from, i) => bytes.subarray(from, cuts[i] ?? bytes.length));
}
