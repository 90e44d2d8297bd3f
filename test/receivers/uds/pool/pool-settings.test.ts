import assert from 'node:assert/strict';
import { udsReceiverSchema } from '../../../../src/receivers/uds/index.js';
import { poolSettings } from '../../../../src/receivers/uds/pool/pool-settings.js';

describe('poolSettings', () => {
  /** The nice value of relay threads that are to have `nice`, where the agent has its own. */
  function niceOf(nice: number, agentNice: number): number | undefined {
    return poolSettings({ config: udsReceiverSchema.parse({ nice }), attributes: [] }, agentNice).nice;
  }

  it('has half as many threads as cores by itself, but two where there are two cores, and four at most', () => {
    const config = udsReceiverSchema.parse({});
    const threads = [1, 2, 3, 4, 6, 8, 64].map(
      (cores) => poolSettings({ config, attributes: [] }, 0, cores).threads,
    );
    assert.deepEqual(threads, [1, 2, 2, 2, 3, 4, 4]);
  });

  it('has as many threads as are asked for', () => {
    const config = udsReceiverSchema.parse({ threads: 5 });
    assert.equal(poolSettings({ config, attributes: [] }, 0, 2).threads, 5);
  });

  it('looks before it sleeps where that is asked for, and where who is waited for has another core', () => {
    const config = udsReceiverSchema.parse({ busy_poll: '20us' });
    const lookMs = [1, 2].map((cores) => poolSettings({ config, attributes: [] }, 0, cores).busyPollMs);
    assert.deepEqual(lookMs, [0, 0.02]);
    const off = udsReceiverSchema.parse({});
    assert.equal(poolSettings({ config: off, attributes: [] }, 0, 2).busyPollMs, 0);
  });

  it('takes short durations alone to look for', () => {
    for (const [text, us] of [
      ['1ms', 1000],
      [0, 0],
      ['0s', 0],
      ['0us', 0],
      ['1000us', 1000],
    ] as const)
      assert.equal(udsReceiverSchema.parse({ busy_poll: text }).busy_poll, us);
    for (const wrong of [20, '20', '1s', '1001us', '2ms', '-1us', '', 'us', '1.5us', '20us '])
      assert.throws(() => udsReceiverSchema.parse({ busy_poll: wrong }), /duration|too long/, String(wrong));
  });

  it('makes threads as urgent as they are to be, unless the agent is so itself', () => {
    assert.deepEqual([niceOf(-10, 0), niceOf(-10, 5), niceOf(-10, -9)], [-10, -10, -10]);
    assert.deepEqual([niceOf(-10, -10), niceOf(-10, -20)], [undefined, undefined]);
  });

  it('leaves threads as the agent is with nice 0, whatever that is', () => {
    assert.deepEqual([niceOf(0, 0), niceOf(0, 5), niceOf(0, -5)], [undefined, undefined, undefined]);
  });
});
