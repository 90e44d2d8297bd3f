/** Runs actions one after the other, in the order in which they were asked for. One that fails holds up none. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  /** Settles as the action does, which starts when those before it have settled. */
  run<T>(action: () => T | PromiseLike<T>): Promise<T> {
    const done = this.#last.then(action);
    this.#last = done.catch(() => {});
    return done;
  }
}
