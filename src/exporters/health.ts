import type { Attributes } from '@opentelemetry/api';
import { recordInto } from '../telemetry/histogram.js';
import type { InstrumentGroup } from '../telemetry/instruments.js';
import { type SeriesHandle, SeriesTable } from '../telemetry/series-table.js';
import type { Signal } from '../values/signal.js';
import {
  ATTEMPT_INSTRUMENTS,
  BEGUN,
  CAPACITY,
  COLLECTION_INSTRUMENTS,
  ENTERED,
  EXPORT_ERRORS,
  EXPORT_FAILURES,
  EXPORTED,
  type ExportError,
  type ExportFailure,
  FIRST_ERROR,
  inflight,
  LOG_EXPORT_INSTRUMENTS,
  LOG_PROCESSOR_INSTRUMENTS,
  METRIC_EXPORT_INSTRUMENTS,
  NO_BOUNDARIES,
  OPERATION_INSTRUMENTS,
  PROCESSED,
  QUEUE_FULL,
  SPAN_EXPORT_INSTRUMENTS,
  SPAN_PROCESSOR_INSTRUMENTS,
} from './health-instruments.js';
import { secondsSince } from './seconds-since.js';

/** The values of `otel.component.type` that udscope has: well-known ones, and one of its own for its log. */
export type ComponentType =
  | 'otlp_http_metric_exporter'
  | 'otlp_http_json_metric_exporter'
  | 'otlp_http_span_exporter'
  | 'otlp_http_json_span_exporter'
  | 'otlp_http_log_exporter'
  | 'otlp_http_json_log_exporter'
  | 'prometheus_http_text_metric_exporter'
  | 'debug_metric_exporter'
  | 'debug_span_exporter'
  | 'debug_log_exporter'
  | 'periodic_metric_reader'
  | 'batching_span_processor'
  | 'batching_log_processor';

/** How an export or a collection ended. */
export interface Ending {
  /** undefined: with success. */
  readonly error?: string | undefined;
  /** Of the last answer over HTTP, if there was one. */
  readonly status?: number | undefined;
}

const NO_LIMITS = { maxSeries: Number.POSITIVE_INFINITY, lingerMs: 0 };

/** A destination may answer with any status. */
const MAX_ENDINGS = 500;

/** The tables of how exporters fare. */
export class ExportHealthTables {
  readonly metrics = new SeriesTable(METRIC_EXPORT_INSTRUMENTS, NO_LIMITS);
  readonly traces = new SeriesTable(SPAN_EXPORT_INSTRUMENTS, NO_LIMITS);
  readonly logs = new SeriesTable(LOG_EXPORT_INSTRUMENTS, NO_LIMITS);
  readonly spanQueues = new SeriesTable(SPAN_PROCESSOR_INSTRUMENTS, NO_LIMITS);
  readonly logQueues = new SeriesTable(LOG_PROCESSOR_INSTRUMENTS, NO_LIMITS);
  readonly attempts = new SeriesTable(ATTEMPT_INSTRUMENTS, NO_LIMITS);
  readonly operations = new SeriesTable(OPERATION_INSTRUMENTS, { ...NO_LIMITS, maxSeries: MAX_ENDINGS });
  readonly collections = new SeriesTable(COLLECTION_INSTRUMENTS, { ...NO_LIMITS, maxSeries: MAX_ENDINGS });

  /** Those that run. */
  readonly exporters = new Set<ExportHealth>();

  get all(): SeriesTable[] {
    const { metrics, traces, logs, spanQueues, logQueues, attempts, operations, collections } = this;
    return [metrics, traces, logs, spanQueues, logQueues, attempts, operations, collections];
  }
}

