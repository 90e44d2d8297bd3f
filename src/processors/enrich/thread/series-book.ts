import { type Attributes, OTHER } from '../../../protocols/conventions.js';
import { type Direction, RECV, SEND } from '../../../protocols/direction.js';
import type { Protocol } from '../../../protocols/protocol.js';
import { recordInto } from '../../../telemetry/histogram.js';
import { callsColumn, type DurationColumns, durationColumns } from '../instruments.js';
import { BoundedNames } from './bounded-names.js';
import { type CallOutcome, failed, outcomeAttributes, succeeded } from './call-outcome.js';
import type { CountedSeries, FlowSeries } from './series-requests.js';

/** Outcomes of one method that are told apart: a server may have any number of status codes. */
const MAX_OUTCOMES = 64;

/** Status codes of a book that are shown, for the same reason. */
const MAX_CODES = 100;

/** Namespaces of a book that are shown: a client that may create databases could have any number. */
const MAX_NAMESPACES = 16;

const MS_PER_SECOND = 1000;

/** What requests are made to. */
export interface Target {
  /** As it is shown. */
  readonly namespace?: string | undefined;
  /** Default: the protocol. */
  readonly system?: string | undefined;
}

const ANY: Target = {};

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
  /** Namespaces of requests as they are shown. */
  readonly namespaces = new BoundedNames([], MAX_NAMESPACES);
  /** By the direction of the requests. */
  readonly #durations: readonly DurationColumns[];
  readonly #firstByte: DurationColumns | undefined;
  readonly #routes: readonly string[];
  /** By system, namespace and method. */
  readonly #methods = new Map<string, Map<string | undefined, Map<string, MethodSeries>>>();

  /** `routes`: templates of paths that the user gave. */
  constructor(series: FlowSeries, protocol: Protocol, routes: readonly string[] = []) {
    this.#series = series;
    this.#protocol = protocol;
    this.#routes = routes;
    const { convention } = protocol;
    const { durations, firstByte } = convention;
    this.#durations = ([SEND, RECV] as const).map((direction) =>
      durationColumns(durations[convention.callKind(direction)]),
    );
    this.#firstByte = firstByte && durationColumns(firstByte);
  }

  /** Counts bytes of a method's messages. `target`: of the requests. */
  countBytes(method: string, direction: Direction, bytes: number, target = ANY): void {
    this.#method(method, target).bytes.values[direction] += bytes;
  }

  /**
   * Counts `count` calls that had the same outcome, or none, and how long they took if that is known. Returns the series.
   *
   * @param direction that of the requests.
   * @param firstByteMs how long the first byte of the answer took, where that is told.
   * @param target of the requests.
   */
  countCalls(
    method: string,
    direction: Direction,
    outcome: CallOutcome | undefined,
    durationMs: number | undefined,
    count: number,
    firstByteMs?: number,
    target = ANY,
  ): CountedSeries {
    const series = this.#outcome(this.#method(method, target), outcome);
    const { values } = series;
    values[callsColumn(direction)] += count;
    if (durationMs !== undefined) record(values, this.#durations[direction], durationMs, count);
    if (firstByteMs !== undefined && this.#firstByte !== undefined) {
      record(values, this.#firstByte, firstByteMs, count);
    }
    return series;
  }

  #method(method: string, { namespace, system = this.#protocol.name }: Target): MethodSeries {
    const methods = this.#methodsOf(system, namespace);
    const known = methods.get(method);
    if (known !== undefined) return known;
    const attributes = this.#protocol.convention.methodAttributes(system, method, this.#routes, namespace);
    const bytes = this.#series.open('methods', attributes);
    // There may be one the next time.
    if (bytes === undefined) return this.#overflow();
    const series = { attributes, bytes, outcomes: new Map() };
    methods.set(method, series);
    return series;
  }

  #methodsOf(system: string, namespace: string | undefined): Map<string, MethodSeries> {
    const namespaces = this.#methods.get(system) ?? new Map<string | undefined, Map<string, MethodSeries>>();
    const methods = namespaces.get(namespace) ?? new Map<string, MethodSeries>();
    if (methods.size === 0) this.#methods.set(system, namespaces.set(namespace, methods));
    return methods;
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
    if (outcomes.size >= MAX_OUTCOMES && outcome !== undefined && outcome.statusCode !== OTHER) {
      if (outcome.kind === 'failed' && outcome.errorType !== OTHER) return this.#outcome(of, failed(OTHER));
      if (outcome.statusCode !== undefined) return this.#outcome(of, succeeded(OTHER));
    }
    const series = this.#series.open('calls', {
      ...attributes,
      ...outcomeAttributes(outcome, this.#protocol.convention),
    });
    if (series === undefined) return this.#series.overflow('calls');
    outcomes.set(key, series);
    return series;
  }
}

function record(row: Float64Array, { first, boundaries }: DurationColumns, ms: number, count: number): void {
  recordInto(row, first, boundaries, ms / MS_PER_SECOND, count);
}

/** The same for outcomes that series do not tell apart. That a notification was sent is all there is to tell of it. */
function outcomeKey(outcome: CallOutcome | undefined): string {
  if (outcome === undefined) return '';
  if (outcome.kind === 'succeeded') return outcome.statusCode ?? '';
  if (outcome.kind !== 'failed') return outcome.kind;
  return `${outcome.statusCode === undefined ? 'carrier' : 'status'} ${outcome.errorType}`;
}
