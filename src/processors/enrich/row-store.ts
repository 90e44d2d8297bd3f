/**
 * Rows of counters in memory that is shared with the main thread, which reads them whenever it likes. Each has
 * one user at a time.
 */
export class RowStore {
  /** All rows, one behind the other. */
  readonly values: Float64Array;
  readonly #width: number;
  readonly #free: number[];

  constructor(memory: SharedArrayBuffer, width: number) {
    this.values = new Float64Array(memory);
    this.#width = width;
    const rows = this.values.length / width;
    this.#free = Array.from({ length: rows }, (_, i) => rows - 1 - i);
  }

  /** Takes a row of zeros; undefined when all are in use. */
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

/** Memory for `rows` rows, all zero; it is touched only where it is used. */
export function allocateRows(rows: number, width: number): SharedArrayBuffer {
  return new SharedArrayBuffer(rows * width * Float64Array.BYTES_PER_ELEMENT);
}

/** A view of one row. */
export function rowView(memory: SharedArrayBuffer, width: number, row: number): Float64Array {
  return new Float64Array(memory, row * width * Float64Array.BYTES_PER_ELEMENT, width);
}
