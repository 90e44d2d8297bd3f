import assert from 'node:assert/strict';
import { formatAge, formatBytes, formatCount, formatDuration } from '../../../src/cli/terminal/units.js';

describe('the units of the command', () => {
  it('are those of bytes, to three digits', () => {
    for (const [bytes, text] of [
      [0, '0 B'],
      [0.4, '0 B'],
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
      [0.9999, '1.00 ms'],
      [1234, '1.23 s'],
      [100_000, '100 s'],
    ] as const) {
      assert.equal(formatDuration(ms), text);
    }
  });

  it('are prefixes for numbers of things', () => {
    for (const [count, text] of [
      [0, '0'],
      [0.5, '0.50'],
      [12.34, '12.3'],
      [9999, '9999'],
      [9999.9, '10000'],
      [12_345, '12.3k'],
      [7_654_321, '7.65M'],
      [2e9, '2.00G'],
      [2 ** 53, '9.01P'],
      [1e20, '100000P'],
    ] as const) {
      assert.equal(formatCount(count), text);
    }
  });

  it('are the two largest of an age', () => {
    for (const [seconds, text] of [
      [-5, '0s'],
      [0.9, '0s'],
      [59, '59s'],
      [60, '1m 0s'],
      [3725, '1h 2m'],
      [86_400 * 12 + 3600, '12d 1h'],
    ] as const) {
      assert.equal(formatAge(seconds * 1000), text);
    }
  });
});
