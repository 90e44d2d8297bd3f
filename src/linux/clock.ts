import { CLOCK_MONOTONIC } from './constants.js';
import * as libc from './libc.js';
import { NativeMemory } from './memory.js';

const MS_PER_SECOND = 1000;
const NS_PER_MS = 1e6;

/** sizeof(struct timespec), time(7): seconds and nanoseconds, 8 bytes each. */
const TIMESPEC_BYTES = 16;
const NANOSECONDS_WORD = 2;

const timespec = new NativeMemory(TIMESPEC_BYTES);
const { address } = timespec;
// Seconds since boot and nanoseconds within a second both fit in the lower word of their field.
const words = new Uint32Array(timespec.buffer);

/**
 * CLOCK_MONOTONIC in ms with a fraction, the same in every thread. It is as fast as `performance.now()`, which
 * allocates a number on the heap each time.
 */
export function monotonicMs(): number {
  libc.clockGetTime(CLOCK_MONOTONIC, address);
  return words[0] * MS_PER_SECOND + words[NANOSECONDS_WORD] / NS_PER_MS;
}
