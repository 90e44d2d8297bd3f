import type { HrTime } from '@opentelemetry/api';

const US_PER_S = 1_000_000;
const NS_PER_US = 1000;

/**
 * A float holds the ms since the epoch to a quarter of a microsecond, and whole microseconds exactly; with
 * nanoseconds, digits would be made up.
 */
export function microseconds(ms: number): number {
  return Math.round(ms * 1000);
}

export function hrTime(us: number): HrTime {
  return [Math.floor(us / US_PER_S), (us % US_PER_S) * NS_PER_US];
}
