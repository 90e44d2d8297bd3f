/** Counts threads down: resolves when all have reported. */
export class Tally {
  readonly done: Promise<void>;
  #left: number;
  #resolve!: () => void;

  constructor(threads: number) {
    this.#left = threads;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  count(): void {
    if (--this.#left === 0) this.#resolve();
  }
}
