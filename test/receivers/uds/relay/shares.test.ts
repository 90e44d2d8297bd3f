import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type ClientShare,
  isWithinShare,
  NO_LIMITS,
  PARKED_BYTES_MIN,
  WINDOW_BYTES_FULL,
  WINDOW_BYTES_MIN,
  Windows,
} from '../../../../src/receivers/uds/relay/shares.js';

const KIB = 2 ** 10;
const MIB = 2 ** 20;

const share = fc
  .record({ connections: fc.integer({ min: 1, max: 20_000 }), spare: fc.integer({ min: 0, max: 2 ** 30 }) })
  .map(({ connections, spare }): ClientShare => {
    return { connections, parkedBytes: connections * PARKED_BYTES_MIN + spare };
  });

const bufferBytes = fc.constantFrom(4 * KIB, 64 * KIB, 100_000, 256 * KIB, MIB, 16 * MIB);

describe('Windows', () => {
  it('are as wide as the buffer for who has few connections, and a page for who has thousands', () => {
    const windows = new Windows({ connections: 4096, parkedBytes: 64 * MIB }, 256 * KIB);
    const widths = [1, 21, 22, 100, 500, 1000, 4096].map((count) => windows.of(count) / KIB);
    assert.deepEqual(widths, [256, 256, 128, 32, 8, 4, 4]);
  });

  it('are as wide as the buffer where nothing is limited', () => {
    const windows = new Windows(NO_LIMITS, 256 * KIB);
    assert.equal(windows.of(100_000), 256 * KIB);
  });

  it('are all together no more than a client may have kept for it, in both directions', () => {
    const property = fc.property(share, bufferBytes, (limits, buffer) => {
      const windows = new Windows(limits, buffer);
      const widest = Math.max(buffer, WINDOW_BYTES_FULL);
      let sum = 0;
      for (let count = 1; count <= limits.connections; count++) {
        const width = windows.of(count);
        assert.ok(width >= WINDOW_BYTES_MIN && width <= widest);
        assert.ok(count === 1 || width <= windows.of(count - 1), 'never wider with more connections');
        sum += 2 * width;
      }
      // A count that is not a whole number of times the power of two has one window more.
      assert.ok(sum <= limits.parkedBytes + 4 * widest, `${sum} of ${limits.parkedBytes}`);
    });
    fc.assert(property, { seed: 1, numRuns: 60 });
  });

  it('stay within that whatever comes and goes', () => {
    const limits = { connections: 64, parkedBytes: 4 * MIB };
    const windows = new Windows(limits, 256 * KIB);
    const most = sumOf(Array.from({ length: limits.connections }, (_, i) => windows.of(i + 1)));
    const closes = fc.array(fc.option(fc.nat(63), { nil: undefined }), { maxLength: 500 });
    fc.assert(
      fc.property(closes, (steps) => {
        const open: number[] = [];
        for (const closed of steps) {
          if (closed !== undefined) open.splice(closed, 1);
          else if (open.length < limits.connections) open.push(windows.of(open.length + 1));
          assert.ok(sumOf(open) <= most);
        }
      }),
      { seed: 2, numRuns: 200 },
    );
  });
});

describe('isWithinShare', () => {
  /** How many each of some greedy clients has once none of them gets any more. */
  function greedy(clients: number, capacity: number): number[] {
    const held = new Array<number>(clients).fill(0);
    for (let took = true; took; ) {
      took = false;
      for (let i = 0; i < clients; i++) {
        if (!isWithinShare(held[i], capacity - sumOf(held))) continue;
        held[i]++;
        took = true;
      }
    }
    return held;
  }

  it('leaves something to those who have little, however many are greedy', () => {
    for (const clients of [1, 2, 4, 16]) {
      const held = greedy(clients, 4000);
      const left = 4000 - sumOf(held);
      assert.ok(left >= 60, `${left} are left beside ${clients}`);
      assert.ok(Math.max(...held) - Math.min(...held) <= 1, 'the greedy have the same');
      assert.ok(isWithinShare(15, left));
    }
  });

  it('is nobody where nothing is left', () => {
    assert.equal(isWithinShare(0, 0), false);
    assert.equal(isWithinShare(0, -3), false);
  });
});

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
