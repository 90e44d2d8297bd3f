import { setTimeout as sleep } from 'node:timers/promises';

/** The time one export has, which may become less while it runs. */
export class ExportTime {
  readonly #attempts = new AbortController();
  readonly #waits = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #endMs = 0;

  constructor(leftMs: number) {
    this.#setLeft(leftMs);
  }

  /** Aborted when the time is up. */
  get signal(): AbortSignal {
    return this.#attempts.signal;
  }

  /** Waits, if that leaves time to go on. Whether it has. */
  async wait(ms: number): Promise<boolean> {
    if (performance.now() + ms >= this.#endMs) return false;
    try {
      await sleep(ms, undefined, { signal: this.#waits.signal });
      return true;
    } catch {
      return false;
    }
  }

  /** Ends waiting, now and in future, and leaves an attempt under way at most `leftMs`. */
  hurry(leftMs: number): void {
    this.#waits.abort();
    this.#setLeft(leftMs);
  }

  /** The export is over. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #setLeft(leftMs: number): void {
    clearTimeout(this.#timer);
    this.#endMs = performance.now() + leftMs;
    if (leftMs > 0) this.#timer = setTimeout(() => this.#attempts.abort(), leftMs);
    else this.#attempts.abort();
  }
}
