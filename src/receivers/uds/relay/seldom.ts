/** Who has been spoken of lately, of so many at most: more than that are not spoken of at all. */
const KEYS_MAX = 256;

/** Says of each of many the same no more often than once in a while. */
export class Seldom {
  readonly #intervalMs: number;
  /** Monotonic ms from which on it may be said again; those that come first are first. */
  readonly #nextMs = new Map<string, number>();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Whether it is to be said now. */
  allows(key: string, nowMs: number): boolean {
    for (const [other, nextMs] of this.#nextMs) {
      if (nextMs > nowMs) break;
      this.#nextMs.delete(other);
    }
    if (this.#nextMs.has(key) || this.#nextMs.size >= KEYS_MAX) return false;
    this.#nextMs.set(key, nowMs + this.#intervalMs);
    return true;
  }
}
