import { CONVENTIONS, type DurationMetric } from '../../protocols/conventions.js';
import { type Direction, RECV, SEND } from '../../protocols/direction.js';
import { ANSWER_DOUBTS, UNDECODABLE_REASONS } from '../../protocols/protocol.js';
import { bucketIndex, CALL_DURATION_BOUNDARIES, histogramColumns } from '../../telemetry/histogram.js';
import {
  columnPoint,
  type HistogramDefinition,
  histogramPoint,
  type InstrumentGroup,
  type PointDefinition,
} from '../../telemetry/instruments.js';
import { CAPTURED_BYTES, HEAD, HEADER_WORDS, READER_LOST } from '../capture/ring/layout.js';

/** A point for each direction, shown once there is something to show; the first columns are those of the directions. */
function directionPoints(): readonly PointDefinition[] {
  return [
    { value: (values) => values[SEND], attributes: { 'uds.direction': 'send' }, omitZero: true },
    { value: (values) => values[RECV], attributes: { 'uds.direction': 'recv' }, omitZero: true },
  ];
}

/** A point that is shown once there is something to show. */
function nonZeroPoint(column: number) {
  return columnPoint(column).map((point) => ({ ...point, omitZero: true }));
}

/*
 * Columns of a series of calls, which has one socket, container, protocol, method and outcome:
 *
 *   │ calls of the container │ calls of its server │ durations │ durations │ …
 *     SEND                     RECV                  a histogram for each metric of a convention
 *
 * The histograms that no call of the series is in are zero, and not shown.
 */
const FIRST_DURATION = 2;

/** Where a histogram of durations begins, and the bounds of its buckets. */
export interface DurationColumns {
  readonly first: number;
  readonly boundaries: readonly number[];
}

/** Conventions may have a metric in common. */
const DURATIONS = new Map<DurationMetric, DurationColumns>();
let width = FIRST_DURATION;
for (const { durations, firstByte } of CONVENTIONS) {
  for (const metric of [durations.server, durations.client, firstByte]) {
    if (metric === undefined || DURATIONS.has(metric)) continue;
    const { boundaries = CALL_DURATION_BOUNDARIES } = metric;
    DURATIONS.set(metric, { first: width, boundaries });
    width += histogramColumns(boundaries);
  }
}

/** How many calls were made. `direction`: that of their requests. */
export function callsColumn(direction: Direction): number {
  return direction;
}

/** The columns of one of the metrics of a convention. */
export function durationColumns(metric: DurationMetric): DurationColumns {
  const columns = DURATIONS.get(metric);
  if (columns === undefined) throw new Error(`${metric.name} belongs to no convention`);
  return columns;
}

/** The columns of all metrics that tell how long whole calls took, each once. */
export const CALL_DURATIONS: readonly DurationColumns[] = [
  ...new Set(
    CONVENTIONS.flatMap(({ durations }) => [durations.server, durations.client].map(durationColumns)),
  ),
];

/** The bucket that such a duration is in. */
export function durationBucket(metric: DurationMetric, seconds: number): number {
  const { first, boundaries } = durationColumns(metric);
  return first + bucketIndex(boundaries, seconds);
}

export const CALL_INSTRUMENTS: InstrumentGroup = {
  width,
  instruments: [
    {
      name: 'uds.method.calls',
      description:
        'Calls, by method and outcome. One that fails has an error.type; of one with udscope.outcome it is unknown.',
      unit: '{call}',
      kind: 'counter',
      points: directionPoints(),
    },
    ...Array.from(DURATIONS, ([{ name, description }, { first, boundaries }]): HistogramDefinition => {
      const points = [histogramPoint(boundaries, first, { omitZero: true })];
      return { name, description, unit: 's', kind: 'histogram', boundaries, points };
    }),
  ],
};

/** Bytes of a method's messages; the columns are those of the directions. */
export const METHOD_INSTRUMENTS: InstrumentGroup = {
  width: 2,
  instruments: [
    {
      name: 'uds.method.bytes',
      description: 'Bytes of the messages of a method: its requests, and the responses that were matched.',
      unit: 'By',
      kind: 'counter',
      points: directionPoints(),
    },
  ],
};

