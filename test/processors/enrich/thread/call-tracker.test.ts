import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Coverage } from '../../../../src/processors/capture/strategies/coverage.js';
import { CallTracker, type TrackerEvents } from '../../../../src/processors/enrich/thread/call-tracker.js';
import { CallRoom, ClientCalls } from '../../../../src/processors/enrich/thread/pending-calls.js';
import { RECV, SEND } from '../../../../src/protocols/direction.js';
import { IN_ORDER } from '../../../../src/protocols/protocol.js';
import { repeat } from '../../../support/repeat.js';
import { request, response } from '../support/messages.js';

const ALL: Coverage = { send: 'all', recv: 'all' };

/** As many calls of a client as are waited for at a time. */
const PENDING_MAX = 16_384;

/** A tracker, and what it says, in words. */
function track(coverage: Coverage = ALL, pendingMax = PENDING_MAX) {
  const said: string[] = [];
  const calls = new ClientCalls(new CallRoom(), pendingMax);
  const events: TrackerEvents = {
    answered: ({ request: asked }, answer, by) =>
      said.push(`${asked.method} answered ${answer.bytes} by ${by}`),
    unanswered: ({ request: asked, isDoubtful }, reason) =>
      said.push(`${asked.method} ${reason}${isDoubtful ? ', doubtful' : ''}`),
    unmatched: (answer, reason) => said.push(`${answer.id} ${reason}`),
  };
  const tracker = new CallTracker(coverage, events, () => calls);
  const ask = (method: string, changes: Parameters<typeof request>[0] = {}) =>
    tracker.add(request({ method, ...changes }), 1);
  const answer = (id: string | undefined, bytes = 0, changes: Parameters<typeof response>[0] = {}) =>
    tracker.answer(response({ id, bytes, ...changes }));
  return { tracker, calls, said, ask, answer };
}

