import assert from 'node:assert/strict';
import { udsReceiverSchema } from '../../../../src/receivers/uds/index.js';
import { poolSettings } from '../../../../src/receivers/uds/pool/pool-settings.js';

describe('poolSettings', () => {
  /** The nice value of relay threads that are to have `nice`, where the agent has its own. */
  function niceOf(nice: number, agentNice: number): number | undefined {
    return poolSettings({ config: udsReceiverSchema.parse({ nice }), attributes: [] }, agentNice).nice;
  }

  it('makes threads as urgent as they are to be, unless the agent is so itself', () => {
    assert.deepEqual([niceOf(-10, 0), niceOf(-10, 5), niceOf(-10, -9)], [-10, -10, -10]);
    assert.deepEqual([niceOf(-10, -10), niceOf(-10, -20)], [undefined, undefined]);
  });

  it('leaves threads as the agent is with nice 0, whatever that is', () => {
    assert.deepEqual([niceOf(0, 0), niceOf(0, 5), niceOf(0, -5)], [undefined, undefined, undefined]);
  });
});
