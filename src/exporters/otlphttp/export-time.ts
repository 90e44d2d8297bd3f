import { setTimeout as sleep } from 'node:timers/promises';

/** The longest delay a Node timer takes, setTimeout(): beyond it the timer would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The time that one export has: infinite, or 24 days at most. It may become less while the export runs. */
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

  /** Whether waits have been ended. */
  get isHurried(): boolean {
    return this.#waits.signal.aborted;
  }

  /** Waits, unless no time would be left then. Returns whether it has waited. */
  async wait(ms: number): Promise<boolean> {
    if (performance.now() + ms >= this.#endMs) return false;
    try {
      await sleep(Math.min(ms, MAX_TIMER_MS), undefined, { signal: this.#waits.signal });
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
    if (leftMs <= 0) this.#attempts.abort();
    else if (leftMs <= MAX_TIMER_MS) this.#timer = setTimeout(() => this.#attempts.abort(), leftMs);
  }
}
