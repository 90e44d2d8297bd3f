import type { InstrumentGroup } from '../../metrics/instruments.js';
import type { SeriesHandle } from '../../metrics/series-table.js';
import { CALL_INSTRUMENTS, LOSS_INSTRUMENTS, METHOD_INSTRUMENTS } from './instruments.js';
import type { RowKind, RowNumbers } from './messages.js';
import { allocateRows, rowView } from './row-store.js';

/** Series of all receivers together; what is more is counted in the overflow of its client. Touched as used. */
const ROWS = 65_536;

const GROUPS: Readonly<Record<RowKind, InstrumentGroup>> = {
  calls: CALL_INSTRUMENTS,
  methods: METHOD_INSTRUMENTS,
  losses: LOSS_INSTRUMENTS,
};

const KINDS = Object.keys(GROUPS) as readonly RowKind[];

interface RowSeriesEntry {
  readonly handle: SeriesHandle;
  readonly view: Float64Array;
}

/** Series whose rows the enrich thread writes, in memory that is shared with it. */
export class RowSeries {
  readonly memory: Readonly<Record<RowKind, SharedArrayBuffer>> = {
    calls: allocateRows(ROWS, CALL_INSTRUMENTS.width),
    methods: allocateRows(ROWS, METHOD_INSTRUMENTS.width),
    losses: allocateRows(ROWS, LOSS_INSTRUMENTS.width),
  };
  /** By row. */
  readonly #open: Readonly<Record<RowKind, Map<number, RowSeriesEntry>>> = {
    calls: new Map(),
    methods: new Map(),
    losses: new Map(),
  };

  /** A row is in use for a series. */
  open(kind: RowKind, row: number, handle: SeriesHandle): void {
    const view = rowView(this.memory[kind], GROUPS[kind].width, row);
    handle.attach([view]);
    this.#open[kind].set(row, { handle, view });
  }

  /**
   * Nothing is written to these any more: what they counted is kept, and they are zero. `isFinal`: whoever it was will not
   * come back.
   */
  close(rows: RowNumbers, isFinal: boolean): void {
    for (const kind of KINDS) {
      for (const row of rows[kind]) {
        const entry = this.#open[kind].get(row);
        this.#open[kind].delete(row);
        entry?.handle.close(isFinal);
        entry?.view.fill(0);
      }
    }
  }
}
