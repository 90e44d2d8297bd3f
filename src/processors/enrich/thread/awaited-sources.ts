/**
 * How long an introduction may take, in ms: longer than the main thread, or the whole process, is ever kept from its
 * messages. Nobody waits for those who wait, and how much they take is limited elsewhere.
 */
const WAIT_MS = 10_000;

/** Numbers given up on that are remembered. */
const MAX_GIVEN_UP = 1024;

/** Sources that records speak of before the main thread has introduced them. */
export class AwaitedSources {
  /** Since when each is awaited, in monotonic ms. */
  readonly #since = new Map<number, number>();
  readonly #givenUp = new Set<number>();

  /** Whether the introduction of a source may still come. */
  isAwaited(source: number, nowMs: number): boolean {
    if (this.#givenUp.has(source)) return false;
    const sinceMs = this.#since.get(source) ?? nowMs;
    if (nowMs - sinceMs < WAIT_MS) {
      this.#since.set(source, sinceMs);
      return true;
    }
    this.#since.delete(source);
    if (this.#givenUp.size >= MAX_GIVEN_UP) this.#givenUp.clear();
    this.#givenUp.add(source);
    return false;
  }

  /** It has been introduced. */
  forget(source: number): void {
    this.#since.delete(source);
    this.#givenUp.delete(source);
  }
}
