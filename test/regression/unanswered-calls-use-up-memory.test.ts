import assert from 'node:assert/strict';
import { CallTracker } from '../../src/processors/enrich/call-tracker.js';
import { request } from '../processors/enrich/support/messages.js';
import { repeat } from '../processors/enrich/support/repeat.js';

/** Calls that every conversation may wait for, however many others there are. */
const FEW = 16;

describe('calls that nobody answers, when the agent waits for very many already', () => {
  it('are given up but for the latest few of each conversation', () => {
    const evicted: string[] = [];
    const tracker = new CallTracker(
      { send: 'all', recv: 'all' },
      {
        answered() {},
        unmatched() {},
        unanswered: (call, reason) => evicted.push(`${call.request.id} ${reason}`),
      },
    );
    for (let id = 0; id < 100; id++) tracker.add(request({ id: String(id) }), 1, true);
    assert.equal(tracker.size, FEW);
    assert.deepEqual(
      evicted,
      repeat(100 - FEW, (id) => `${id} evicted`),
    );
    tracker.add(request({ id: 'roomy' }), 1, false);
    assert.equal(tracker.size, FEW + 1);
  });
});
