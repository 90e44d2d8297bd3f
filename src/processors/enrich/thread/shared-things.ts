/** Things that several use, by key: each is made for the first of them, and let go of with the last. */
export class SharedThings<T> {
  readonly #entries = new Map<string, { readonly thing: T; users: number }>();

  get size(): number {
    return this.#entries.size;
  }

  /** One more uses the thing of a key. */
  take(key: string, make: () => T): T {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { thing: make(), users: 0 };
      this.#entries.set(key, entry);
    }
    entry.users++;
    return entry.thing;
  }

  /** One less uses it. Returns the thing once it is not used any more. */
  give(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || --entry.users > 0) return undefined;
    this.#entries.delete(key);
    return entry.thing;
  }
}
