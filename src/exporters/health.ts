import { columnPoint, type InstrumentGroup, type PointDefinition } from '../telemetry/instruments.js';
import type { SeriesTable } from '../telemetry/series-table.js';

/** Why an export failed, as values of `reason`. */
export const EXPORT_FAILURES = [
  /** No answer within the timeout. */
  'timeout',
  /** No connection: refused, reset, no such host or socket. */
  'unreachable',
  /** The destination asked to come back later (429, 502, 503, 504). */
  'unavailable',
  /** Any other answer that is not a success: another try would not help. */
  'refused',
  /** The answer, or what was to be sent, could not be understood. */
  'malformed',
] as const;

export type ExportFailure = (typeof EXPORT_FAILURES)[number];

/** Why spans were dropped, as values of `reason`. */
export const SPAN_DROPS = [
  /** They came faster than they could be sent, for longer than the queue is. */
  'queue_full',
  /** Their batch could not be delivered, and retries were given up or would not have helped. */
  'failed',
  /** They were still queued when the time to stop was up. */
  'shutdown',
] as const;

export type SpanDrop = (typeof SPAN_DROPS)[number];

const EXPORTED_POINTS = 0;
const REJECTED_POINTS = 1;
const EXPORTED_SPANS = 2;
const REJECTED_SPANS = 3;
const FIRST_SPAN_DROP = 4;
const FIRST_FAILURE = FIRST_SPAN_DROP + SPAN_DROPS.length;

/** How the exporters themselves fare. */
export const EXPORT_INSTRUMENTS: InstrumentGroup = {
  width: FIRST_FAILURE + EXPORT_FAILURES.length,
  instruments: [
    {
      name: 'udscope.export.data_points',
      description: 'Data points the destination accepted.',
      unit: '{data_point}',
      kind: 'counter',
      points: columnPoint(EXPORTED_POINTS),
    },
    {
      name: 'udscope.export.rejected_data_points',
      description: 'Data points the destination rejected in an otherwise successful export.',
      unit: '{data_point}',
      kind: 'counter',
      points: columnPoint(REJECTED_POINTS),
    },
    {
      name: 'udscope.export.spans',
      description: 'Spans the destination accepted.',
      unit: '{span}',
      kind: 'counter',
      points: [{ value: (values) => values[EXPORTED_SPANS], omitZero: true }],
    },
    {
      name: 'udscope.export.rejected_spans',
      description: 'Spans the destination rejected in an otherwise successful export.',
      unit: '{span}',
      kind: 'counter',
      points: [{ value: (values) => values[REJECTED_SPANS], omitZero: true }],
    },
    {
      name: 'udscope.export.dropped_spans',
      description: 'Spans that were not delivered, by reason.',
      unit: '{span}',
      kind: 'counter',
      points: pointsByReason(SPAN_DROPS, FIRST_SPAN_DROP),
    },
    {
      name: 'udscope.export.failures',
      description: 'Export attempts that failed, by reason.',
      unit: '{attempt}',
      kind: 'counter',
      points: pointsByReason(EXPORT_FAILURES, FIRST_FAILURE),
    },
  ],
};

function pointsByReason(reasons: readonly string[], firstColumn: number): PointDefinition[] {
  return reasons.map((reason, i) => ({
    value: (values) => values[firstColumn + i],
    attributes: { reason },
    omitZero: true,
  }));
}

/** Counts of one exporter, a series of its own in the table of EXPORT_INSTRUMENTS. */
export class ExportHealth {
  readonly #row = new Float64Array(EXPORT_INSTRUMENTS.width);
  readonly #close: () => void;

  constructor(table: SeriesTable, exporterId: string) {
    const handle = table.open({ exporter: exporterId });
    handle.attach([this.#row]);
    this.#close = () => handle.close();
  }

  countExported(points: number): void {
    this.#row[EXPORTED_POINTS] += points;
  }

  countRejected(points: number): void {
    this.#row[REJECTED_POINTS] += points;
  }

  countExportedSpans(spans: number): void {
    this.#row[EXPORTED_SPANS] += spans;
  }

  countRejectedSpans(spans: number): void {
    this.#row[REJECTED_SPANS] += spans;
  }

  countDroppedSpans(spans: number, reason: SpanDrop): void {
    this.#row[FIRST_SPAN_DROP + SPAN_DROPS.indexOf(reason)] += spans;
  }

  countFailure(reason: ExportFailure): void {
    this.#row[FIRST_FAILURE + EXPORT_FAILURES.indexOf(reason)] += 1;
  }

  close(): void {
    this.#close();
  }
}
