/** The first of any number of things in some order, without keeping the others. */
export class Best<T> {
  readonly #limit: number;
  readonly #compare: (a: T, b: T) => number;
  #kept: T[] = [];
  /** The last of those that are the first so far; undefined before there are so many. */
  #last: T | undefined;

  constructor(limit: number, compare: (a: T, b: T) => number) {
    this.#limit = limit;
    this.#compare = compare;
  }

  add(item: T): void {
    if (this.#last !== undefined && this.#compare(item, this.#last) >= 0) return;
    this.#kept.push(item);
    // Sorting now and then costs less than finding the place of each.
    if (this.#kept.length >= 2 * this.#limit) this.#trim();
  }

  /** In order. */
  items(): readonly T[] {
    this.#trim();
    return this.#kept;
  }

  #trim(): void {
    this.#kept = this.#kept.sort(this.#compare).slice(0, this.#limit);
    this.#last = this.#kept[this.#limit - 1];
  }
}
