import type { Durations } from '../../api/usage/schema.js';
import type { DurationColumns } from '../../processors/enrich/instruments.js';
import { quantile } from '../../telemetry/histogram.js';
import type { Series } from '../../telemetry/series.js';

const MS_PER_SECOND = 1000;

interface Histogram {
  readonly boundaries: readonly number[];
  /** In each bucket. */
  readonly counts: Float64Array;
  sum: number;
}

/** How long calls took that are counted in several series, maybe in histograms with different boundaries. */
export class DurationTotals {
  readonly #histograms: Histogram[] = [];

  add(series: Series, { first, boundaries }: DurationColumns): void {
    const buckets = boundaries.length + 1;
    let known: Histogram | undefined;
    for (let i = 0; i < buckets; i++) {
      const count = series.total(first + i);
      if (count === 0) continue;
      known ??= this.#of(boundaries);
      known.counts[i] += count;
    }
    if (known !== undefined) known.sum += series.total(first + buckets);
  }

  get mean(): number {
    const { sum, count } = this.#sums();
    return count === 0 ? 0 : sum / count;
  }

  /** In s; 0 where no duration is known. */
  quantile(q: number): number {
    const { boundaries, counts } = this.#merged();
    return quantile(boundaries, counts, q) ?? 0;
  }

  /** undefined where no duration is known. */
  summary(): Durations | undefined {
    const { sum, count } = this.#sums();
    if (count === 0) return undefined;
    const { boundaries, counts } = this.#merged();
    const ms = (q: number) => (quantile(boundaries, counts, q) ?? 0) * MS_PER_SECOND;
    return {
      count,
      sumMs: sum * MS_PER_SECOND,
      ...{ p50Ms: ms(0.5), p95Ms: ms(0.95), p99Ms: ms(0.99) },
      boundariesMs: boundaries.map((seconds) => seconds * MS_PER_SECOND),
      counts: Array.from(counts),
    };
  }

  #of(boundaries: readonly number[]): Histogram {
    const known = this.#histograms.find((each) => each.boundaries === boundaries);
    if (known !== undefined) return known;
    const added = { boundaries, counts: new Float64Array(boundaries.length + 1), sum: 0 };
    this.#histograms.push(added);
    return added;
  }

  #sums(): { sum: number; count: number } {
    let [sum, count] = [0, 0];
    for (const histogram of this.#histograms) {
      sum += histogram.sum;
      for (const each of histogram.counts) count += each;
    }
    return { sum, count };
  }

  #merged(): Pick<Histogram, 'boundaries' | 'counts'> {
    const [first, ...others] = this.#histograms;
    if (first === undefined) return { boundaries: [], counts: new Float64Array(1) };
    if (others.length === 0) return first;
    const boundaries = [...new Set(this.#histograms.flatMap((each) => each.boundaries))].sort(
      (a, b) => a - b,
    );
    const counts = new Float64Array(boundaries.length + 1);
    for (const histogram of this.#histograms) spread(histogram, boundaries, counts);
    return { boundaries, counts };
  }
}

/**
 * Adds a histogram to one that has its boundaries and more: what is in a bucket is spread evenly. Of what is above all its boundaries
 * it is only known that it is, and it goes into the first bucket there.
 */
function spread(from: Histogram, boundaries: readonly number[], counts: Float64Array): void {
  let at = 0;
  for (let i = 0; i < from.boundaries.length; i++) {
    const lower = i === 0 ? 0 : from.boundaries[i - 1];
    const upper = from.boundaries[i];
    for (let below = lower; at < boundaries.length && boundaries[at] <= upper; at++) {
      counts[at] += (from.counts[i] * (boundaries[at] - below)) / (upper - lower);
      below = boundaries[at];
    }
  }
  counts[at] += from.counts[from.boundaries.length];
}
