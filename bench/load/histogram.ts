/*
 * Log-linear buckets: each power of two is cut into 64, so that a value is known to 1.6 %.
 *
 *   value   0 … 63  64 … 127  128 … 255  256 … 511   …   2^31 - 1
 *   width      1        1         2          4       …     2^25
 */
const LINEAR_BITS = 6;
const BUCKETS_AN_OCTAVE = 2 ** LINEAR_BITS;
const MAX_VALUE = 2 ** 31 - 1;
const BUCKETS = (31 - LINEAR_BITS + 1) * BUCKETS_AN_OCTAVE;

/** Counts durations from 0 to 2^31-1 ns; longer ones count as 2^31-1. Recording allocates nothing. */
export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  record(valueNs: number): void {
    const value = valueNs < MAX_VALUE ? valueNs | 0 : MAX_VALUE;
    this.#counts[bucketOf(value)] += 1;
    this.#total++;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }

  /** The middle of the bucket below or in which `fraction` of the values are; NaN when there are none. */
  quantile(fraction: number): number {
    const rank = Math.max(1, Math.ceil(this.#total * fraction));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket];
      if (seen >= rank) return (lowest(bucket) + lowest(bucket + 1)) / 2;
    }
    return Number.NaN;
  }
}

function bucketOf(value: number): number {
  const shift = 31 - Math.clz32(value | 1) - LINEAR_BITS;
  // Above the linear part, the leading one bit is implied by the octave.
  return shift <= 0 ? value : shift * BUCKETS_AN_OCTAVE + (value >>> shift);
}

function lowest(bucket: number): number {
  const octave = bucket >> LINEAR_BITS;
  if (octave <= 1) return bucket;
  const shift = octave - 1;
  return (bucket - shift * BUCKETS_AN_OCTAVE) * 2 ** shift;
}
