import { type Attributes, OTHER } from '../../../protocols/conventions.js';
import type { Direction } from '../../../protocols/direction.js';
import type { Protocol } from '../../../protocols/protocol.js';
import { CALL_DURATION_BOUNDARIES, recordInto } from '../../../telemetry/histogram.js';
import { CALLS, durationColumn } from '../instruments.js';
import { BoundedNames } from './bounded-names.js';
import type { ClientRows } from './client-rows.js';
import { optional } from './optional.js';

/** How a call ended. */
export interface CallOutcome {
  /** `error.type`; undefined when it succeeded. */
  readonly errorType: string | undefined;
  /** Where the protocol gave one. */
  readonly statusCode: string | undefined;
}

/** Outcomes of one method that are told apart: a server may have any number of status codes. */
const MAX_OUTCOMES = 64;

/** Status codes of a book that are shown, for the same reason. */
const MAX_CODES = 100;

const MS_PER_SECOND = 1000;

interface MethodSeries {
  /** As it is announced; undefined: it has found no row, and all its calls and bytes are in the client's overflow. */
  readonly attributes: Attributes | undefined;
  readonly row: number | undefined;
  /** Rows of calls by error type, '' for success; undefined where there was none. */
  readonly outcomes: Map<string, number | undefined>;
}

/**
 * The series of calls in one protocol that have the same attributes, from any source. Each is announced to the main thread when its
 * first call is counted; from then on counting is a store. What finds no row is counted in the overflow of the client.
 */
export class SeriesBook {
  /** Codes of errors as they are shown. */
  readonly codes = new BoundedNames([], MAX_CODES);
  readonly #rows: ClientRows;
  readonly #protocol: Protocol;
  readonly #durationColumn: number;
  readonly #methods = new Map<string, MethodSeries>();
  readonly #ownRows: { readonly calls: number[]; readonly methods: number[] } = { calls: [], methods: [] };
  /** Those with these attributes. */
  readonly #sources = new Set<number>();

  constructor(rows: ClientRows, protocol: Protocol) {
    this.#rows = rows;
    this.#protocol = protocol;
    this.#durationColumn = durationColumn(protocol.convention);
  }

  /** A source counts here, too. */
  enter(source: number): void {
    this.#sources.add(source);
  }

  /** A source counts here no more. Whether it was the last: then its rows are given back. */
  leave(source: number): boolean {
    this.#sources.delete(source);
    if (this.#sources.size > 0) return false;
    this.#rows.end(source, this.#ownRows);
    return true;
  }

  /** Counts bytes of a method's messages. */
  countBytes(method: string, direction: Direction, bytes: number): void {
    const { row } = this.#method(method);
    if (row === undefined) return;
    const { methods } = this.#rows.all;
    methods.values[methods.at(row) + direction] += bytes;
  }

  /** Counts `count` calls that had the same outcome, and how long they took if that is known. */
  countCalls(method: string, outcome: CallOutcome, durationMs: number | undefined, count: number): void {
    const row = this.#outcome(this.#method(method), outcome);
    if (row === undefined) return;
    const { calls } = this.#rows.all;
    const base = calls.at(row);
    calls.values[base + CALLS] += count;
    if (durationMs === undefined) return;
    const column = base + this.#durationColumn;
    recordInto(calls.values, column, CALL_DURATION_BOUNDARIES, durationMs / MS_PER_SECOND, count);
  }

  /** One of the sources that count here: they have the same attributes. */
  get #source(): number {
    const [source] = this.#sources;
    return source;
  }

  #method(method: string): MethodSeries {
    const known = this.#methods.get(method);
    if (known !== undefined) return known;
    const series = this.#open(method);
    this.#methods.set(method, series);
    return series;
  }

  #open(method: string): MethodSeries {
    const row = this.#rows.methods.take();
    if (row === undefined) {
      return { attributes: undefined, row: this.#rows.overflow().methods, outcomes: new Map() };
    }
    this.#ownRows.methods.push(row);
    const { name, convention } = this.#protocol;
    const series = convention.methodAttributes(name, method);
    this.#rows.all.report({ type: 'method_series', row, source: this.#source, series });
    return { attributes: series, row, outcomes: new Map() };
  }

  #outcome(series: MethodSeries, outcome: CallOutcome): number | undefined {
    const key = outcome.errorType ?? '';
    if (series.outcomes.has(key)) return series.outcomes.get(key);
    if (series.outcomes.size >= MAX_OUTCOMES && key !== OTHER) {
      return this.#outcome(series, { errorType: OTHER, statusCode: OTHER });
    }
    const row = this.#openOutcome(series, outcome);
    series.outcomes.set(key, row);
    return row;
  }

  #openOutcome({ attributes }: MethodSeries, { errorType, statusCode }: CallOutcome): number | undefined {
    const row = attributes === undefined ? undefined : this.#rows.calls.take();
    if (row === undefined) return this.#rows.overflow().calls;
    this.#ownRows.calls.push(row);
    const series = {
      ...attributes,
      ...optional('error.type', errorType),
      ...optional(this.#protocol.convention.statusCode, statusCode),
    };
    this.#rows.all.report({ type: 'call_series', row, source: this.#source, series });
    return row;
  }
}
