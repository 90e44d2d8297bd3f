import { quantile } from '../../telemetry/histogram.js';
import { formatDuration } from '../terminal/units.js';
import type { IntervalDurations } from './sampler.js';

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** Numbers as bars, the largest the highest. Nothing is no bar. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(...values);
  return values
    .map((value) => (value > 0 ? (BARS[Math.ceil((value / most) * BARS.length) - 1] ?? '') : ' '))
    .join('');
}

/** The mean of durations in ms; undefined where there were none. */
export function meanOf(durations: IntervalDurations | undefined): number | undefined {
  return durations === undefined || durations.count === 0 ? undefined : durations.sumMs / durations.count;
}

/** An estimate of a quantile in ms; undefined where there were no durations. */
export function quantileOf(durations: IntervalDurations | undefined, q: number): number | undefined {
  return durations === undefined ? undefined : quantile(durations.boundariesMs, durations.counts, q);
}

/** The same for people. Where only a bound is known, it says so: the first bucket may be far wider than what is in it. */
export function quantileText(durations: IntervalDurations | undefined, q: number): string {
  const value = quantileOf(durations, q);
  if (durations === undefined || value === undefined) return '-';
  const { boundariesMs, counts } = durations;
  const first = boundariesMs[0] ?? 0;
  const last = boundariesMs[boundariesMs.length - 1] ?? 0;
  if (value <= first) return `<${boundText(first)}`;
  const above = counts[boundariesMs.length] ?? 0;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return above > (1 - q) * total ? `>${boundText(last)}` : formatDuration(value);
}

function boundText(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}
