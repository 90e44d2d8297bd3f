import { performance } from 'node:perf_hooks';

const FIRST_MS = 100;
const LAST_MS = 10_000;

/** What was ready for so long, in ms, is started again at once when it ends. */
const CALM_MS = 2000;

/** How long to wait before something that ended is started again: not at all at first, then longer each time. */
export class BackOff {
  #nextMs = 0;
  #readyMs = Number.POSITIVE_INFINITY;

  /** What was started is ready. */
  ready(): void {
    this.#readyMs = performance.now();
  }

  /** It has ended. Returns how long to wait, in ms. */
  ended(): number {
    if (performance.now() - this.#readyMs >= CALM_MS) this.#nextMs = 0;
    this.#readyMs = Number.POSITIVE_INFINITY;
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(Math.max(FIRST_MS, 2 * delayMs), LAST_MS);
    return delayMs;
  }
}
