import { type Attributes, OTHER } from '../../../protocols/conventions.js';
import { type Direction, RECV, SEND } from '../../../protocols/direction.js';
import type { Protocol } from '../../../protocols/protocol.js';
import { CALL_DURATION_BOUNDARIES, recordInto } from '../../../telemetry/histogram.js';
import { callsColumn, durationColumn } from '../instruments.js';
import { BoundedNames } from './bounded-names.js';
import { type CallOutcome, failed, outcomeAttributes } from './call-outcome.js';
import type { CountedSeries, FlowSeries } from './series-requests.js';

/** Outcomes of one method that are told apart: a server may have any number of status codes. */
const MAX_OUTCOMES = 64;

/** Status codes of a book that are shown, for the same reason. */
const MAX_CODES = 100;

const MS_PER_SECOND = 1000;

interface MethodSeries {
  /** undefined: no series was left for it, and all its calls and bytes are in the client's overflow. */
  readonly attributes: Attributes | undefined;
  readonly bytes: CountedSeries;
  /** By `outcomeKey`. */
  readonly outcomes: Map<string, CountedSeries>;
}

/**
 * The series of the calls of one flow in one protocol. Each is asked for when its first call is counted; from then on
 * counting is a store. What finds none is counted in the overflow of the client.
 */
export class SeriesBook {
  /** Codes of errors as they are shown. */
  readonly codes = new BoundedNames([], MAX_CODES);
  readonly #series: FlowSeries;
  readonly #protocol: Protocol;
  /** Where the durations of calls begin, by the direction of their requests. */
  readonly #durationColumns: readonly number[];
  readonly #methods = new Map<string, MethodSeries>();

  constructor(series: FlowSeries, protocol: Protocol) {
    this.#series = series;
    this.#protocol = protocol;
    const { convention } = protocol;
    this.#durationColumns = [SEND, RECV].map((direction) =>
      durationColumn(convention, convention.callKind(direction as Direction)),
    );
  }

  /** Counts bytes of a method's messages. */
  countBytes(method: string, direction: Direction, bytes: number): void {
    this.#method(method).bytes.values[direction] += bytes;
  }

  /**
   * Counts `count` calls that had the same outcome, or none, and how long they took if that is known. Returns the series.
   *
   * @param direction that of the requests.
   */
  countCalls(
    method: string,
    direction: Direction,
    outcome: CallOutcome | undefined,
    durationMs: number | undefined,
    count: number,
  ): CountedSeries {
    const series = this.#outcome(this.#method(method), outcome);
    const { values } = series;
    values[callsColumn(direction)] += count;
    if (durationMs !== undefined) {
      const seconds = durationMs / MS_PER_SECOND;
      recordInto(values, this.#durationColumns[direction], CALL_DURATION_BOUNDARIES, seconds, count);
    }
    return series;
  }

  #method(method: string): MethodSeries {
    const known = this.#methods.get(method);
    if (known !== undefined) return known;
    const { name, convention } = this.#protocol;
    const attributes = convention.methodAttributes(name, method);
    const bytes = this.#series.open('methods', attributes);
    // There may be one the next time.
    if (bytes === undefined) return this.#overflow();
    const series = { attributes, bytes, outcomes: new Map() };
    this.#methods.set(method, series);
    return series;
  }

  #overflow(): MethodSeries {
    return { attributes: undefined, bytes: this.#series.overflow('methods'), outcomes: new Map() };
  }

  #outcome(of: MethodSeries, outcome: CallOutcome | undefined): CountedSeries {
    const { attributes, outcomes } = of;
    if (attributes === undefined) return this.#series.overflow('calls');
    const key = outcomeKey(outcome);
    const known = outcomes.get(key);
    if (known !== undefined) return known;
    if (outcomes.size >= MAX_OUTCOMES && outcome?.kind === 'failed' && outcome.errorType !== OTHER) {
      return this.#outcome(of, failed(OTHER));
    }
    const series = this.#series.open('calls', {
      ...attributes,
      ...outcomeAttributes(outcome, this.#protocol.convention.statusCode),
    });
    if (series === undefined) return this.#series.overflow('calls');
    outcomes.set(key, series);
    return series;
  }
}

/** The same for outcomes that series do not tell apart. That a notification was sent is all there is to tell of it. */
function outcomeKey(outcome: CallOutcome | undefined): string {
  if (outcome === undefined || outcome.kind === 'succeeded') return '';
  if (outcome.kind !== 'failed') return outcome.kind;
  return `${outcome.statusCode === undefined ? 'carrier' : 'status'} ${outcome.errorType}`;
}
