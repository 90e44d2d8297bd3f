import { mayTake, type Reserve, reserveOf } from '../../../shares/may-take.js';

/** The part of the rows that is kept for what finds no row of its own. */
const FOR_OVERFLOWS = 0.25;

/** The last of the others are for clients with fewer rows. */
const FEW_ROWS = 32;

/**
 * Rows of counters in memory that is shared with the main thread, which reads them whenever it likes. Each has
 * one user at a time.
 */
export class RowStore {
  /** All rows, one behind the other. */
  readonly values: Float64Array;
  readonly #width: number;
  readonly #free: number[];
  readonly #forOverflows: number;
  readonly reserve: Reserve;

  constructor(memory: SharedArrayBuffer, width: number) {
    this.values = new Float64Array(memory);
    this.#width = width;
    const rows = this.values.length / width;
    this.#forOverflows = Math.floor(rows * FOR_OVERFLOWS);
    this.reserve = reserveOf(rows - this.#forOverflows, FEW_ROWS);
    this.#free = Array.from({ length: rows }, (_, i) => rows - 1 - i);
  }

  /** Rows that are free and not kept for overflows. */
  get room(): number {
    return Math.max(0, this.#free.length - this.#forOverflows);
  }

  /** Takes a row of zeros, one of those that are kept if need be; undefined when all are in use. */
  take(): number | undefined {
    return this.#free.pop();
  }

  /** Gives rows back, all zero. */
  give(rows: readonly number[]): void {
    this.#free.push(...rows);
  }

  /** Index of a row's first column. */
  at(row: number): number {
    return row * this.#width;
  }
}

/** Rows of one store that one client has. */
export class RowShare {
  readonly #store: RowStore;
  #held = 0;
  /** How many there may be. */
  limit: number;

  constructor(store: RowStore, limit: number) {
    this.#store = store;
    this.limit = limit;
  }

  /** Takes a row of zeros; undefined when the share is used up, or what is left is for others. */
  take(): number | undefined {
    const { room, reserve } = this.#store;
    if (!mayTake(this.#held, this.limit, room, reserve)) return undefined;
    this.#held++;
    return this.#store.take();
  }

  /** So many rows are the client's no more. They come back to the store when the main thread has read them. */
  release(rows: number): void {
    this.#held -= rows;
  }
}

/** Memory for `rows` rows, all zero; it is touched only where it is used. */
export function allocateRows(rows: number, width: number): SharedArrayBuffer {
  return new SharedArrayBuffer(rows * width * Float64Array.BYTES_PER_ELEMENT);
}

/** A view of one row. */
export function rowView(memory: SharedArrayBuffer, width: number, row: number): Float64Array {
  return new Float64Array(memory, row * width * Float64Array.BYTES_PER_ELEMENT, width);
}
