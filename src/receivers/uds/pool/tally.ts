/** The threads that have yet to answer. `done` resolves when all have. */
export class Tally {
  readonly done: Promise<void>;
  readonly #waiting: Set<number>;
  #resolve!: () => void;

  constructor(threads: Iterable<number>) {
    this.#waiting = new Set(threads);
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    if (this.#waiting.size === 0) this.#resolve();
  }

  get waiting(): ReadonlySet<number> {
    return this.#waiting;
  }

  /** A thread has answered, or never will. */
  count(thread: number): void {
    if (this.#waiting.delete(thread) && this.#waiting.size === 0) this.#resolve();
  }
}
