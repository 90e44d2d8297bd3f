import type { InstrumentGroup } from '../../telemetry/instruments.js';
import type { SeriesHandle } from '../../telemetry/series-table.js';
import { CALL_INSTRUMENTS, LOSS_INSTRUMENTS, METHOD_INSTRUMENTS } from './instruments.js';
import type { RowKind, RowNumbers } from './messages.js';
import { allocateRows, rowView } from './thread/row-store.js';

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
  /** Takes over the hold on the series when its row is taken from it. */
  readonly keep: (handle: SeriesHandle) => void;
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

  /** A row is in use for a series. `keep`: holds the series from `startOver` on. */
  open(kind: RowKind, row: number, handle: SeriesHandle, keep: (handle: SeriesHandle) => void): void {
    const view = rowView(this.memory[kind], GROUPS[kind].width, row);
    handle.attach([view]);
    this.#open[kind].set(row, { handle, view, keep });
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

  /** Whoever wrote to the rows has ended: what they counted is kept, and all of them are free and zero. */
  startOver(): void {
    for (const kind of KINDS) {
      for (const { handle, view, keep } of this.#open[kind].values()) {
        handle.detach([view]);
        view.fill(0);
        keep(handle);
      }
      this.#open[kind].clear();
    }
  }
}
