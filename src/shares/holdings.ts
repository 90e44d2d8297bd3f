/** How much of a shared resource one client holds, in any unit. */
export class Holding {
  held = 0;
  /** Logarithm of `held` to base 2, rounded down. Only Holdings writes it. */
  level = NOTHING;
}

const NOTHING = -1;
const LEVELS = 32;

/**
 * Tracks how much of a shared resource each client holds, so that one of the largest holders can give some up when the
 * resource runs out. The total is below 2^32.
 *
 *   level 0: 1   level 1: 2, 3   level 2: 4 to 7   …
 *
 * A holder of the highest level gives up. No other client holds twice as much.
 */
export class Holdings<H extends Holding = Holding> {
  readonly #levels: readonly Set<H>[] = Array.from({ length: LEVELS }, () => new Set<H>());
  #total = 0;

  /** The sum of all holdings. */
  get total(): number {
    return this.#total;
  }

  /** Adds `by`, which may be negative, to a holding. */
  change(holding: H, by: number): void {
    this.#total += by;
    holding.held += by;
    const level = holding.held === 0 ? NOTHING : LEVELS - 1 - Math.clz32(holding.held);
    if (level === holding.level) return;
    if (holding.level !== NOTHING) this.#levels[holding.level].delete(holding);
    if (level !== NOTHING) this.#levels[level].add(holding);
    holding.level = level;
  }

  /** One of the largest holders; undefined if nothing is held. */
  get heaviest(): H | undefined {
    for (let level = LEVELS - 1; level >= 0; level--) {
      for (const holding of this.#levels[level]) return holding;
    }
    return undefined;
  }
}
