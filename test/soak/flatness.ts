/** Of one quantity, while it was observed. */
export interface Course {
  readonly name: string;
  readonly values: readonly number[];
  /** What it may grow by whatever it is, and by which part of itself. */
  readonly least: number;
  readonly part: number;
  /** The part of the values that comes first and is warm-up: caches fill, code is compiled, the first collections are still to come. */
  readonly warmUp: number;
}

export interface Verdict {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly most: number;
  /** What it grows by from the end of the warm-up to the last sample, along a line through all of them. */
  readonly growth: number;
  readonly allowed: number;
  readonly isFlat: boolean;
}

/**
 * Whether a quantity stays what it is after the warm-up. A line through the samples (Theil and Sen: the median of all slopes)
 * says so however single samples jump, as a heap does between two collections.
 */
export function judge({ name, values, least, part, warmUp }: Course): Verdict {
  const settled = values.slice(Math.floor(values.length * warmUp));
  const growth = medianSlope(settled) * Math.max(0, settled.length - 1);
  const allowed = Math.max(least, part * median(settled));
  return {
    name,
    first: settled[0],
    last: settled[settled.length - 1],
    most: Math.max(...settled),
    growth,
    allowed,
    isFlat: growth <= allowed,
  };
}

function medianSlope(values: readonly number[]): number {
  const slopes: number[] = [];
  for (let i = 0; i < values.length; i++)
    for (let j = i + 1; j < values.length; j++) slopes.push((values[j] - values[i]) / (j - i));
  return slopes.length === 0 ? 0 : median(slopes);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
