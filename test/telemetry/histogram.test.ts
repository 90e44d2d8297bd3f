import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  bucketCounts,
  bucketIndex,
  CALL_DURATION_BOUNDARIES,
  histogramColumns,
  histogramCount,
  histogramSum,
  quantile,
  recordInto,
} from '../../src/telemetry/histogram.js';

const BOUNDARIES = [1, 2.5, 10];
const FIRST = 2;

/** A row with a histogram between columns of others. */
function newRow(): Float64Array {
  return new Float64Array(FIRST + histogramColumns(BOUNDARIES) + 1);
}

function record(row: Float64Array, ...values: readonly number[]): Float64Array {
  for (const value of values) recordInto(row, FIRST, BOUNDARIES, value);
  return row;
}

const sumOf = (row: Float64Array) => histogramSum(row, FIRST, BOUNDARIES);

describe('bucketIndex', () => {
  it('has a value that is a boundary in the bucket below it', () => {
    const indices = [0, 0.5, 1, 1.01, 2.5, 2.6, 10, 10.1, Number.MAX_VALUE].map((value) =>
      bucketIndex(BOUNDARIES, value),
    );
    assert.deepEqual(indices, [0, 0, 0, 1, 1, 2, 2, 3, 3]);
  });

  it('has one bucket when there are no boundaries', () => {
    assert.equal(bucketIndex([], 5), 0);
  });
});

describe('a histogram in columns', () => {
  const durations = fc.array(fc.double({ min: 0, max: 1000, noNaN: true }), { maxLength: 50 });

  it('counts values in their buckets, sums them, and leaves other columns alone', () => {
    const row = record(newRow(), 0.5, 1, 2, 10, 11, 12);
    assert.deepEqual([...row], [0, 0, 2, 1, 1, 2, 36.5, 0]);
    assert.deepEqual(bucketCounts(row, FIRST, BOUNDARIES), [2, 1, 1, 2]);
    assert.equal(histogramCount(row, FIRST, BOUNDARIES), 6);
    assert.equal(sumOf(row), 36.5);
  });

  it('records a value as often as it is told', () => {
    const row = newRow();
    recordInto(row, FIRST, BOUNDARIES, 1.5, 4);
    assert.deepEqual([...row], [0, 0, 0, 4, 0, 0, 6, 0]);
  });

  for (const value of [Number.NaN, -1, -Number.MIN_VALUE, Number.POSITIVE_INFINITY, 1e300]) {
    it(`does not record ${value}`, () => {
      assert.deepEqual(record(newRow(), value), newRow());
    });
  }

  it('has the same sum in whatever order values came, to the last bit', () => {
    const inTwoOrders = durations.chain((values) =>
      fc.tuple(
        fc.constant(values),
        fc.shuffledSubarray(values, { minLength: values.length, maxLength: values.length }),
      ),
    );
    const property = fc.property(inTwoOrders, ([values, shuffled]) => {
      assert.equal(sumOf(record(newRow(), ...values)), sumOf(record(newRow(), ...shuffled)));
    });
    fc.assert(property);
  });

  it('has nothing left when parts of a sum are taken off it', () => {
    const property = fc.property(durations, durations, (first, second) => {
      const all = sumOf(record(newRow(), ...first, ...second));
      assert.equal(all - sumOf(record(newRow(), ...first)), sumOf(record(newRow(), ...second)));
    });
    fc.assert(property);
  });

  it('is off by 30 ns a value at most', () => {
    const property = fc.property(durations, (values) => {
      const exact = values.reduce((sum, value) => sum + value, 0);
      // Adding up in doubles for comparison has an error of its own.
      assert.ok(Math.abs(sumOf(record(newRow(), ...values)) - exact) <= values.length * 30e-9 + 1e-9);
    });
    fc.assert(property);
  });
});

describe('CALL_DURATION_BOUNDARIES', () => {
  it('ascend', () => {
    assert.deepEqual(
      [...new Set(CALL_DURATION_BOUNDARIES)].sort((a, b) => a - b),
      CALL_DURATION_BOUNDARIES,
    );
  });
});

describe('quantile', () => {
  it('takes values to be spread evenly in their bucket, the first of which begins at zero', () => {
    assert.equal(quantile(BOUNDARIES, [10, 0, 0, 0], 0.5), 0.5);
    assert.equal(quantile(BOUNDARIES, [0, 10, 0, 0], 0.5), 1.75);
    assert.equal(quantile(BOUNDARIES, [2, 2, 4, 0], 0.5), 2.5);
    assert.equal(quantile(BOUNDARIES, [2, 2, 4, 0], 1), 10);
  });

  it('is the last boundary for what is above all of them, and nothing for nothing', () => {
    assert.equal(quantile(BOUNDARIES, [0, 0, 0, 3], 0.5), 10);
    assert.equal(quantile(BOUNDARIES, [0, 0, 0, 0], 0.5), undefined);
    assert.equal(quantile([], [4], 0.5), undefined);
  });

  it('is within the bucket that has the value, and does not fall with q', () => {
    const values = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (samples, q) => {
        const counts = bucketCounts(record(newRow(), ...samples), FIRST, BOUNDARIES);
        const sorted = samples.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
        const index = bucketIndex(BOUNDARIES, exact);
        const estimate = quantile(BOUNDARIES, counts, q)!;
        assert.ok(estimate <= BOUNDARIES[index]! && estimate >= (BOUNDARIES[index - 1] ?? 0));
        assert.ok(quantile(BOUNDARIES, counts, Math.min(1, q + 0.1))! >= estimate);
      }),
    );
  });
});
