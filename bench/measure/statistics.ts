/** The value with as many above as below it. @throws RangeError when there is none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('no values to take the median of');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * How many times `values` is `others`: the median of the ratios of each round. The two of a round were
 * measured within seconds, so what disturbs the machine for longer than that cancels out.
 */
export function medianRatio(values: readonly number[], others: readonly number[]): number {
  return median(quotients(values, others));
}

/** How many times each of `values` is that of `others` in its place. */
export function quotients(values: readonly number[], others: readonly number[]): number[] {
  return values.map((value, round) => value / others[round]);
}
