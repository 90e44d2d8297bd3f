import { CALL_DURATION_BOUNDARIES, recordInto } from '../../metrics/histogram.js';
import type { Direction } from '../capture/direction.js';
import { OTHER } from './bounded-names.js';
import { CALLS, DURATION, SERIES_SPILLED } from './instruments.js';
import type { CallOutcome, EnrichReport } from './messages.js';
import type { RowStore } from './row-store.js';

/** Outcomes of one method that are told apart; status codes are the server's, who may have any number. */
const MAX_OUTCOMES = 64;

const MS_PER_SECOND = 1000;

const SUCCESS: CallOutcome = { errorType: undefined, statusCode: undefined };

/** Where all sources keep their counters. */
export interface Rows {
  readonly calls: RowStore;
  readonly methods: RowStore;
  readonly health: Float64Array;
  report(report: EnrichReport): void;
}

interface MethodSeries {
  /** As it is announced: of what found no room it is _OTHER. */
  readonly method: string;
  readonly row: number;
  /** Rows of calls by error type, '' for success. */
  readonly outcomes: Map<string, number>;
}

/**
 * The series of one source's calls. Each is announced to the main thread when its first call is counted; from
 * then on counting is a store. When rows run out, what has none is counted as `_OTHER` of its source, whose rows are
 * taken beforehand, and announced once they are needed.
 */
export class SeriesBook {
  readonly #rows: Rows;
  readonly #source: number;
  readonly #system: string;
  readonly #methods = new Map<string, MethodSeries>();
  readonly #spillRows: { readonly method: number | undefined; readonly calls: number | undefined };
  #spill: MethodSeries | undefined;

  constructor(rows: Rows, source: number, system: string) {
    this.#rows = rows;
    this.#source = source;
    this.#system = system;
    this.#spillRows = { method: rows.methods.take(), calls: rows.calls.take() };
  }

  /** Gives back what nobody was told of. Nothing is counted any more. */
  release(): void {
    if (this.#spill !== undefined) return;
    const { method, calls } = this.#spillRows;
    if (method !== undefined) this.#rows.methods.give([method]);
    if (calls !== undefined) this.#rows.calls.give([calls]);
  }

  /** Counts bytes of a method's messages. */
  countBytes(method: string, direction: Direction, bytes: number): void {
    const series = this.#method(method);
    if (series === undefined) return;
    const { methods } = this.#rows;
    methods.values[methods.at(series.row) + direction] += bytes;
  }

  /** Counts `count` calls that had the same outcome, and how long they took if that is known. */
  countCalls(method: string, outcome: CallOutcome, durationMs: number | undefined, count: number): void {
    const series = this.#method(method);
    const row = series === undefined ? undefined : this.#outcome(series, outcome);
    if (row === undefined) return;
    const { calls } = this.#rows;
    const base = calls.at(row);
    calls.values[base + CALLS] += count;
    if (durationMs === undefined) return;
    recordInto(calls.values, base + DURATION, CALL_DURATION_BOUNDARIES, durationMs / MS_PER_SECOND, count);
  }

  #method(method: string): MethodSeries | undefined {
    const known = this.#methods.get(method);
    if (known !== undefined) return known;
    const series = method === OTHER ? this.#openSpill() : (this.#open(method) ?? this.#spilled());
    if (series !== undefined) this.#methods.set(method, series);
    return series;
  }

  #open(method: string): MethodSeries | undefined {
    const row = this.#rows.methods.take();
    return row === undefined ? undefined : this.#openAt(row, method);
  }

  #openAt(row: number, method: string): MethodSeries {
    const series: MethodSeries = { method, row, outcomes: new Map() };
    this.#methods.set(method, series);
    const identity = { system: this.#system, method };
    this.#rows.report({ type: 'method_series', row, source: this.#source, series: identity });
    return series;
  }

  #outcome(series: MethodSeries, outcome: CallOutcome): number | undefined {
    const key = outcome.errorType ?? '';
    const known = series.outcomes.get(key);
    if (known !== undefined) return known;
    if (series.outcomes.size >= MAX_OUTCOMES && key !== OTHER) {
      return this.#outcome(series, { errorType: OTHER, statusCode: OTHER });
    }
    const row = this.#rows.calls.take();
    if (row === undefined) {
      const spilled = this.#spilled()?.outcomes.get('');
      if (spilled !== undefined) series.outcomes.set(key, spilled);
      return spilled;
    }
    this.#openOutcome(series, row, outcome);
    return row;
  }

  #openOutcome(series: MethodSeries, row: number, outcome: CallOutcome): void {
    series.outcomes.set(outcome.errorType ?? '', row);
    const identity = { system: this.#system, method: series.method, ...outcome };
    this.#rows.report({ type: 'call_series', row, source: this.#source, series: identity });
  }

  #spilled(): MethodSeries | undefined {
    this.#rows.health[SERIES_SPILLED]++;
    return this.#openSpill();
  }

  #openSpill(): MethodSeries | undefined {
    const { method, calls } = this.#spillRows;
    if (this.#spill !== undefined || method === undefined) return this.#spill;
    this.#spill = this.#openAt(method, OTHER);
    if (calls !== undefined) this.#openOutcome(this.#spill, calls, SUCCESS);
    return this.#spill;
  }
}
