import type { Logger } from 'pino';

/** Time between two lines about the same outage, in ms. */
const QUIET_MS = 60_000;

/** How many different notices of a destination are remembered, so that none is logged twice. */
const MAX_NOTICES = 100;

export interface DeliveryLogSettings {
  logger: Logger;
  /** What is exported. */
  what: 'metrics' | 'spans' | 'log records';
  /** Where exports go, as users may see it. */
  destination: string;
  /** A clock in ms that never goes back. */
  now?: () => number;
}

/** Logs how exports fare, without repeating itself. */
export class DeliveryLog {
  readonly #settings: DeliveryLogSettings;
  readonly #now: () => number;
  readonly #notices = new Set<string>();
  /** Since the last export that succeeded. */
  #failures = 0;
  #quietUntilMs = 0;

  constructor(settings: DeliveryLogSettings) {
    this.#settings = settings;
    this.#now = settings.now ?? (() => performance.now());
  }

  /** An attempt has failed. */
  failed(message: string): void {
    const nowMs = this.#now();
    this.#failures++;
    if (this.#failures > 1 && nowMs < this.#quietUntilMs) return;
    this.#quietUntilMs = nowMs + QUIET_MS;
    const count = this.#failures > 1 ? ` (${this.#failures} failures so far)` : '';
    const { logger, what, destination } = this.#settings;
    logger.warn(`cannot export ${what} to ${destination}: ${message}${count}`);
  }

  /** An export has succeeded in all its parts. `loss`: what users have lost by earlier ones that did not. */
  delivered(loss: string): void {
    if (this.#failures === 0) return;
    const { logger, what, destination } = this.#settings;
    logger.info(`exporting ${what} to ${destination} recovered after ${this.#failures} failures, ${loss}`);
    this.#failures = 0;
  }

  /** The files with certificates have changed, and new ones are used from now on. */
  renewed(): void {
    const { logger, what, destination } = this.#settings;
    logger.info(`exporting ${what} to ${destination} with certificates that were read anew`);
  }

  /** The files with certificates have changed and cannot be used. */
  notRenewed(message: string): void {
    const { logger, what, destination } = this.#settings;
    logger.warn(`exporting ${what} to ${destination} with the certificates as they were: ${message}`);
  }

  /** The destination took a request but has something to say about it. */
  notice(message: string): void {
    if (this.#notices.has(message)) return;
    for (const oldest of this.#notices) {
      if (this.#notices.size < MAX_NOTICES) break;
      this.#notices.delete(oldest);
    }
    this.#notices.add(message);
    const { logger, destination } = this.#settings;
    logger.warn(`${destination} ${message}`);
  }
}
