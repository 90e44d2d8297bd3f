import { performance } from 'node:perf_hooks';
import type { Logger } from 'pino';

/** Time between two lines, in ms: a refused client may try again as often as it likes. */
const QUIET_MS = 10_000;

/** Logs refused clients without letting them fill the log. */
export class RefusalLog {
  readonly #logger: Logger;
  #quietUntilMs = Number.NEGATIVE_INFINITY;
  #unsaid = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** `describe` gives the words, if they are written. */
  refused(describe: () => string): void {
    const nowMs = performance.now();
    if (nowMs < this.#quietUntilMs) {
      this.#unsaid++;
      return;
    }
    const others = this.#unsaid === 0 ? '' : `, and ${this.#unsaid} others since the last line`;
    this.#logger.warn(`${describe()}${others}`);
    this.#quietUntilMs = nowMs + QUIET_MS;
    this.#unsaid = 0;
  }
}
