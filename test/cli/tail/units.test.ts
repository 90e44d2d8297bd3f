import assert from 'node:assert/strict';
import { formatBytes, formatDuration } from '../../../src/cli/tail/units.js';

describe('the units of udscope tail', () => {
  it('are those of bytes, to three digits', () => {
    for (const [bytes, text] of [
      [0, '0 B'],
      [1023, '1023 B'],
      [1024, '1.00 KiB'],
      [15_000, '14.6 KiB'],
      [2 ** 20, '1.00 MiB'],
      [700 * 2 ** 20, '700 MiB'],
      [2 ** 53, '8.00 PiB'],
    ] as const) {
      assert.equal(formatBytes(bytes), text);
    }
  });

  it('are those of durations, to three digits', () => {
    for (const [ms, text] of [
      [0, '0 µs'],
      [0.0854, '85 µs'],
      [1, '1.00 ms'],
      [12.34, '12.3 ms'],
      [999, '999 ms'],
      [1234, '1.23 s'],
      [100_000, '100 s'],
    ] as const) {
      assert.equal(formatDuration(ms), text);
    }
  });
});
