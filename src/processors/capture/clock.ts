import { performance } from 'node:perf_hooks';
import { hrtime } from 'node:process';

const NANOSECONDS_PER_MS = 1e6;

/** What `performance.now()` of this thread, which began when the thread did, lacks to the monotonic clock. */
const sinceBootMs = Number(hrtime.bigint()) / NANOSECONDS_PER_MS - performance.now();

/** CLOCK_MONOTONIC in ms with a fraction: the same clock in every thread. Allocates nothing. */
export function monotonicMs(): number {
  return sinceBootMs + performance.now();
}
