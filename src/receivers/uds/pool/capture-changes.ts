import type { PoolThreads } from './pool-threads.js';
import type { Tally } from './tally.js';

/** Changes of what is captured that threads have not made yet, by the numbers that commands carry. */
export class CaptureChanges {
  readonly #threads: PoolThreads;
  readonly #pending = new Map<number, Tally>();
  #next = 0;

  constructor(threads: PoolThreads) {
    this.#threads = threads;
  }

  /** The number of one more change. */
  number(): number {
    return this.#next++;
  }

  /** Resolves when all threads have made a change that is about to be sent, and what decides about it is `ready`. */
  async made(change: number, ready: Promise<void>): Promise<void> {
    const tally = this.#threads.tally();
    this.#pending.set(change, tally);
    await this.#threads.answers(tally);
    this.#pending.delete(change);
    await ready;
  }

  /** A thread has made a change. */
  hear(change: number, thread: number): void {
    this.#pending.get(change)?.count(thread);
  }

  /** A thread has ended. */
  forget(thread: number): void {
    for (const tally of this.#pending.values()) tally.count(thread);
  }
}
