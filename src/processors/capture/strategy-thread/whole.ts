import type { CaptureSettings } from '../strategies/settings.js';
import type { CompleteStrategy } from '../strategies/strategy.js';

/** Keeps everything, and gives each record its listener: a strategy thread decides what of it is kept for good. */
export class Whole implements CompleteStrategy {
  readonly #listener: number;

  constructor(listener: number) {
    this.#listener = listener;
  }

  keep(): number {
    return Number.POSITIVE_INFINITY;
  }

  takesConnection(): boolean {
    return true;
  }

  /** In place of a weight, which the strategy has yet to give. */
  weight(): number {
    return this.#listener;
  }
}

/** What a relay thread is to capture of a listener that a strategy thread decides about. */
export function wholeCapture({ protocols, directions, ring }: CaptureSettings): CaptureSettings {
  const strategy = { type: 'size_limit', maxBytes: Number.POSITIVE_INFINITY } as const;
  return { strategy, protocols, per: 'operation', directions, tailBytes: 0, ring };
}