describe('CallTracker', () => {
  it('matches answers by id, in whatever order they come', () => {
    const { tracker, said, ask, answer } = track();
    ask('a', { id: '1' });
    ask('b', { id: '"1"' });
    ask('c', { id: 'null' });
    assert.equal(tracker.size, 3);
    answer('null', 3);
    answer('1', 1);
    answer('"1"', 2);
    assert.deepEqual(said, ['c answered 3 by id', 'a answered 1 by id', 'b answered 2 by id']);
    assert.equal(tracker.size, 0);
  });

  it('takes the first answer for the first of several requests with one id', () => {
    const { said, ask, answer } = track();
    for (const method of ['first', 'second', 'third']) ask(method);
    for (const bytes of [1, 2, 3]) answer('1', bytes);
    assert.deepEqual(said, ['first answered 1 by id', 'second answered 2 by id', 'third answered 3 by id']);
  });

  it('keeps the calls of either side apart', () => {
    const { said, ask, answer } = track();
    ask('ours', { direction: SEND });
    ask('theirs', { direction: RECV });
    answer('1', 1, { direction: SEND });
    answer('1', 2, { direction: RECV });
    assert.deepEqual(said, ['theirs answered 1 by id', 'ours answered 2 by id']);
  });

  it('wonders about an id that nobody asked with, and about a second answer', () => {
    const { said, ask, answer } = track();
    answer('7');
    ask('a');
    answer('1');
    answer('1');
    assert.deepEqual(said, ['7 unknown_id', 'a answered 0 by id', '1 unknown_id']);
  });

  it('does not wonder where requests may have been missed, or are not captured at all', () => {
    for (const send of ['some', 'none'] as const) {
      const { said, answer } = track({ send, recv: 'all' });
      answer('7');
      answer(undefined);
      assert.deepEqual(said, ['7 request_not_captured', 'undefined request_not_captured']);
    }
  });

  it('takes an answer without an id for that to the only call there is', () => {
    const { said, ask, answer } = track();
    ask('a');
    answer(undefined, 9);
    assert.deepEqual(said, ['a answered 9 by only_outstanding']);
  });

  it('takes an answer without an id for none where there are two calls, or none', () => {
    const { said, ask, answer } = track();
    answer(undefined);
    ask('a', { id: '1' });
    ask('b', { id: '2' });
    answer(undefined);
    assert.deepEqual(said, ['undefined id_not_captured', 'undefined id_not_captured']);
  });

  it('takes an unknown id for that of the only call whose own is not known', () => {
    const { said, ask, answer } = track();
    ask('a', { id: undefined, isIdUnknown: true });
    answer('5', 5);
    ask('b', { id: '1' });
    answer('6', 6);
    assert.deepEqual(said, ['a answered 5 by only_outstanding', '6 unknown_id']);
  });

  it('gives up what is too old, oldest first, and nothing else', () => {
    const { tracker, said, ask } = track();
    ask('old', { id: '1', timeMs: 10 });
    ask('older', { id: '2', timeMs: 5 });
    ask('young', { id: '3', timeMs: 20 });
    tracker.expire(20);
    assert.deepEqual(said, ['old aged_out', 'older aged_out']);
    assert.equal(tracker.size, 1);
  });

  it('gives up the oldest where too many are waited for', () => {
    const { tracker, said, ask } = track();
    for (let i = 0; i < PENDING_MAX; i++) ask(`method_${i}`, { id: String(i) });
    assert.deepEqual(said, []);
    ask('one more', { id: 'more' });
    assert.deepEqual(said, ['method_0 evicted']);
    assert.equal(tracker.size, PENDING_MAX);
  });

  it('gives up everything at the end', () => {
    const { tracker, said, ask } = track();
    ask('ours', { direction: SEND });
    ask('theirs', { direction: RECV });
    tracker.end();
    assert.deepEqual(said, ['ours connection_ended', 'theirs connection_ended']);
    assert.equal(tracker.size, 0);
  });

  it('doubts calls whose answer may not be seen: by coverage, for want of an id, and after a loss', () => {
    const partial = track({ send: 'all', recv: 'some' });
    partial.ask('a');
    partial.ask('theirs', { direction: RECV });
    partial.tracker.end();
    assert.deepEqual(partial.said, ['a connection_ended, doubtful', 'theirs connection_ended']);

    const lost = track();
    lost.ask('before', { id: '1' });
    lost.ask('unread', { id: undefined, isIdUnknown: true });
    lost.tracker.doubt();
    lost.ask('after', { id: '2' });
    lost.answer('9');
    lost.tracker.end();
    assert.deepEqual(lost.said, [
      '9 request_not_captured',
      'before connection_ended, doubtful',
      'unread connection_ended, doubtful',
      'after connection_ended',
    ]);
  });

  it('says something of every request, once, whatever happens', () => {
    const step = fc.oneof(
      fc.record({ ask: fc.integer({ min: 0, max: 5 }), isIdUnknown: fc.boolean() }),
      fc.record({ answer: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }) }),
      fc.constant('doubt' as const),
      fc.record({ expire: fc.integer({ min: 0, max: 50 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const { tracker, calls, said, ask, answer } = track();
        steps.forEach((each, timeMs) => {
          if (each === 'doubt') tracker.doubt();
          else if ('expire' in each) tracker.expire(each.expire);
          else if ('answer' in each) answer(each.answer === undefined ? undefined : String(each.answer));
          else {
            const { isIdUnknown } = each;
            ask(`#${timeMs}`, { id: isIdUnknown ? undefined : String(each.ask), isIdUnknown, timeMs });
          }
        });
        tracker.end();
        assert.deepEqual([tracker.size, calls.count, calls.held], [0, 0, 0]);
        const asked = steps.flatMap((each, i) =>
          typeof each === 'object' && 'ask' in each ? [`#${i}`] : [],
        );
        const heard = said.flatMap((words) => (words.startsWith('#') ? [words.split(' ')[0]] : []));
        assert.deepEqual(new Set(heard), new Set(asked));
        assert.equal(heard.length, asked.length);
      }),
    );
  });

  describe('where answers come in order', () => {
    /** All calls have one id, and so have their answers. */
    function inOrder(pendingMax = PENDING_MAX) {
      const tracked = track(ALL, pendingMax);
      tracked.tracker.matching = 'order';
      const ask = (method: string, timeMs = 0) => tracked.ask(method, { id: IN_ORDER, timeMs });
      return { ...tracked, ask, answer: (bytes: number) => tracked.answer(IN_ORDER, bytes) };
    }

    it('matches them so', () => {
      const { said, ask, answer } = inOrder();
      for (const method of ['a', 'b', 'c']) ask(method);
      for (const bytes of [1, 2]) answer(bytes);
      ask('d');
      for (const bytes of [3, 4, 5]) answer(bytes);
      assert.deepEqual(said, [
        'a answered 1 by order',
        'b answered 2 by order',
        'c answered 3 by order',
        'd answered 4 by order',
        ' unknown_id',
      ]);
    });

    it('passes over the answers to calls that were given up', () => {
      const { tracker, said, ask, answer } = inOrder(2);
      for (const method of ['a', 'b', 'c']) ask(method, 10);
      ask('d', 20);
      tracker.expire(20);
      for (const bytes of [1, 2, 3, 4]) answer(bytes);
      assert.deepEqual(said, [
        'a evicted',
        'b evicted',
        'c aged_out',
        ...repeat(3, () => ' unknown_id'),
        'd answered 4 by order',
      ]);
    });

    it('gives up what waits when something is lost: whose an answer is cannot be told', () => {
      const { tracker, said, ask, answer } = inOrder();
      for (const method of ['a', 'b']) ask(method);
      tracker.doubt();
      ask('c');
      answer(1);
      assert.deepEqual(said, ['a order_lost, doubtful', 'b order_lost, doubtful', 'c answered 1 by order']);
    });
  });

  it('matches as many calls as are waited for at a time', () => {
    const { tracker, said, ask, answer } = track();
    const ids = repeat(PENDING_MAX, String);
    for (const id of ids) ask('a', { id });
    for (const id of ids.reverse()) answer(id);
    assert.equal(said.length, PENDING_MAX);
    assert.equal(tracker.size, 0);
  });
});