/** What a client loses that takes more than its share, or the most of what all share. */
export const LOSS_REASONS = [
  /** Series that are counted in its overflow series. */
  'series',
  /** Calls whose responses are not waited for any more. */
  'pending_calls',
  /** Parts of messages that have not ended yet, so that these may not be understood. */
  'unfinished_messages',
  /** Spans that were dropped on their way to the exporters. */
  'spans',
  /** The same of log records. */
  'log_records',
] as const;

export type LossReason = (typeof LOSS_REASONS)[number];

/** Losses of one client; the columns are those of the reasons. */
export const LOSS_INSTRUMENTS: InstrumentGroup = {
  width: LOSS_REASONS.length,
  instruments: [
    {
      name: 'udscope.enrich.client_losses',
      description: 'What a client loses because it takes more than its share of what all clients share.',
      unit: '{loss}',
      kind: 'counter',
      points: reasonPoints(LOSS_REASONS, 0),
    },
  ],
};

/** What a ring says of itself, in the words of its header. */
export const RING_INSTRUMENTS: InstrumentGroup = {
  width: HEADER_WORDS,
  instruments: [
    {
      name: 'udscope.ring.records',
      description: 'Records written to the ring buffer.',
      unit: '{record}',
      kind: 'counter',
      points: columnPoint(HEAD),
    },
    {
      name: 'udscope.ring.overwritten_records',
      description: 'Records that were overwritten before their reader came to them.',
      unit: '{record}',
      kind: 'counter',
      points: [{ value: (values) => values[READER_LOST], attributes: { reader: 'enrich' } }],
    },
    {
      name: 'udscope.capture.bytes',
      description: 'Bytes of payload copied into the ring buffer.',
      unit: 'By',
      kind: 'counter',
      points: columnPoint(CAPTURED_BYTES),
    },
  ],
};

/** Why a response was matched with no request. */
const UNMATCHED_REASONS = [
  /** No request with its id is outstanding. */
  'unknown_id',
  /** Its id was not captured, or that of its request: it may belong to several calls, or there is none. */
  'id_not_captured',
  /** Its request may be among those that were not captured: sampled out, lost, or sent before capture began. */
  'request_not_captured',
  /** Its request may be a message that was not understood. */
  'request_not_understood',
  /** Its call was not waited for any more. */
  'late',
] as const;

export type UnmatchedReason = (typeof UNMATCHED_REASONS)[number];

/** Why a call had no response: everything was seen, and none came. */
export const UNANSWERED_REASONS = [
  /** The connection ended first. */
  'connection_ended',
] as const;

export type UnansweredReason = (typeof UNANSWERED_REASONS)[number];

/** Why the outcome of a call is unknown; values of the attributes `reason` and `udscope.unknown_reason`. */
export const UNKNOWN_REASONS = [
  /** What answers it is not captured, or may not be, or is not matched. */
  'not_captured',
  /** Its response does not say: see ANSWER_DOUBTS. A message that was not understood may have been its response. */
  ...ANSWER_DOUBTS,
  /** Its id was not captured, or is null, and no response was taken for its own. It may have been a notification. */
  'id_not_captured',
  /** Which of several calls has which of several responses cannot be told; or a response that names no call may be its own. */
  'ambiguous',
  /** Messages were lost while it waited. */
  'lost',
  /** For one of these reasons it may have been answered, and that was ten minutes ago. */
  'aged_out',
  /** Too many were outstanding. */
  'evicted',
  /** Its connection was not captured, or not under the same settings, until the end. */
  'interrupted',
  /** The thread that waited has ended, and another has been started. */
  'decoding_restarted',
  /** Its response comes on another connection. */
  'answered_elsewhere',
] as const;

export type UnknownReason = (typeof UNKNOWN_REASONS)[number];

/** Columns of the enrich thread's own counters. */
export const CALLS_DECODED = 0;
export const CALLS_ACTIVE = 1;
export const SPANS_DROPPED = 2;
export const CAPTURE_FAULTS = 3;
export const SERIES_SPILLED = 4;
export const FAULTS = 5;
export const RESTARTS = 6;
export const CALLS_CANCELLED = 7;
export const LOGS_DROPPED = 8;
const FIRST_UNDECODABLE = 9;
const FIRST_UNMATCHED = FIRST_UNDECODABLE + UNDECODABLE_REASONS.length;
const FIRST_UNANSWERED = FIRST_UNMATCHED + UNMATCHED_REASONS.length;
const FIRST_UNKNOWN = FIRST_UNANSWERED + UNANSWERED_REASONS.length;

