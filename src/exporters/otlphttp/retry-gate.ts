import type { Failed } from './outcome.js';

/** The longest Retry-After that is followed, in ms: a mistaken date would silence an exporter for good. */
const LONGEST_MS = 60 * 60 * 1000;

/**
 * Closed for as long as the destination has asked to be left alone (Retry-After), also for the next requests and the
 * next export.
 */
export class RetryGate {
  #untilMs = Number.NEGATIVE_INFINITY;
  #last: Failed | undefined;

  /** An attempt has failed. */
  note(failed: Failed): void {
    if (failed.kind !== 'retryable' || failed.retryAfterMs === undefined) return;
    const untilMs = performance.now() + Math.min(failed.retryAfterMs, LONGEST_MS);
    if (untilMs <= this.#untilMs) return;
    this.#untilMs = untilMs;
    this.#last = failed;
  }

  /** While no attempt may be made, the failure that takes its place: why, and for how long. */
  get closed(): Failed | undefined {
    const leftMs = this.#untilMs - performance.now();
    return leftMs > 0 && this.#last !== undefined ? { ...this.#last, retryAfterMs: leftMs } : undefined;
  }
}
