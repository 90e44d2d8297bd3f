/** Keys that are remembered at most. While there are so many, others are not reported at all. */
const KEYS_MAX = 256;

/** Limits how often the same is reported of each key. */
export class Seldom {
  readonly #intervalMs: number;
  /** Monotonic ms from which on a key may be reported again, in ascending order. */
  readonly #nextMs = new Map<string, number>();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Whether to report it now. */
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