/** How one exporter of the configuration fares with one signal. */
export interface SignalState {
  readonly id: string;
  readonly signal: Signal;
  readonly exported: number;
  /** What was given up, and attempts that failed, by reason. */
  readonly failed: Readonly<Record<string, number>>;
  readonly failedAttempts: Readonly<Record<string, number>>;
  readonly inflight: number;
  /** Wall clock, ms since the epoch. */
  readonly lastSuccessMs?: number;
  readonly lastFailure?: Readonly<{ timeMs: number; reason: string }>;
  /** Spans, or log records. */
  readonly queue?: Readonly<{ size: number; capacity: number; dropped: number }>;
}

/** The health of one exporter of the configuration, whose components count in series of their own until it closes. */
export class ExportHealth {
  readonly #tables: ExportHealthTables;
  readonly #exporterId: string;
  readonly #handles = new Set<SeriesHandle>();
  /** Rows of durations, by component and how they ended. */
  readonly #durations = new Map<string, Float64Array>();
  readonly #signals = new Map<Signal, SignalHealth>();
  readonly #queues = new Map<Signal, QueueHealth>();

  constructor(tables: ExportHealthTables, exporterId: string) {
    this.#tables = tables;
    this.#exporterId = exporterId;
    tables.exporters.add(this);
  }

  /** How it fares with each of its signals. */
  get states(): SignalState[] {
    const id = this.#exporterId;
    return Array.from(this.#signals, ([signal, health]) => ({
      id,
      signal,
      ...health.state,
      ...optionalQueue(this.#queues.get(signal)),
    }));
  }

  /** `server`: where it sends to, as the conventions' `server.*`. */
  of(signal: Signal, type: ComponentType, server: Attributes = {}): SignalHealth {
    const component = this.#component(type);
    const attributes = { ...component, ...server };
    const health = new SignalHealth(
      this.#row(this.#tables[signal], attributes),
      this.#row(this.#tables.attempts, component),
      (seconds, ending) => this.#recordDuration(this.#tables.operations, attributes, seconds, ending),
    );
    this.#signals.set(signal, health);
    return health;
  }

  /** `capacity`: spans or log records that may wait. */
  queue(signal: 'traces' | 'logs', capacity: number): QueueHealth {
    const [table, type] = {
      traces: [this.#tables.spanQueues, 'batching_span_processor'] as const,
      logs: [this.#tables.logQueues, 'batching_log_processor'] as const,
    }[signal];
    const queue = new QueueHealth(this.#row(table, this.#component(type)), capacity);
    this.#queues.set(signal, queue);
    return queue;
  }

  /** The same function, and how long it takes is recorded. */
  collecting<Input extends unknown[], Result>(
    type: ComponentType,
    collect: (...input: Input) => Result,
  ): (...input: Input) => Result {
    const component = this.#component(type);
    return (...input) => {
      const startMs = performance.now();
      let error: string | undefined = '_OTHER';
      try {
        const result = collect(...input);
        error = undefined;
        return result;
      } finally {
        this.#recordDuration(this.#tables.collections, component, secondsSince(startMs), { error });
      }
    };
  }

  /** Ends all its series. */
  close(): void {
    this.#tables.exporters.delete(this);
    for (const handle of this.#handles) handle.close();
    this.#handles.clear();
    this.#durations.clear();
  }

  #component(type: ComponentType): Attributes {
    return { 'otel.component.name': `${type}/${this.#exporterId}`, 'otel.component.type': type };
  }

  #recordDuration(table: SeriesTable, attributes: Attributes, seconds: number, ending: Ending): void {
    const { error, status } = ending;
    const key = [attributes['otel.component.name'], error, status].join(' ');
    const row =
      this.#durations.get(key) ??
      this.#row(table, {
        ...attributes,
        ...(error === undefined ? {} : { 'error.type': error }),
        ...(status === undefined ? {} : { 'http.response.status_code': status }),
      });
    this.#durations.set(key, row);
    recordInto(row, 0, NO_BOUNDARIES, seconds);
  }

  #row(table: SeriesTable, attributes: Attributes): Float64Array {
    const { width }: InstrumentGroup = table.group;
    const row = new Float64Array(width);
    const handle = table.open(attributes);
    handle.attach([row]);
    this.#handles.add(handle);
    return row;
  }
}