export function undecodableColumn(reason: (typeof UNDECODABLE_REASONS)[number]): number {
  return FIRST_UNDECODABLE + UNDECODABLE_REASONS.indexOf(reason);
}

export function unmatchedColumn(reason: UnmatchedReason): number {
  return FIRST_UNMATCHED + UNMATCHED_REASONS.indexOf(reason);
}

export function unansweredColumn(reason: UnansweredReason): number {
  return FIRST_UNANSWERED + UNANSWERED_REASONS.indexOf(reason);
}

export function unknownColumn(reason: UnknownReason): number {
  return FIRST_UNKNOWN + UNKNOWN_REASONS.indexOf(reason);
}

function reasonPoints(reasons: readonly string[], firstColumn: number) {
  return reasons.map((reason, i) => ({
    value: (values: Float64Array) => values[firstColumn + i],
    attributes: { reason },
    omitZero: true,
  }));
}

/** How capturing and decoding fare. */
export const ENRICH_INSTRUMENTS: InstrumentGroup = {
  width: FIRST_UNKNOWN + UNKNOWN_REASONS.length,
  instruments: [
    {
      name: 'udscope.enrich.calls',
      description: 'Requests and notifications decoded.',
      unit: '{call}',
      kind: 'counter',
      points: columnPoint(CALLS_DECODED),
    },
    {
      name: 'udscope.enrich.active_calls',
      description: 'Calls whose response is waited for.',
      unit: '{call}',
      kind: 'up_down_counter',
      points: columnPoint(CALLS_ACTIVE),
    },
    {
      name: 'udscope.enrich.undecodable',
      description: 'Messages that could not be decoded, by reason.',
      unit: '{message}',
      kind: 'counter',
      points: reasonPoints(UNDECODABLE_REASONS, FIRST_UNDECODABLE),
    },
    {
      name: 'udscope.enrich.unmatched_responses',
      description: 'Responses that were matched with no request, by reason.',
      unit: '{message}',
      kind: 'counter',
      points: reasonPoints(UNMATCHED_REASONS, FIRST_UNMATCHED),
    },
    {
      name: 'udscope.enrich.unanswered_calls',
      description: 'Calls that nobody answered, by reason. They count as errors: error.type is no_response.',
      unit: '{call}',
      kind: 'counter',
      points: reasonPoints(UNANSWERED_REASONS, FIRST_UNANSWERED),
    },
    {
      name: 'udscope.enrich.unknown_outcomes',
      description:
        'Calls that count neither as successes nor as errors, by the reason why their outcome is unknown.',
      unit: '{call}',
      kind: 'counter',
      points: reasonPoints(UNKNOWN_REASONS, FIRST_UNKNOWN),
    },
    {
      name: 'udscope.enrich.cancelled_calls',
      description:
        'Calls that were called off by who had made them. They count neither as successes nor as errors.',
      unit: '{call}',
      kind: 'counter',
      points: nonZeroPoint(CALLS_CANCELLED),
    },
    {
      name: 'udscope.enrich.dropped_spans',
      description: 'Spans that were dropped before they came to an exporter, by reason.',
      unit: '{span}',
      kind: 'counter',
      points: reasonPoints(['backlog'], SPANS_DROPPED),
    },
    {
      name: 'udscope.enrich.dropped_log_records',
      description: 'Log records that were dropped before they came to an exporter, by reason.',
      unit: '{log_record}',
      kind: 'counter',
      points: reasonPoints(['backlog'], LOGS_DROPPED),
    },
    {
      name: 'udscope.enrich.spilled_series',
      description: 'Series that found no room and are counted in the overflow series of their client.',
      unit: '{series}',
      kind: 'counter',
      points: nonZeroPoint(SERIES_SPILLED),
    },
    {
      name: 'udscope.capture.faults',
      description: 'Sockets that are captured no more, for their strategy was at fault.',
      unit: '{socket}',
      kind: 'counter',
      points: nonZeroPoint(CAPTURE_FAULTS),
    },
    {
      name: 'udscope.enrich.restarts',
      description: 'How often the thread that decodes has ended by itself, and been started anew.',
      unit: '{restart}',
      kind: 'counter',
      points: nonZeroPoint(RESTARTS),
    },
    {
      name: 'udscope.enrich.faults',
      description: 'Conversations that were lost to a fault of udscope.',
      unit: '{conversation}',
      kind: 'counter',
      points: nonZeroPoint(FAULTS),
    },
  ],
};
