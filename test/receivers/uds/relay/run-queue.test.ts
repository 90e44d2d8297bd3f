import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RunQueue } from '../../../../src/receivers/uds/relay/run-queue.js';

const ENDS = 5;

describe('RunQueue', () => {
  it('gives back what waited longest, each end once, as long as it runs round', () => {
    const actions = fc.array(fc.option(fc.integer({ min: 0, max: ENDS - 1 })), { maxLength: 200 });
    fc.assert(
      fc.property(actions, (steps) => {
        const queue = new RunQueue(ENDS);
        const model: number[] = [];
        for (const end of steps) {
          if (end !== null) {
            queue.push(end);
            if (!model.includes(end)) model.push(end);
          } else if (model.length > 0) {
            assert.equal(queue.shift(), model.shift());
          }
          assert.equal(queue.count, model.length);
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
