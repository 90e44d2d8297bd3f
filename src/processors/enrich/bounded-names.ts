import { printable } from '../../values/printable.js';

/** The semantic conventions' word for what is not shown by name. */
export const OTHER = '_OTHER';

/**
 * Names from the wire as values of an attribute: printable, and not more of them than a limit. Names that
 * were known before always have a place.
 */
export class BoundedNames {
  readonly #names = new Map<string, string>();
  #room: number;

  constructor(known: readonly string[], max: number) {
    for (const name of known) this.#names.set(name, printable(name));
    this.#room = max;
  }

  /** The value for a name. */
  of(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    // Prometheus takes an empty label for none.
    if (this.#room === 0 || name === '') return OTHER;
    this.#room--;
    const shown = printable(name);
    this.#names.set(name, shown);
    return shown;
  }
}
