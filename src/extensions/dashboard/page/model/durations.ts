import type { Durations } from '../../../../api/usage/schema.js';
import { quantile } from '../../../../telemetry/histogram.js';
import { formatMs } from './format.js';

/** How long calls took: how many there were in each bucket. */
export type Buckets = Pick<Durations, 'boundariesMs' | 'counts'>;

/** Counts that were added up of parts may be off by the last bit. */
const ROUNDING = 1e-6;

export function totalOf({ counts }: Buckets): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** What has come since then; undefined where the buckets are others than before, or have less in them. */
export function since(then: Buckets | undefined, now: Buckets): Buckets | undefined {
  if (then === undefined) return now;
  const isSame =
    then.boundariesMs.length === now.boundariesMs.length &&
    then.boundariesMs.every((bound, i) => bound === now.boundariesMs[i]);
  const counts = now.counts.map((count, i) => count - (then.counts[i] ?? 0));
  if (!isSame || counts.some((count) => count < -ROUNDING)) return undefined;
  return { boundariesMs: now.boundariesMs, counts: counts.map((count) => Math.max(0, count)) };
}

/** Those of several together. Buckets of others than the first are left out: they could only be estimated. */
export function sumOf(all: readonly Buckets[]): Buckets | undefined {
  const [first] = all;
  if (first === undefined) return undefined;
  const alike = all.filter(({ boundariesMs }) => boundariesMs.join() === first.boundariesMs.join());
  const counts = first.counts.map((_, i) => alike.reduce((sum, each) => sum + (each.counts[i] ?? 0), 0));
  return { boundariesMs: first.boundariesMs, counts };
}

/** In ms; undefined where there were no calls. */
export function quantileOf(buckets: Buckets | undefined, q: number): number | undefined {
  return buckets === undefined ? undefined : quantile(buckets.boundariesMs, buckets.counts, q);
}

/** Where only a bound is known, it says so: the first bucket may be far wider than what is in it. */
export function quantileText(buckets: Buckets | undefined, q: number): string {
  const value = quantileOf(buckets, q);
  if (buckets === undefined || value === undefined) return formatMs(undefined);
  const { boundariesMs, counts } = buckets;
  const [first = 0, last = 0] = [boundariesMs[0], boundariesMs.at(-1)];
  if (value <= first) return `<${boundText(first)}`;
  const above = counts[boundariesMs.length] ?? 0;
  return above > (1 - q) * totalOf(buckets) ? `>${boundText(last)}` : formatMs(value);
}

export function boundText(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}
