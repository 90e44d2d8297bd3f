import assert from 'node:assert/strict';
import { meanOf, quantileOf, quantileText, sparkline } from '../../../src/cli/top/figures.js';
import { durations } from './support.js';

describe('figures of udscope top', () => {
  it('draw bars, the largest the highest, and none for nothing', () => {
    assert.equal(sparkline([]), '');
    assert.equal(sparkline([0, 0]), '  ');
    assert.equal(sparkline([0, 1, 4, 8, 0.001]), ' ▁▄█▁');
  });

  it('say that a quantile is below or above what buckets tell', () => {
    assert.equal(quantileText(durations([10, 0, 0, 0]), 0.99), '<5 ms');
    assert.equal(quantileText(durations([50, 50, 0, 0]), 0.95), '9.50 ms');
    assert.equal(quantileText(durations([0, 0, 0, 3]), 0.5), '>25 ms');
    assert.equal(quantileText(durations([99, 0, 0, 2]), 0.99), '>25 ms');
    assert.equal(quantileText(durations([1, 0, 1], [5, 10_000]), 0.95), '>10 s');
    assert.equal(quantileText(durations([0, 0, 0, 0]), 0.5), '-');
    assert.equal(quantileText(undefined, 0.5), '-');
  });

  it('know nothing of nothing', () => {
    assert.deepEqual(
      [meanOf(undefined), meanOf(durations([0, 0])), meanOf(durations([3, 0]))],
      [undefined, undefined, 2],
    );
    assert.equal(quantileOf(undefined, 0.5), undefined);
  });
});
