import { histogramColumns } from '../telemetry/histogram.js';
import {
  columnPoint,
  histogramPoint,
  type InstrumentDefinition,
  type InstrumentGroup,
  type PointDefinition,
} from '../telemetry/instruments.js';

/*
 * How exporters fare, in the words of the semantic conventions for OpenTelemetry SDKs
 * (https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/), where they have any. What is under way is the
 * difference between what has begun and what is over, in columns that only grow.
 */

/** Why an attempt to export failed, as values of `reason`, and of `error.type` if no other attempt was made. */
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

/** Why telemetry was not exported in the end, as values of `error.type`. */
export const EXPORT_ERRORS = [
  ...EXPORT_FAILURES,
  /** The destination took the rest of the request. */
  'rejected',
  /** The time to stop was up. */
  'shutdown',
] as const;

export type ExportError = (typeof EXPORT_ERRORS)[number];

export const BEGUN = 0;
export const EXPORTED = 1;
export const FIRST_ERROR = 2;
const EXPORT_WIDTH = FIRST_ERROR + EXPORT_ERRORS.length;

/** Items whose export has neither succeeded nor failed. */
export function inflight(values: Float64Array): number {
  let left = values[BEGUN];
  for (let i = EXPORTED; i < EXPORT_WIDTH; i++) left -= values[i];
  return left;
}

/** Of an exporter of metrics. */
export const METRIC_EXPORT_INSTRUMENTS = exportInstruments('metric_data_point', 'data_point');

/** Of an exporter of spans. */
export const SPAN_EXPORT_INSTRUMENTS = exportInstruments('span', 'span');

/** Of an exporter of log records. */
export const LOG_EXPORT_INSTRUMENTS = exportInstruments('log', 'log_record');

export const ENTERED = 0;
export const PROCESSED = 1;
export const QUEUE_FULL = 2;
export const CAPACITY = 3;

/** Of the queue before an exporter of spans. */
export const SPAN_PROCESSOR_INSTRUMENTS = queueInstruments('span', 'span', 'Spans');

/** Of the queue before an exporter of log records. */
export const LOG_PROCESSOR_INSTRUMENTS = queueInstruments('log', 'log_record', 'Log records');

/** Of attempts that failed, also where another one succeeded: the conventions count only how an export ends. */
export const ATTEMPT_INSTRUMENTS: InstrumentGroup = {
  width: EXPORT_FAILURES.length,
  instruments: [
    {
      name: 'udscope.export.failures',
      description: 'Export attempts that failed, by reason.',
      unit: '{attempt}',
      kind: 'counter',
      points: pointsBy('reason', EXPORT_FAILURES, 0),
    },
  ],
};

/** One bucket, as the conventions advise: a count and a sum. */
export const NO_BOUNDARIES: readonly number[] = [];

/** Of requests; how each ended is an attribute of its series. */
export const OPERATION_INSTRUMENTS = durationInstrument(
  'otel.sdk.exporter.operation.duration',
  'Duration of an export with all its attempts.',
);

/** Of collections. */
export const COLLECTION_INSTRUMENTS = durationInstrument(
  'otel.sdk.metric_reader.collection.duration',
  'Duration of collecting metrics.',
);

function exportInstruments(item: string, unit: string): InstrumentGroup {
  const exported: InstrumentDefinition = {
    name: `otel.sdk.exporter.${item}.exported`,
    description: `What of each ${unit} has become: exported, or with the error why not.`,
    unit: `{${unit}}`,
    kind: 'counter',
    points: [...columnPoint(EXPORTED), ...pointsBy('error.type', EXPORT_ERRORS, FIRST_ERROR)],
  };
  const underWay: InstrumentDefinition = {
    name: `otel.sdk.exporter.${item}.inflight`,
    description: 'Given to the exporter, and neither exported nor given up.',
    unit: `{${unit}}`,
    kind: 'up_down_counter',
    points: [{ value: inflight }],
  };
  return { width: EXPORT_WIDTH, instruments: [exported, underWay] };
}

function queueInstruments(item: string, unit: string, words: string): InstrumentGroup {
  return {
    width: 4,
    instruments: [
      {
        name: `otel.sdk.processor.${item}.processed`,
        description: `${words} that were given to the exporter, or dropped.`,
        unit: `{${unit}}`,
        kind: 'counter',
        points: [
          ...columnPoint(PROCESSED),
          {
            value: (values) => values[QUEUE_FULL],
            attributes: { 'error.type': 'queue_full' },
            omitZero: true,
          },
        ],
      },
      {
        name: `otel.sdk.processor.${item}.queue.size`,
        description: `${words} that wait to be exported.`,
        unit: `{${unit}}`,
        kind: 'up_down_counter',
        points: [{ value: (values) => values[ENTERED] - values[PROCESSED] }],
      },
      {
        name: `otel.sdk.processor.${item}.queue.capacity`,
        description: `${words} that may wait to be exported.`,
        unit: `{${unit}}`,
        kind: 'up_down_counter',
        points: columnPoint(CAPACITY),
      },
    ],
  };
}

function durationInstrument(name: string, description: string): InstrumentGroup {
  const points = [histogramPoint(NO_BOUNDARIES, 0)];
  return {
    width: histogramColumns(NO_BOUNDARIES),
    instruments: [{ name, description, unit: 's', kind: 'histogram', boundaries: NO_BOUNDARIES, points }],
  };
}

function pointsBy(attribute: string, values: readonly string[], firstColumn: number): PointDefinition[] {
  return values.map((value, i) => ({
    value: (row) => row[firstColumn + i],
    attributes: { [attribute]: value },
    omitZero: true,
  }));
}
