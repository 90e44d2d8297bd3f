import { LOSS_REASONS, type LossReason, SERIES_SPILLED } from '../instruments.js';
import type { EnrichReport, RowNumbers } from '../messages.js';
import { RowShare, type RowStore } from './row-store.js';

/** Where the counters of all clients are. */
export interface Rows {
  readonly calls: RowStore;
  readonly methods: RowStore;
  readonly losses: RowStore;
  readonly health: Float64Array;
  report(report: EnrichReport): void;
}

/** Where one counts what found no row: undefined where there is none either. */
export interface OverflowRows {
  readonly calls: number | undefined;
  readonly methods: number | undefined;
}

/**
 * The rows of one client: a share of those for series, and one of each kind for what exceeds it, and for its losses.
 * Those are announced when they are needed.
 */
export class ClientRows {
  readonly calls: RowShare;
  readonly methods: RowShare;
  readonly #rows: Rows;
  readonly #source: () => number;
  #overflow: OverflowRows | undefined;
  #losses: number | undefined;

  /** `source`: one of the client's. */
  constructor(rows: Rows, limit: number, source: () => number) {
    this.#rows = rows;
    this.#source = source;
    this.calls = new RowShare(rows.calls, limit);
    this.methods = new RowShare(rows.methods, limit);
  }

  /** Where all are, the client's own among them. */
  get all(): Rows {
    return this.#rows;
  }

  set limit(limit: number) {
    this.calls.limit = limit;
    this.methods.limit = limit;
  }

  /** A series has found no row. */
  overflow(): OverflowRows {
    this.#rows.health[SERIES_SPILLED]++;
    this.lose('series', 1);
    this.#overflow ??= this.#openOverflow();
    return this.#overflow;
  }

  /** The client loses something. */
  lose(reason: LossReason, count: number): void {
    const { losses } = this.#rows;
    this.#losses ??= this.#openLosses();
    if (this.#losses !== undefined)
      losses.values[losses.at(this.#losses) + LOSS_REASONS.indexOf(reason)] += count;
  }

  /** Nothing is counted any more in rows that series had; `source` was the last that did. */
  end(source: number, { calls, methods }: Omit<RowNumbers, 'losses'>): void {
    this.calls.release(calls.length);
    this.methods.release(methods.length);
    this.#reportEnd(source, { calls, methods, losses: [] });
  }

  /** Nothing of the client is counted any more. Its source is still known. */
  endAll(): void {
    const { calls, methods } = this.#overflow ?? {};
    const rows = { calls: listOf(calls), methods: listOf(methods), losses: listOf(this.#losses) };
    this.#reportEnd(this.#source(), rows);
  }

  #openOverflow(): OverflowRows {
    const { calls, methods, report } = this.#rows;
    const opened = { calls: calls.take(), methods: methods.take() };
    const source = this.#source();
    if (opened.calls !== undefined)
      report({ type: 'call_series', row: opened.calls, source, series: undefined });
    if (opened.methods !== undefined)
      report({ type: 'method_series', row: opened.methods, source, series: undefined });
    return opened;
  }

  #openLosses(): number | undefined {
    const row = this.#rows.losses.take();
    if (row !== undefined) this.#rows.report({ type: 'loss_series', row, source: this.#source() });
    return row;
  }

  #reportEnd(source: number, rows: RowNumbers): void {
    if (Object.values(rows).every(({ length }) => length === 0)) return;
    this.#rows.report({ type: 'rows_ended', source, rows });
  }
}

function listOf(row: number | undefined): readonly number[] {
  return row === undefined ? [] : [row];
}