/** Counts of an exporter of one signal: each item that has begun is exported or fails, once. */
export class SignalHealth {
  readonly #row: Float64Array;
  readonly #attempts: Float64Array;
  /** An export with all its attempts is over. */
  readonly recordOperation: (seconds: number, ending: Ending) => void;
  #lastSuccessMs: number | undefined;
  #lastFailure: SignalState['lastFailure'];

  constructor(
    row: Float64Array,
    attempts: Float64Array,
    recordOperation: (seconds: number, ending: Ending) => void,
  ) {
    this.#row = row;
    this.#attempts = attempts;
    this.recordOperation = recordOperation;
  }

  /** The exporter has got so many data points, spans or log records. */
  begin(items: number): void {
    this.#row[BEGUN] += items;
  }

  countExported(items: number): void {
    this.#row[EXPORTED] += items;
    this.#lastSuccessMs = Date.now();
  }

  /** The destination has answered as it should, and taken all but so many of them. Nobody has had a success who lost everything. */
  countDelivered(items: number, rejected: number): void {
    const lost = Math.min(rejected, items);
    this.countFailed(lost, 'rejected');
    // Behind it: an exporter of which something is taken does not fail.
    if (lost === 0 || lost < items) this.countExported(items - lost);
  }

  countFailed(items: number, error: ExportError): void {
    this.#row[FIRST_ERROR + EXPORT_ERRORS.indexOf(error)] += items;
    if (items > 0) this.#noteFailure(error);
  }

  /** Nothing more will become of what has begun and is not over. */
  failRest(error: ExportError): void {
    this.countFailed(inflight(this.#row), error);
  }

  /** An attempt has failed. Another one may follow. */
  countFailure(reason: ExportFailure): void {
    this.#attempts[EXPORT_FAILURES.indexOf(reason)] += 1;
    this.#noteFailure(reason);
  }

  get state(): Omit<SignalState, 'id' | 'signal' | 'queue'> {
    return {
      exported: this.#row[EXPORTED],
      failed: countsBy(EXPORT_ERRORS, this.#row, FIRST_ERROR),
      inflight: inflight(this.#row),
      failedAttempts: countsBy(EXPORT_FAILURES, this.#attempts, 0),
      ...(this.#lastSuccessMs === undefined ? {} : { lastSuccessMs: this.#lastSuccessMs }),
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
    };
  }

  #noteFailure(reason: ExportError): void {
    this.#lastFailure = { timeMs: Date.now(), reason };
  }
}

/** Counts of the queue before an exporter of spans or log records. */
export class QueueHealth {
  readonly #row: Float64Array;

  constructor(row: Float64Array, capacity: number) {
    this.#row = row;
    row[CAPACITY] = capacity;
  }

  get state(): NonNullable<SignalState['queue']> {
    const row = this.#row;
    return { size: row[ENTERED] - row[PROCESSED], capacity: row[CAPACITY], dropped: row[QUEUE_FULL] };
  }

  /** So many wait from now on. */
  enter(items: number): void {
    this.#row[ENTERED] += items;
  }

  /** The exporter has got some that waited. */
  process(items: number): void {
    this.#row[PROCESSED] += items;
  }

  /** Some came for which there was no room. */
  refuse(items: number): void {
    this.#row[QUEUE_FULL] += items;
  }
}

function optionalQueue(queue: QueueHealth | undefined): Pick<SignalState, 'queue'> {
  return queue === undefined ? {} : { queue: queue.state };
}

/** Counts that are not zero, by the names of their columns. */
function countsBy(names: readonly string[], row: Float64Array, first: number): Record<string, number> {
  const counts = names.map((name, i) => [name, row[first + i]] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
