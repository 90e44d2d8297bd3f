/** Columns of a count: bytes in both directions, calls, and calls that failed. */
export const SEND_BYTES = 0;
export const RECV_BYTES = 1;
export const CALLS = 2;
export const ERRORS = 3;
export const COLUMNS = 4;

/** What has happened in each of the last intervals: a ring of slots, each with all columns. */
export class Track {
  readonly #values: Float64Array;
  /** Bytes in all slots. */
  #bytes = 0;

  constructor(slots: number) {
    this.#values = new Float64Array(slots * COLUMNS);
  }

  get bytes(): number {
    return this.#bytes;
  }

  at(slot: number, column: number): number {
    return this.#values[slot * COLUMNS + column];
  }

  /** Forgets what was in a slot. */
  clear(slot: number): void {
    this.#bytes -= this.at(slot, SEND_BYTES) + this.at(slot, RECV_BYTES);
    this.#values.fill(0, slot * COLUMNS, (slot + 1) * COLUMNS);
  }

  add(slot: number, counts: Float64Array): void {
    for (let column = 0; column < COLUMNS; column++) this.#values[slot * COLUMNS + column] += counts[column];
    this.#bytes += counts[SEND_BYTES] + counts[RECV_BYTES];
  }

  /** Takes all that another one has. */
  addAll(other: Track): void {
    for (let i = 0; i < this.#values.length; i++) this.#values[i] += other.#values[i];
    this.#bytes += other.#bytes;
  }

  get isEmpty(): boolean {
    return this.#values.every((value) => value === 0);
  }
}
