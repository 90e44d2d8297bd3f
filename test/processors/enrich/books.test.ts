import assert from 'node:assert/strict';
import fc from 'fast-check';
import type {
  CaptureSettings,
  StrategySettings,
} from '../../../src/processors/capture/strategies/settings.js';
import {
  CALLS_ACTIVE,
  CALLS_DECODED,
  UNANSWERED_REASONS,
  UNKNOWN_REASONS,
  unansweredColumn,
  unknownColumn,
} from '../../../src/processors/enrich/instruments.js';
import { type Direction, RECV, SEND } from '../../../src/protocols/direction.js';
import type { CallData } from '../../../src/telemetry/call-data.js';
import { LIMITS } from './support/messages.js';
import { Road } from './support/road.js';

const RUNS = 1000;

/** How a call ended in truth. */
type Truth = 'succeeded' | 'failed' | 'unanswered' | 'notification';

/** How a span tells that its call ended; notifications look like successes. */
function told({ attributes }: CallData): 'fine' | 'failed' | 'unanswered' | 'unknown' {
  if (attributes['udscope.outcome'] !== undefined) return 'unknown';
  const error = attributes['error.type'];
  if (error === undefined) return 'fine';
  return error === 'no_response' ? 'unanswered' : 'failed';
}

const strategy: fc.Arbitrary<StrategySettings> = fc
  .record({
    maxBytes: fc.constantFrom(1, 40, 60, 90, 200, Number.POSITIVE_INFINITY),
    ratio: fc.constantFrom(1, 1, 1, 0.5),
  })
  .map(({ maxBytes, ratio }) => {
    const then = { type: 'size_limit', maxBytes } as const;
    return ratio === 1 ? then : ({ type: 'sampling', by: 'message', ratio, then } as const);
  });

const settings = fc.record({
  strategy,
  tailBytes: fc.constantFrom(0, 0, 20, 64),
  directions: fc.constantFrom<CaptureSettings['directions']>(
    ['send', 'recv'],
    ['send', 'recv'],
    ['send', 'recv'],
    ['send'],
    ['recv'],
  ),
  latency: fc.constantFrom(true, true, true, true, false),
  pendingCalls: fc.constantFrom(1, 3, ...Array<number>(4).fill(LIMITS.pendingCalls)),
});

type Made<A> = A extends fc.Arbitrary<infer T> ? T : never;

function roadOf({ latency, pendingCalls, ...capture }: Made<typeof settings>): Road {
  return new Road({ capture, enrich: { latency, limits: { ...LIMITS, pendingCalls } } });
}

const direction = fc.constantFrom<Direction>(SEND, SEND, SEND, RECV);
const text = fc.constantFrom(0, 30, 80, 300).map((length) => 'x'.repeat(length));

/** Few are: what waits then is unknown. */
const isLost = fc.integer({ min: 0, max: 19 }).map((number) => number === 19);

/** A request; its id is in front or behind. */
const ask = fc.record({
  type: fc.constant('ask' as const),
  direction,
  id: fc.constantFrom<'id' | 'none'>('id', 'id', 'id', 'none'),
  isIdLast: fc.boolean(),
  text,
  isLost,
});

/** The answer to one of those that wait. */
const answer = fc.record({
  type: fc.constant('answer' as const),
  which: fc.nat(100),
  isError: fc.boolean(),
  isIdLast: fc.boolean(),
  text,
  isLost,
});

/** Ids that are used again, null, beyond what doubles hold, and answers to nothing. */
const oddity = fc.record({
  type: fc.constant('odd' as const),
  direction,
  message: fc.constantFrom<object | string>(
    { jsonrpc: '2.0', id: 1, method: 'again' },
    { jsonrpc: '2.0', id: null, method: 'null' },
    { id: null, method: 'null', params: [] },
    { jsonrpc: '2.0', id: 2 ** 60, method: 'big' },
    { jsonrpc: '2.0', id: 1, result: 1 },
    { jsonrpc: '2.0', id: 2 ** 60, result: 1 },
    { jsonrpc: '2.0', id: 777, error: { code: 1, message: '' } },
    { jsonrpc: '2.0', id: null, error: { code: -32700, message: '' } },
    { jsonrpc: '2.0', id: 5 },
    [{ jsonrpc: '2.0', id: 6, method: 'batch' }, { jsonrpc: '2.0', method: 'batch' }, 7],
    { hello: 'x'.repeat(300) },
    '{"jsonrpc":"2.0","id":',
    'listening on stdio',
  ),
});

const event = fc.constantFrom('lose' as const, 'reload' as const);

function line(members: object, id: object, isIdLast: boolean): string {
  return `${JSON.stringify(isIdLast ? { ...members, ...id } : { ...id, ...members })}\n`;
}

/** Both ends of a connection, as they know it. */
class Talk {
  readonly truth = new Map<string, Truth>();
  readonly #road: Road;
  /** Each call has the same id as the one before, and waits until that is answered. */
  readonly #isOneByOne: boolean;
  readonly #waiting: { readonly direction: Direction; readonly id: number; readonly method: string }[] = [];
  #next = 0;

  constructor(road: Road, isOneByOne: boolean) {
    this.#road = road;
    this.#isOneByOne = isOneByOne;
  }

