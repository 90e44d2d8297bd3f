import type { InstrumentGroup } from '../../telemetry/instruments.js';
import { OVERFLOW_ATTRIBUTES, type Series } from '../../telemetry/series.js';
import type { SeriesHandle } from '../../telemetry/series-table.js';
import { CALL_INSTRUMENTS, LOSS_INSTRUMENTS, METHOD_INSTRUMENTS } from './instruments.js';
import type { SeriesKind } from './messages.js';

const GROUPS: Readonly<Record<SeriesKind, InstrumentGroup>> = {
  calls: CALL_INSTRUMENTS,
  methods: METHOD_INSTRUMENTS,
  losses: LOSS_INSTRUMENTS,
};

/** Rows that are allocated together. */
const ROWS = 256;

/** The row of a series, which the enrich thread writes. */
export interface SeriesRow {
  readonly kind: SeriesKind;
  readonly handle: SeriesHandle;
  /** In shared memory. */
  readonly values: Float64Array;
  /** What the main thread itself adds. */
  readonly own: Float64Array;
  /** Whether it is of what a client has beyond its share. */
  readonly isOverflow: boolean;
  users: number;
}

/**
 * Rows of series in memory that is shared with the enrich thread. Flows with the same series count in the same row.
 * It stays with its series as long as one of them is there, whichever enrich thread writes it.
 */
export class SeriesRows {
  readonly #rows = new Map<Series, SeriesRow>();
  /** All zero. */
  readonly #free: Readonly<Record<SeriesKind, Float64Array[]>> = { calls: [], methods: [], losses: [] };

  /** Rows in use. */
  get size(): number {
    return this.#rows.size;
  }

  /** The row of the series that `handle` holds, which is the row's from then on. The row is not used yet. */
  of(kind: SeriesKind, handle: SeriesHandle): SeriesRow {
    const known = this.#rows.get(handle.series);
    if (known !== undefined) {
      // The row has a hold of its own.
      handle.close();
      return known;
    }
    const isOverflow = Object.keys(OVERFLOW_ATTRIBUTES).every((name) => name in handle.series.attributes);
    const own = new Float64Array(kind === 'losses' ? GROUPS[kind].width : 0);
    const row = { kind, handle, values: this.#allocate(kind), own, isOverflow, users: 0 };
    handle.attach(kind === 'losses' ? [row.values, own] : [row.values]);
    this.#rows.set(handle.series, row);
    return row;
  }

  /** One more uses a row. */
  use(row: SeriesRow): void {
    row.users++;
  }

  /** One does not use it any more, and will not write to it. `isFinal`: its client will not come back. */
  release(row: SeriesRow, isFinal: boolean): void {
    if (--row.users > 0) return;
    this.#rows.delete(row.handle.series);
    row.handle.close(isFinal);
    row.values.fill(0);
    this.#free[row.kind].push(row.values);
  }

  #allocate(kind: SeriesKind): Float64Array {
    const free = this.#free[kind];
    if (free.length === 0) {
      const { width } = GROUPS[kind];
      const bytes = width * Float64Array.BYTES_PER_ELEMENT;
      const memory = new SharedArrayBuffer(ROWS * bytes);
      for (let i = ROWS - 1; i >= 0; i--) free.push(new Float64Array(memory, i * bytes, width));
    }
    return free.pop() as Float64Array;
  }
}
