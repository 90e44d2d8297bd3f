import type { Direction } from '../../../protocols/direction.js';
import { CALL_DURATION_BOUNDARIES, recordInto } from '../../../telemetry/histogram.js';
import { CALLS, DURATION } from '../instruments.js';
import type { CallOutcome } from '../messages.js';
import { BoundedNames, OTHER } from './bounded-names.js';
import type { CountedSeries, FlowSeries } from './series-requests.js';

/** Outcomes of one method that are told apart; status codes are the server's, who may have any number. */
const MAX_OUTCOMES = 64;

/** Different status codes of a book that are shown, for the same reason. */
const MAX_CODES = 100;

const MS_PER_SECOND = 1000;

interface MethodSeries {
  /** undefined: no series was left for it, and all its calls and bytes are in the client's overflow. */
  readonly method: string | undefined;
  readonly bytes: CountedSeries;
  /** By error type, '' for success. */
  readonly outcomes: Map<string, CountedSeries>;
}

/**
 * The series of the calls of one flow. Each is asked for when its first call is counted; from then on counting is a
 * store. What finds none is counted in the overflow of the client.
 */
export class SeriesBook {
  /** Codes of errors as they are shown. */
  readonly codes = new BoundedNames([], MAX_CODES);
  readonly #series: FlowSeries;
  readonly #system: string;
  readonly #methods = new Map<string, MethodSeries>();

  constructor(series: FlowSeries, system: string) {
    this.#series = series;
    this.#system = system;
  }

  /** Counts bytes of a method's messages. */
  countBytes(method: string, direction: Direction, bytes: number): void {
    this.#method(method).bytes.values[direction] += bytes;
  }

  /** Counts `count` calls that had the same outcome, and how long they took if that is known. */
  countCalls(method: string, outcome: CallOutcome, durationMs: number | undefined, count: number): void {
    const { values } = this.#outcome(this.#method(method), outcome);
    values[CALLS] += count;
    if (durationMs === undefined) return;
    recordInto(values, DURATION, CALL_DURATION_BOUNDARIES, durationMs / MS_PER_SECOND, count);
  }

  #method(method: string): MethodSeries {
    const known = this.#methods.get(method);
    if (known !== undefined) return known;
    const bytes = this.#series.open('methods', { system: this.#system, method });
    // There may be one the next time.
    if (bytes === undefined) return this.#overflow();
    const series = { method, bytes, outcomes: new Map() };
    this.#methods.set(method, series);
    return series;
  }

  #overflow(): MethodSeries {
    return { method: undefined, bytes: this.#series.overflow('methods'), outcomes: new Map() };
  }

  #outcome(of: MethodSeries, outcome: CallOutcome): CountedSeries {
    const { method, outcomes } = of;
    if (method === undefined) return this.#series.overflow('calls');
    const key = outcome.errorType ?? '';
    const known = outcomes.get(key);
    if (known !== undefined) return known;
    if (outcomes.size >= MAX_OUTCOMES && key !== OTHER) {
      return this.#outcome(of, { errorType: OTHER, statusCode: OTHER });
    }
    const series = this.#series.open('calls', { system: this.#system, method, ...outcome });
    if (series === undefined) return this.#series.overflow('calls');
    outcomes.set(key, series);
    return series;
  }
}
