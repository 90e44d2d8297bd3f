import assert from 'node:assert/strict';
import { ratesSince } from '../../../src/cli/ps/rates.js';
import { NO_TRAFFIC } from '../../extensions/control/agent-in-memory.js';

describe('ratesSince', () => {
  const counted = (key: string, sendBytes: number, sendOps = 0, recvOps = 0) => ({
    key,
    counts: { ...NO_TRAFFIC, sendBytes, sendOps, recvOps },
  });

  it('is what was counted in between, for a second', () => {
    const rates = ratesSince([counted('a', 100, 1, 1)], [counted('a', 300, 2, 4)], 2);
    assert.deepEqual(rates, [{ sendBytes: 100, recvBytes: 0, ops: 2 }]);
  });

  it('counts all of what was not there before', () => {
    const rates = ratesSince([counted('a', 1)], [counted('b', 10), counted('a', 1)], 1);
    assert.deepEqual(
      rates.map((each) => each?.sendBytes),
      [10, 0],
    );
  });

  it('is nothing where less is counted than before', () => {
    assert.deepEqual(ratesSince([counted('a', 100)], [counted('a', 99, 1000)], 1), [undefined]);
  });
});
