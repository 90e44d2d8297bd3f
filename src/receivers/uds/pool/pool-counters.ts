import type { SeriesHandle, SeriesTable } from '../../../telemetry/series-table.js';
import { OPENED } from '../counters.js';
import type { RelayPool } from './relay-pool.js';

export interface PoolCountersSettings {
  /** Id of the receiver. */
  readonly id: string;
  /** What flows are counted in. */
  readonly table: SeriesTable;
  /** Of ATTRIBUTION_INSTRUMENTS. */
  readonly attribution: SeriesTable;
}

/** What a pool counts beside its flows: connections for which no row was left, and those that could not be attributed. */
export class PoolCounters {
  readonly #pool: RelayPool;
  readonly #table: SeriesTable;
  readonly #attribution: SeriesHandle;
  readonly #unlisten: () => void;
  #spill: SeriesHandle | undefined;

  constructor(pool: RelayPool, { id, table, attribution }: PoolCountersSettings) {
    this.#pool = pool;
    this.#table = table;
    this.#attribution = attribution.open({ receiver: id });
    this.#attribution.attach(pool.unattributedRows);
    this.#unlisten = table.onReading(() => this.#countSpilled());
  }

  /** The pool has ended. */
  close(): void {
    this.#countSpilled();
    this.#unlisten();
    this.#spill?.close();
    this.#attribution.close();
  }

  /** The overflow series is not to be seen before anything has overflowed. */
  #countSpilled(): void {
    const rows = this.#pool.spillRows;
    if (this.#spill !== undefined || rows.every((row) => row[OPENED] === 0)) return;
    this.#spill = this.#table.openOverflow();
    this.#spill.attach(rows);
  }
}
