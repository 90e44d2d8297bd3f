import type { CompleteStrategy } from './strategy.js';

/** Keeps the first `maxBytes` bytes of everything; all of it when that is Infinity, which is `full`. */
export class SizeLimit implements CompleteStrategy {
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  keep(): number {
    return this.#maxBytes;
  }

  takesConnection(): boolean {
    return true;
  }

  weight(): number {
    return 1;
  }
}