  ask({ direction, id, isIdLast, text, isLost }: Made<typeof ask>): void {
    if (this.#isOneByOne && this.#waiting.some((call) => call.direction === direction)) return;
    const number = this.#next++;
    const method = `m${number}`;
    const given = this.#isOneByOne ? 1 : number;
    this.truth.set(method, id === 'none' ? 'notification' : 'unanswered');
    if (id !== 'none') this.#waiting.push({ direction, id: given, method });
    const members = { jsonrpc: '2.0', method, params: [text] };
    this.#say(direction, line(members, id === 'none' ? {} : { id: given }, isIdLast), isLost);
  }

  answer(said: Made<typeof answer>): void {
    if (this.#waiting.length === 0) return;
    const [{ direction, id, method }] = this.#waiting.splice(said.which % this.#waiting.length, 1);
    const { isError, isIdLast, text, isLost } = said;
    this.truth.set(method, isError ? 'failed' : 'succeeded');
    const end = isError ? { error: { code: -1, message: text } } : { result: [text] };
    const members = isIdLast ? { jsonrpc: '2.0', ...end } : end;
    this.#say(direction === SEND ? RECV : SEND, line(members, { id }, isIdLast), isLost);
  }

  #say(direction: Direction, said: string, isLost: boolean): void {
    if (isLost) this.#road.lose(0);
    else this.#road.say(0, direction, said);
  }
}

/** What was counted of calls agrees with itself. */
function assertBalanced(road: Road, isOver: boolean): void {
  const tally: Record<string, number> = {};
  for (const span of road.spans) {
    const outcome = told(span);
    tally[outcome] = (tally[outcome] ?? 0) + 1;
    const reason = span.attributes['udscope.unknown_reason'];
    assert.equal(reason !== undefined, outcome === 'unknown');
    if (reason !== undefined) tally[`because ${reason}`] = (tally[`because ${reason}`] ?? 0) + 1;
  }
  const { fine = 0, failed = 0, unanswered = 0, unknown = 0 } = tally;
  const pending = road.health(CALLS_ACTIVE);
  assert.equal(road.health(CALLS_DECODED), fine + failed + unanswered + unknown + pending);
  if (isOver) assert.equal(pending, 0);
  for (const reason of UNKNOWN_REASONS) {
    assert.equal(road.health(unknownColumn(reason)), tally[`because ${reason}`] ?? 0, reason);
  }
  const columns = UNANSWERED_REASONS.map((reason) => road.health(unansweredColumn(reason)));
  assert.equal(
    columns.reduce((sum, count) => sum + count, 0),
    unanswered,
  );
}

describe('the books of calls', () => {
  it('balance, whatever is said, cut, sampled, lost, or captured anew in the middle', () => {
    const step = fc.oneof({ weight: 4, arbitrary: ask }, { weight: 3, arbitrary: answer }, oddity, event);
    fc.assert(
      fc.property(
        settings,
        fc.array(step, { maxLength: 30, size: 'max' }),
        fc.boolean(),
        (given, steps, isOver) => {
          const road = roadOf(given);
          const talk = new Talk(road, false);
          for (const each of steps) {
            if (each === 'lose') road.lose(0);
            else if (each === 'reload') road.reload(0);
            else if (each.type === 'ask') talk.ask(each);
            else if (each.type === 'answer') talk.answer(each);
            else {
              const { message } = each;
              road.say(
                0,
                each.direction,
                `${typeof message === 'string' ? message : JSON.stringify(message)}\n`,
              );
            }
          }
          if (isOver) road.end(0);
          assertBalanced(road.read(), isOver);
        },
      ),
      { numRuns: RUNS },
    );
  });

  /** Calls and answers that are seen, whole. */
  const before = ([SEND, RECV, SEND, RECV] as const).flatMap((direction) => [
    { type: 'ask', direction, id: 'id', isIdLast: false, text: '', isLost: false } as const,
    { type: 'answer', which: 0, isError: false, isIdLast: false, text: '', isLost: false } as const,
  ]);

  it('say what is true, or that they do not know it', () => {
    const step = fc.oneof({ weight: 8, arbitrary: ask }, { weight: 7, arbitrary: answer }, event);
    fc.assert(
      fc.property(
        settings,
        fc.array(step, { maxLength: 30, size: 'max' }),
        fc.boolean(),
        (given, steps, mayRepeat) => {
          const isOneByOne = mayRepeat && given.strategy.type !== 'sampling';
          const road = roadOf(given);
          const talk = new Talk(road, isOneByOne);
          // That ids are used again has to be seen before anything is missed.
          const reload = () => (isOneByOne ? road.lose(0) : road.reload(0));
          for (const each of [...before, ...steps]) {
            if (each === 'lose') road.lose(0);
            else if (each === 'reload') reload();
            else if (each.type === 'ask') talk.ask(each);
            else talk.answer(each);
          }
          road.end(0).read();
          for (const span of road.spans) {
            const truth = talk.truth.get(span.name);
            const outcome = told(span);
            const isFine = truth === 'succeeded' || truth === 'notification';
            const isTrue = outcome === 'unknown' || outcome === truth || (outcome === 'fine' && isFine);
            assert.ok(isTrue, `${span.name} is told to be ${outcome}, and is ${truth}`);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });
});
