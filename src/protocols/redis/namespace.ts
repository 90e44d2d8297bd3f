const NAMES = Array.from({ length: 16 }, (_, index) => String(index));

/** The database that the commands of a connection work on: the index that SELECT took, where that is known. */
export class Namespace {
  /** A connection begins with the first. */
  #index: number | undefined = 0;
  /** SELECTs whose replies are yet to come. */
  #asked = 0;

  get name(): string | undefined {
    if (this.#asked > 0 || this.#index === undefined) return undefined;
    return NAMES[this.#index] ?? String(this.#index);
  }

  ask(): void {
    this.#asked++;
  }

  /** One is answered. `index`: undefined if it is not known. */
  answer(hasFailed: boolean, index: number | undefined): void {
    if (this.#asked > 0) this.#asked--;
    if (!hasFailed) this.#index = index;
  }

  reset(): void {
    this.#index = 0;
  }

  /** There may have been another SELECT. */
  forget(): void {
    this.#index = undefined;
    this.#asked = 0;
  }
}
