import assert from 'node:assert/strict';
import { CallTracker } from '../../src/processors/enrich/thread/call-tracker.js';
import { CallRoom, ClientCalls } from '../../src/processors/enrich/thread/pending-calls.js';
import { request, response } from '../processors/enrich/support/messages.js';
import { repeat } from '../support/repeat.js';

const LIMIT = 16_384;
const KIB = 2 ** 10;
const MIB = 2 ** 20;
const LONG = 'x'.repeat(250);

/** Connections of a client, and what becomes of its calls. */
class Caller {
  readonly calls: ClientCalls;
  readonly evicted: string[] = [];
  answered = 0;

  constructor(room: CallRoom, limit = LIMIT) {
    this.calls = new ClientCalls(room, limit);
  }

  connect(): CallTracker {
    return new CallTracker(
      { send: 'all', recv: 'all' },
      {
        answered: () => {
          this.answered++;
        },
        cancelled() {},
        unmatched() {},
        unanswered() {},
        unknown: (call, reason) => this.evicted.push(`${call.request.id} ${reason}`),
      },
      () => this.calls,
    );
  }
}

describe('calls that nobody answers', () => {
  it('are given up, the oldest of the client first, on whatever connection', () => {
    const client = new Caller(new CallRoom(), 10);
    const trackers = repeat(3, () => client.connect());
    for (let id = 0; id < 25; id++) trackers[id % 3].add(request({ id: String(id) }), 1);
    assert.deepEqual(
      client.evicted,
      repeat(15, (id) => `${id} evicted`),
    );
    assert.equal(client.calls.count, 10);
  });

  it('are given up for the bytes they take', () => {
    const client = new Caller(new CallRoom(), 100);
    const tracker = client.connect();
    const tracestate = 'x'.repeat(1000);
    for (let id = 0; id < 100; id++) tracker.add(request({ id: String(id), tracestate }), 1);
    assert.ok(client.calls.held <= 100 * KIB);
    assert.ok(tracker.size < 50 && tracker.size > 40, String(tracker.size));
    assert.equal(client.evicted[0], '0 evicted');
  });

  it('do not cost others theirs, however many clients there are that have too many', () => {
    const room = new CallRoom();
    const quiet = new Caller(room);
    const calm = quiet.connect();
    for (let id = 0; id < 63; id++) calm.add(request({ id: String(id) }), 1);
    const loud = repeat(20, () => new Caller(room));
    for (const client of loud) {
      const trackers = repeat(16, () => client.connect());
      for (let id = 0; id < 20_000; id++) trackers[id % 16].add(request({ id: `"${id}${LONG}` }), 1);
    }
    const held = loud.reduce((sum, { calls }) => sum + calls.held, 0);
    assert.ok(held + quiet.calls.held <= 64 * MIB);
    assert.ok(Math.min(...loud.map(({ calls }) => calls.held)) > MIB, 'each of them has some');
    for (let id = 0; id < 63; id++) calm.answer(response({ id: String(id) }));
    assert.deepEqual([quiet.answered, quiet.evicted], [63, []]);
  });
});
