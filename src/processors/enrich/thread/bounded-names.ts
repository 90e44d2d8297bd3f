import { OTHER } from '../../../protocols/conventions.js';
import { printable } from '../../../values/printable.js';

/** How many names several sets of them may show together. */
export interface NameAllowance {
  /** Whether there may be one more; it counts from then on. */
  take(): boolean;
  /** So many are not shown any more. */
  give(names: number): void;
}

const UNLIMITED: NameAllowance = { take: () => true, give: () => {} };

/**
 * Names from the wire as values of an attribute: printable, and not more of them than a limit. Names that
 * were known before always have a place.
 */
export class BoundedNames {
  readonly #shown = new Map<string, string>();
  readonly #allowance: NameAllowance;
  #known = new Map<string, string>();
  #max = 0;

  constructor(known: readonly string[], max: number, allowance = UNLIMITED) {
    this.#allowance = allowance;
    this.configure(known, max);
  }

  /** Changes the known names and the limit. Names that have been shown still are. */
  configure(known: readonly string[], max: number): void {
    this.#max = max;
    if (known.length === this.#known.size && known.every((name) => this.#known.has(name))) return;
    this.#known = new Map(known.map((name) => [name, printable(name)]));
  }

  /** The value for a name. */
  of(name: string): string {
    const known = this.#shown.get(name) ?? this.#known.get(name);
    if (known !== undefined) return known;
    // Prometheus takes an empty label for none.
    if (this.#shown.size >= this.#max || name === '' || !this.#allowance.take()) return OTHER;
    const shown = printable(name);
    this.#shown.set(name, shown);
    return shown;
  }

  /** Nothing is shown any more. */
  end(): void {
    this.#allowance.give(this.#shown.size);
    this.#shown.clear();
  }
}
