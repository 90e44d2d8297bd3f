import type { Counts } from './capturing-agent.js';

/** Counts things by name. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  get counts(): Counts {
    return Object.fromEntries(this.#counts);
  }
}
