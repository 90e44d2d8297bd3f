/*
 * A histogram in the columns of a series, of n boundaries:
 *
 *   firstColumn             + 1                        + n              + n + 1
 *   │ value ≤ boundaries[0] │ ≤ boundaries[1] │ … │ all above │ sum of values │
 *
 * How many values there are is the sum of the buckets: a column of its own could disagree with them while
 * a row is being written. All columns are additive.
 */

/**
 * Boundaries for the duration of a call, in seconds: those the semantic conventions advise for
 * `rpc.server.call.duration` and `rpc.client.call.duration` (https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/).
 */
export const CALL_DURATION_BOUNDARIES: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/**
 * What values are rounded to in a sum. In multiples of a power of two doubles add up exactly, in whatever
 * order, so that what a delta reader has been told and what there is can be equal. In seconds it is 60 ns,
 * and sums are exact up to 2^29 of them, 17 years; sums of whole numbers are up to 2^53.
 */
const SUM_STEP = 2 ** -24;

/** Columns that a histogram takes. */
export function histogramColumns(boundaries: readonly number[]): number {
  return boundaries.length + 2;
}

/** Which bucket a value is in. Linear: most calls are short, and their bucket is one of the first. */
export function bucketIndex(boundaries: readonly number[], value: number): number {
  let index = 0;
  while (index < boundaries.length && value > boundaries[index]) index++;
  return index;
}

/**
 * Records a value `count` times. Negative values, NaN and what is above 2^53 are not recorded: a sum would
 * not recover from them.
 *
 * @param row one writer's row of a series.
 * @param boundaries upper bounds, inclusive, finite and ascending.
 */
export function recordInto(
  row: Float64Array,
  firstColumn: number,
  boundaries: readonly number[],
  value: number,
  count = 1,
): void {
  if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) return;
  // The bucket comes first: a reader that comes between may leave out a point without a count.
  row[firstColumn + bucketIndex(boundaries, value)] += count;
  row[sumColumn(firstColumn, boundaries)] += Math.round(value / SUM_STEP) * SUM_STEP * count;
}

/** How many values a histogram holds. */
export function histogramCount(
  values: Float64Array,
  firstColumn: number,
  boundaries: readonly number[],
): number {
  let count = 0;
  for (let i = firstColumn; i < sumColumn(firstColumn, boundaries); i++) count += values[i];
  return count;
}

/** The sum of the values it holds. */
export function histogramSum(
  values: Float64Array,
  firstColumn: number,
  boundaries: readonly number[],
): number {
  return values[sumColumn(firstColumn, boundaries)];
}

/** How many of them are in each bucket. */
export function bucketCounts(
  values: Float64Array,
  firstColumn: number,
  boundaries: readonly number[],
): number[] {
  // Array.from takes ten times as long, and a scrape asks for the counts of every series.
  const counts: number[] = [];
  for (let i = firstColumn; i < sumColumn(firstColumn, boundaries); i++) counts.push(values[i]);
  return counts;
}

/**
 * An estimate of a quantile: values are taken to be spread evenly within their bucket, the first of which begins at zero. Of what is
 * above all boundaries it is only known that it is, so that the estimate is the last of them. undefined where there are no values.
 *
 * @param counts how many values are in each bucket: one more than there are boundaries.
 * @param q from 0 to 1.
 */
export function quantile(
  boundaries: readonly number[],
  counts: ArrayLike<number>,
  q: number,
): number | undefined {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i];
  if (!(total > 0)) return undefined;
  const rank = q * total;
  let below = 0;
  for (let i = 0; i < boundaries.length; i++) {
    const count = counts[i];
    if (count > 0 && below + count >= rank) {
      const lower = i === 0 ? 0 : boundaries[i - 1];
      return lower + (boundaries[i] - lower) * Math.max(0, (rank - below) / count);
    }
    below += count;
  }
  return boundaries.at(-1);
}

function sumColumn(firstColumn: number, boundaries: readonly number[]): number {
  return firstColumn + boundaries.length + 1;
}
