import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long work goes on before the thread does something else, in ms. */
const SLICE_MS = 2;

/** Steps between two looks at the clock. */
const STEPS = 64;

/** Work of many short steps, with whatever else the thread has to do between its slices. */
export class Slices {
  readonly #signal: AbortSignal;
  #steps = 0;
  #endMs = performance.now() + SLICE_MS;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /**
   * To be called behind each step. undefined: go on at once; otherwise when it is fulfilled.
   *
   * @throws Error when the signal says so
   */
  pause(): Promise<void> | undefined {
    if (++this.#steps < STEPS) return undefined;
    this.#steps = 0;
    return performance.now() < this.#endMs ? undefined : this.#turn();
  }

  async #turn(): Promise<void> {
    await nextTurn(undefined, { signal: this.#signal });
    this.#endMs = performance.now() + SLICE_MS;
  }
}
