import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Coverage } from '../../../../src/processors/capture/strategies/coverage.js';
import { CallTracker } from '../../../../src/processors/enrich/thread/call-tracker.js';
import { CallRoom, ClientCalls } from '../../../../src/processors/enrich/thread/pending-calls.js';
import type { TrackerEvents } from '../../../../src/processors/enrich/thread/tracker-events.js';
import { RECV, SEND } from '../../../../src/protocols/direction.js';
import { IN_ORDER, type Response } from '../../../../src/protocols/protocol.js';
import { repeat } from '../../../support/repeat.js';
import { request, response } from '../support/messages.js';

const ALL: Coverage = { send: 'all', recv: 'all' };

/** As many calls of a client as are waited for at a time. */
const PENDING_MAX = 16_384;

const MINUTES_10 = 10 * 60_000;

/** A tracker, and what it says, in words. */
function track(coverage: Coverage = ALL, pendingMax = PENDING_MAX) {
  const said: string[] = [];
  const answers: Response[] = [];
  const calls = new ClientCalls(new CallRoom(), pendingMax);
  const events: TrackerEvents = {
    answered: ({ request: asked }, answer, by) => {
      said.push(`${asked.method} answered ${answer.bytes} by ${by}`);
      answers.push(answer);
    },
    unanswered: ({ request: asked }, reason) => said.push(`${asked.method} unanswered: ${reason}`),
    unknown: ({ request: asked }, reason) => said.push(`${asked.method} unknown: ${reason}`),
    cancelled: ({ request: asked }) => said.push(`${asked.method} cancelled`),
    unmatched: (answer, reason) => said.push(`${answer.id} ${reason}`),
  };
  const tracker = new CallTracker(coverage, events, () => calls);
  const ask = (method: string, changes: Parameters<typeof request>[0] = {}) =>
    tracker.add(request({ method, ...changes }), 1);
  const answer = (id: string | undefined, bytes = 0, changes: Parameters<typeof response>[0] = {}) =>
    tracker.answer(response({ id, bytes, ...changes }));
  return { tracker, calls, said, answers, ask, answer };
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

  it('takes a known id that nobody asked with for that of the only call whose own is not known', () => {
    const { said, ask, answer } = track();
    ask('a', { id: undefined, isIdUnknown: true });
    answer('5', 5);
    ask('b', { id: '1' });
    answer('6', 6);
    assert.deepEqual(said, ['a answered 5 by only_outstanding', '6 unknown_id']);
  });

  it('finds the call of an answer whose id a program has rounded, or made a text of', () => {
    const { said, ask, answer } = track();
    for (const id of ['9007199254740993', '9007199254740992', '1', '"2', '"9007199254740995'])
      ask(`#${id}`, { id });
    for (const id of ['9007199254740992', '9007199254740992', '"1', '2', '9007199254740996']) answer(id);
    assert.deepEqual(said, [
      '#9007199254740992 answered 0 by id',
      '#9007199254740993 answered 0 by id',
      '#1 answered 0 by id',
      '#"2 answered 0 by id',
      '9007199254740996 unknown_id',
    ]);
  });

  describe('where it is open whose an answer is', () => {
    it('counts out two calls of unknown ids together once both are answered, and goes on', () => {
      const { tracker, said, ask, answer } = track();
      for (const method of ['a', 'b']) ask(method, { id: undefined, isIdUnknown: true });
      answer('8', 8);
      assert.deepEqual(said, []);
      answer('9', 9);
      assert.deepEqual(said.splice(0), ['a unknown: ambiguous', 'b unknown: ambiguous']);
      ask('c', { id: undefined, isIdUnknown: true });
      answer('10', 10);
      ask('d', { id: '1' });
      answer(undefined, 11);
      assert.deepEqual(said, ['c answered 10 by only_outstanding', 'd answered 11 by only_outstanding']);
      assert.equal(tracker.size, 0);
    });

    it('tells it by elimination once the others have their answers', () => {
      const { said, ask, answer } = track();
      for (const id of ['1', '2', '3']) ask(`#${id}`, { id });
      answer(undefined, 9);
      ask('#4', { id: '4' });
      answer('3', 3);
      answer('1', 1);
      answer('4', 4);
      assert.deepEqual(said, [
        '#3 answered 3 by id',
        '#1 answered 1 by id',
        '#2 answered 9 by elimination',
        '#4 answered 4 by id',
      ]);
    });

    it('keeps nothing of the payload of answers of which it is open whose they are', () => {
      const { answers, ask, answer } = track();
      for (const id of ['1', '2']) ask(`#${id}`, { id });
      answer(undefined, 9, { payload: 'x'.repeat(2048) });
      answer('1', 1, { payload: 'y' });
      assert.deepEqual(
        answers.map(({ payload }) => payload),
        ['y', undefined],
      );
    });

    it('tells an unknown id from answers that have none, and these from one another', () => {
      const { said, ask, answer } = track();
      ask('known', { id: '1' });
      ask('unread', { id: undefined, isIdUnknown: true });
      answer(undefined, 8);
      answer('77', 9);
      assert.deepEqual(said, ['unread answered 9 by elimination', 'known answered 8 by elimination']);
    });

    it('does not take what was asked later for the call', () => {
      const { tracker, said, ask, answer } = track();
      for (const id of ['1', '2']) ask(`#${id}`, { id });
      answer(undefined, 9);
      ask('later', { id: '3' });
      tracker.end();
      assert.deepEqual(said, [
        'undefined id_not_captured',
        '#1 unknown: ambiguous',
        '#2 unknown: ambiguous',
        'later unanswered: connection_ended',
      ]);
    });

    it('leaves nothing behind where ever more answers have no id, and guesses at none of them', () => {
      const { tracker, said, ask, answer } = track();
      for (let id = 0; id < 1000; id++) {
        ask(`#${id}`, { id: String(id) });
        if (id >= 2) answer(undefined, id - 2);
      }
      assert.ok(tracker.size <= 66, String(tracker.size));
      answer(undefined);
      answer(undefined);
      assert.equal(tracker.size, 0);
      assert.deepEqual(
        said,
        repeat(1000, (id) => `#${id} unknown: ambiguous`),
      );
      ask('then', { id: '1000' });
      answer(undefined, 7);
      assert.equal(said.at(-1), 'then answered 7 by only_outstanding');
    });

    it('lets go of the oldest of many requests that may be notifications', () => {
      const { tracker, said, ask } = track();
      for (let i = 0; i < 1000; i++) ask(`#${i}`, { id: undefined, isIdUnknown: true });
      assert.equal(tracker.size, 64);
      assert.deepEqual(
        said,
        repeat(936, (i) => `#${i} unknown: id_not_captured`),
      );
    });

    it('guesses at nothing while the answer to a request may come that was not understood', () => {
      const { tracker, said, ask, answer } = track();
      tracker.miss(SEND, 0);
      ask('a');
      answer(undefined);
      answer('1', 1);
      // It is answered now.
      answer('77');
      ask('b', { id: undefined, isIdUnknown: true });
      answer('78', 78);
      assert.deepEqual(said, [
        'undefined request_not_understood',
        'a answered 1 by id',
        '77 request_not_understood',
        'b answered 78 by only_outstanding',
      ]);
    });

    it('guesses at nothing for ten minutes after requests were lost, or are left out', () => {
      const lost = track();
      lost.tracker.lose(0);
      lost.ask('a', { id: '1', timeMs: 1 });
      lost.answer(undefined, 0, { timeMs: 2 });
      lost.answer('1', 1, { timeMs: MINUTES_10 + 1 });
      lost.ask('b', { id: '2', timeMs: MINUTES_10 + 2 });
      lost.answer(undefined, 2, { timeMs: MINUTES_10 + 3 });
      assert.deepEqual(lost.said, [
        'undefined request_not_captured',
        'a answered 1 by id',
        'b answered 2 by only_outstanding',
      ]);
      const sampled = track({ send: 'some', recv: 'all' });
      sampled.ask('a', { id: undefined, isIdUnknown: true });
      sampled.answer('5');
      sampled.tracker.end();
      assert.deepEqual(sampled.said, ['5 request_not_captured', 'a unknown: ambiguous']);
    });
  });

  describe('where nobody seems to have answered', () => {
    it('says so of calls whose answers would have been seen', () => {
      const { tracker, said, ask } = track();
      ask('ours', { direction: SEND });
      ask('theirs', { direction: RECV });
      tracker.end();
      assert.deepEqual(said, ['ours unanswered: connection_ended', 'theirs unanswered: connection_ended']);
      assert.equal(tracker.size, 0);
    });

    it('leaves it open where answers may not be captured, or the id was not', () => {
      const partial = track({ send: 'all', recv: 'some' });
      partial.ask('a');
      partial.ask('theirs', { direction: RECV });
      partial.tracker.end();
      assert.deepEqual(partial.said, ['a unknown: not_captured', 'theirs unanswered: connection_ended']);
      const { tracker, said, ask, answer } = track();
      ask('unread', { id: undefined, isIdUnknown: true });
      // Version 2.0 of JSON-RPC has null as an id, and servers that take it for a notification's.
      ask('null', { id: 'null', isIdUnknown: true });
      answer('null', 7);
      ask('null', { id: 'null', isIdUnknown: true });
      tracker.end();
      assert.deepEqual(said, [
        'null answered 7 by id',
        'null unknown: id_not_captured',
        'unread unknown: id_not_captured',
      ]);
    });

    it('leaves it open of what waited when an answer came that fits no call, as eRPC answers 3.14 with 3', () => {
      const { tracker, said, ask, answer } = track();
      ask('a', { id: '3.14' });
      answer('3');
      ask('b', { id: '7' });
      tracker.end();
      assert.deepEqual(said, ['3 unknown_id', 'a unknown: ambiguous', 'b unanswered: connection_ended']);
    });

    it('leaves it open of a request with an id that may mean that it is a notification', () => {
      const { tracker, said, ask, answer } = track();
      ask('a', { id: 'null', isIdUnknown: true });
      answer('null', 1);
      for (const method of ['b', 'c']) ask(method, { id: 'null', isIdUnknown: true });
      tracker.end();
      assert.deepEqual(said, [
        'a answered 1 by id',
        'b unknown: id_not_captured',
        'c unknown: id_not_captured',
      ]);
    });

    it('leaves it open of what waited when messages were lost, or what may be an answer was not understood', () => {
      const { tracker, said, ask, answer } = track();
      ask('lost', { id: '1' });
      tracker.lose(0);
      ask('passed over', { id: '0' });
      answer('77');
      ask('missed', { id: '2' });
      tracker.miss(RECV, 0);
      ask('after', { id: '3' });
      tracker.miss(SEND, 0);
      tracker.end();
      assert.deepEqual(said, [
        '77 request_not_captured',
        'lost unknown: lost',
        'passed over unknown: lost',
        'missed unknown: not_understood',
        'after unanswered: connection_ended',
      ]);
    });

    it('waits for ten minutes, and as long as it takes where the answer can still come', () => {
      const { tracker, said, ask, answer } = track();
      ask('old', { id: '1', timeMs: 10 });
      ask('older', { id: '2', timeMs: 5 });
      tracker.lose(15);
      answer('77', 0, { timeMs: 15 });
      ask('long poll', { id: '3', timeMs: 16 });
      tracker.expire(MINUTES_10 + 10);
      assert.deepEqual(said.splice(0), ['77 request_not_captured', 'older unknown: aged_out']);
      tracker.expire(6 * MINUTES_10);
      for (const [i, id] of ['2', '1', '3'].entries()) answer(id, i, { timeMs: 6 * MINUTES_10 });
      assert.deepEqual(said, ['old unknown: aged_out', '2 late', '1 late', 'long poll answered 2 by id']);
    });

    it('does not take each answer for that to the call before, once one with the same id was missed', () => {
      const { tracker, said, ask, answer } = track();
      ask('a');
      tracker.miss(RECV, 0);
      for (const [i, method] of ['b', 'c'].entries()) {
        ask(method);
        answer('1', i);
      }
      assert.deepEqual(said, ['a unknown: not_understood', 'b answered 0 by id', 'c answered 1 by id']);
      assert.equal(tracker.size, 0);
    });
  });

  it('gives up the oldest where too many are waited for', () => {
    const { tracker, said, ask, answer } = track();
    for (let i = 0; i < PENDING_MAX; i++) ask(`method_${i}`, { id: String(i) });
    assert.deepEqual(said, []);
    ask('one more', { id: 'more' });
    answer('0');
    assert.deepEqual(said, ['method_0 unknown: evicted', '0 late']);
    assert.equal(tracker.size, PENDING_MAX);
  });

  it('knows of nothing that waits when there is no more to be known', () => {
    const { tracker, said, ask } = track();
    ask('a');
    tracker.giveUp('interrupted');
    tracker.end();
    assert.deepEqual(said, ['a unknown: interrupted']);
  });

  it('says something of every request, once, whatever happens', () => {
    const step = fc.oneof(
      fc.record({ ask: fc.integer({ min: 0, max: 5 }), isIdUnknown: fc.boolean() }),
      fc.record({ answer: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }) }),
      fc.constantFrom('lose' as const, 'miss request' as const, 'miss answer' as const),
      fc.record({ expire: fc.integer({ min: 0, max: 50 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const { tracker, calls, said, ask, answer } = track();
        steps.forEach((each, timeMs) => {
          if (each === 'lose') tracker.lose(timeMs);
          else if (typeof each === 'string') tracker.miss(each === 'miss request' ? SEND : RECV, timeMs);
          else if ('expire' in each) tracker.expire(MINUTES_10 + each.expire);
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
      const { said, ask, answer } = inOrder(2);
      for (const method of ['a', 'b', 'c']) ask(method, 10);
      ask('d', 20);
      for (const bytes of [1, 2, 3, 4]) answer(bytes);
      assert.deepEqual(said, [
        'a unknown: evicted',
        'b unknown: evicted',
        ' late',
        ' late',
        'c answered 3 by order',
        'd answered 4 by order',
      ]);
    });

    it('gives up what waits when something is lost: whose an answer is cannot be told', () => {
      const { tracker, said, ask, answer } = inOrder();
      for (const method of ['a', 'b']) ask(method);
      tracker.lose(0);
      ask('c');
      answer(1);
      assert.deepEqual(said, ['a unknown: order_lost', 'b unknown: order_lost', 'c answered 1 by order']);
    });

    it('takes an answer for that to what may be a notification only if nothing else waits', () => {
      const { tracker, said, ask, answer } = inOrder();
      const askMaybe = (method: string) =>
        tracker.add(request({ method, id: IN_ORDER, isIdUnknown: true }), 1);
      ask('a');
      askMaybe('b');
      for (const bytes of [1, 2]) answer(bytes);
      askMaybe('c');
      ask('d');
      answer(3);
      askMaybe('e');
      tracker.end();
      assert.deepEqual(said, [
        'a answered 1 by order',
        'b answered 2 by order',
        'c unknown: order_lost',
        'd unknown: order_lost',
        ' id_not_captured',
        'e unknown: id_not_captured',
      ]);
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
