import type { RunQueue } from './run-queue.js';

/** After what time an end is read again that waits for room, in ms. */
const RETRY_MS = 2;

/** So many are read again at a time: a client with very many that wait takes no more of the thread than this. */
const ENDS_A_TICK = 64;

const NEVER = Number.POSITIVE_INFINITY;

/** Ends that are not read because descriptors come next for which there is no room at present. */
export class DescriptorWait {
  readonly #runQueue: RunQueue;
  readonly #now: () => number;
  readonly #ends = new Set<number>();
  /** Monotonic ms of the next `tick` that has something to do. */
  nextMs = NEVER;

  constructor(runQueue: RunQueue, now: () => number) {
    this.#runQueue = runQueue;
    this.#now = now;
  }

  add(end: number): void {
    this.#ends.add(end);
    if (this.nextMs === NEVER) this.nextMs = this.#now() + RETRY_MS;
  }

  /** Has them read again when it is time. */
  tick(nowMs: number): void {
    if (nowMs < this.nextMs) return;
    let left = ENDS_A_TICK;
    for (const end of this.#ends) {
      if (left-- === 0) break;
      this.#ends.delete(end);
      this.#runQueue.push(end);
    }
    this.nextMs = this.#ends.size > 0 ? nowMs + RETRY_MS : NEVER;
  }
}
