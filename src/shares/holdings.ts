/** What one of those who share something has of it, in whatever is counted. */
export class Holding {
  held = 0;
  /** The power of two in it; only Holdings writes it. */
  level = NOTHING;
}

const NOTHING = -1;
const LEVELS = 32;

/**
 * Who has how much of something that all share, so that where there is no more, one of those who have most gives up
 * something of his. What is held of all is below 2^32.
 *
 *   level 0: 1   level 1: 2, 3   level 2: 4 to 7   …
 *
 * One of the highest level gives: nobody has twice as much.
 */
export class Holdings<H extends Holding = Holding> {
  readonly #levels: readonly Set<H>[] = Array.from({ length: LEVELS }, () => new Set<H>());
  #total = 0;

  /** What all have together. */
  get total(): number {
    return this.#total;
  }

  /** Somebody has so much more, or less. */
  change(holding: H, by: number): void {
    this.#total += by;
    holding.held += by;
    const level = holding.held === 0 ? NOTHING : LEVELS - 1 - Math.clz32(holding.held);
    if (level === holding.level) return;
    if (holding.level !== NOTHING) this.#levels[holding.level].delete(holding);
    if (level !== NOTHING) this.#levels[level].add(holding);
    holding.level = level;
  }

  /** One of those who have most; undefined when nobody has anything. */
  get heaviest(): H | undefined {
    for (let level = LEVELS - 1; level >= 0; level--) {
      for (const holding of this.#levels[level]) return holding;
    }
    return undefined;
  }
}
