import { resolve } from 'node:path';
import type { ConfigurationStatus } from '../api/status-schema.js';

/** A configuration may have any number of mistakes; the log has them all. */
const MAX_ERROR_LENGTH = 2000;

/** Which configuration holds, and how the last attempt to load another one went. */
export class LoadHistory {
  #files: readonly string[] = [];
  #loadedMs: number | undefined;
  #lastReload: ConfigurationStatus['lastReload'];

  /** A configuration holds from now on. */
  loaded(files: readonly string[]): void {
    const timeMs = Date.now();
    if (this.#loadedMs !== undefined) this.#lastReload = { timeMs };
    this.#files = files.map((file) => resolve(file));
    this.#loadedMs = timeMs;
  }

  /** It could not be replaced. */
  notReloaded(error: string): void {
    this.#lastReload = { timeMs: Date.now(), error: error.slice(0, MAX_ERROR_LENGTH) };
  }

  get status(): ConfigurationStatus {
    return {
      files: [...this.#files],
      ...(this.#loadedMs === undefined ? {} : { loadedMs: this.#loadedMs }),
      ...(this.#lastReload === undefined ? {} : { lastReload: this.#lastReload }),
    };
  }
}
