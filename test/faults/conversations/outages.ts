import type { Cut } from './reporter.js';

/** A time in which something was not there, in ms of CLOCK_MONOTONIC. */
interface Outage {
  readonly fromMs: number;
  toMs: number;
}

/** What was killed when, and so which conversations may have been cut, and which not. */
export class Outages {
  readonly #outages: Outage[] = [];

  /** Something is gone from now on, until the function that is returned is called. */
  begin(nowMs: () => number): () => void {
    const outage: Outage = { fromMs: nowMs(), toMs: Number.POSITIVE_INFINITY };
    this.#outages.push(outage);
    return () => {
      outage.toMs = nowMs();
    };
  }

  /** Whether a conversation that was going on, or began, in one of these times was cut. */
  explain({ fromMs, toMs }: Cut): boolean {
    return this.#outages.some((outage) => fromMs <= outage.toMs && toMs >= outage.fromMs);
  }
  /** When what was killed last before the end of a conversation was away. */
  describe({ toMs }: Cut): string {
    const outage = this.#outages.filter(({ fromMs }) => fromMs <= toMs).at(-1);
    if (outage === undefined) return 'before any outage';
    return `after the outage from ${outage.fromMs.toFixed(0)} to ${outage.toMs.toFixed(0)} ms`;
  }
}
