import { performance } from 'node:perf_hooks';
import { monotonicMs } from '../../../linux/clock.js';

/** How far the wall clock may run from what was last known of it before that is corrected, in ms. */
const TOLERANCE_MS = 2;

/**
 * Turns monotonic time into wall-clock time. `Date.now()` counts whole milliseconds, so its steps are
 * followed only where they are larger than that: a clock that was set, or drifts.
 */
export class WallClock {
  #offsetMs = performance.timeOrigin + performance.now() - monotonicMs();

  /** Ms since the epoch, with a fraction. */
  at(timeMs: number): number {
    return this.#offsetMs + timeMs;
  }

  /** Looks at the clock; to be called now and then. */
  adjust(): void {
    const offsetMs = Date.now() - monotonicMs();
    if (Math.abs(offsetMs - this.#offsetMs) > TOLERANCE_MS) this.#offsetMs = offsetMs;
  }
}
