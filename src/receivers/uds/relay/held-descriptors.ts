import { NO_FD } from './connection-table.js';

/** Behind the last one. */
const END = -1;

/**
 * Descriptors that wait for their bytes to be sent, each end's in a list of its own. Memory for all of them is there from the start:
 *
 *   first[end] ─► cell ─► cell ─► END          free ─► cell ─► … ─► END
 */
export class HeldDescriptors {
  readonly #cells: Int32Array;
  readonly #next: Int32Array;
  readonly #first: Int32Array;
  #free = 0;
  /** How many there are in all. */
  count = 0;

  /** `cells`: as of DescriptorQueue, for the closing thread to close what is in it if this thread fails. */
  constructor(cells: Int32Array, ends: number) {
    this.#cells = cells;
    this.#next = Int32Array.from(cells, (_, i) => (i + 1 < cells.length ? i + 1 : END));
    this.#first = new Int32Array(ends).fill(END);
  }

  /** Adds `count` descriptors for an end that has none, for which there must be room. */
  put(end: number, descriptors: Int32Array, count: number): void {
    // From the last to the first, so that each goes to the front.
    for (let i = count - 1; i >= 0; i--) {
      const cell = this.#free;
      this.#free = this.#next[cell];
      this.#cells[cell] = descriptors[i];
      this.#next[cell] = this.#first[end];
      this.#first[end] = cell;
    }
    this.count += count;
  }

  /** Copies those of an end, in the order in which they came. */
  copy(end: number, target: Int32Array): void {
    let i = 0;
    for (let cell = this.#first[end]; cell !== END; cell = this.#next[cell]) target[i++] = this.#cells[cell];
  }

  /** Calls `take` with each of an end, which has none then. */
  release(end: number, take: (fd: number) => void): void {
    for (let cell = this.#first[end]; cell !== END; ) {
      const next = this.#next[cell];
      // Gone from here first: two threads must never close one number.
      const fd = this.#cells[cell];
      this.#cells[cell] = NO_FD;
      take(fd);
      this.#next[cell] = this.#free;
      this.#free = cell;
      this.count--;
      cell = next;
    }
    this.#first[end] = END;
  }
}
