import type { Failed } from './outcome.js';

/** Nobody may ask to be left alone for longer: a mistaken date would silence an exporter for good. In ms. */
const LONGEST_MS = 60 * 60 * 1000;

/**
 * Closed for as long as the destination has asked to be left alone (Retry-After), whatever is to be sent: that holds for
 * the next requests, and for the next export, as for the one that was answered so.
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

  /** What an attempt would come to, as long as it must not be made: when it may, and why it may not. */
  get closed(): Failed | undefined {
    const leftMs = this.#untilMs - performance.now();
    return leftMs > 0 && this.#last !== undefined ? { ...this.#last, retryAfterMs: leftMs } : undefined;
  }
}
