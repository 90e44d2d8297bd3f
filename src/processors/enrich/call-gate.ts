/** Where finished calls pass on their way to exporters, and wait while these are replaced. */
export class CallGate {
  #waiting: (() => void)[] | undefined;

  /** Lets nothing pass until the result is called. */
  hold(): () => void {
    this.#waiting ??= [];
    return () => {
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      for (const take of waiting) take();
    };
  }

  /** Calls `take` when something may pass: at once, or behind what waits. */
  pass(take: () => void): void {
    if (this.#waiting === undefined) take();
    else this.#waiting.push(take);
  }
}
