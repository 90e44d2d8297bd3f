/**
 * What the main thread and the enrich thread say to each other. The set is closed: an unknown message is a
 * bug and fails loudly.
 */

import type { Attributes } from '../../protocols/conventions.js';
import type { SpanData } from '../../telemetry/span-data.js';
import type { Coverage } from '../capture/strategies/coverage.js';
import type { EventPage } from './events.js';

/** What one client may have of what all share. */
export interface ClientLimits {
  /** Methods that are shown by name, on all sockets together. */
  methods: number;
  /** Calls whose responses are waited for, and KiB that these take. */
  pendingCalls: number;
}

/** What is to be made of the records of a capture generation. */
export interface GenerationSettings {
  /** uds.socket.name */
  socket: string;
  /** Path of the upstream. */
  path: string;
  /** The receiver that is captured: a client of several receivers has a share of each. */
  receiver: string;
  /** The word of the client that all its traffic is of; undefined: each record tells. */
  client: number | undefined;
  limits: ClientLimits;
  /** Protocols to try, the likeliest first; none: nothing is decoded. */
  protocols: readonly string[];
  methods: { known: readonly string[]; max: number };
  /** Templates of paths that the user gave. */
  routes: readonly string[];
  /** Match responses to requests. */
  latency: boolean;
  /** How many of the messages in each direction are captured at all. */
  coverage: Coverage;
  payload: 'none' | 'hashed' | 'raw';
  /** The part of calls that get a span. 0: none. */
  spanRatio: number;
}

export type EnrichCommand =
  /** Read a ring from now on. `clientWords`: by the client's number in its records. */
  | { type: 'ring'; ring: number; memory: SharedArrayBuffer; clientWords: SharedArrayBuffer }
  /** Read what is left in it, then let go of it. */
  | { type: 'end_ring'; ring: number }
  /** Records may come under a number. */
  | { type: 'generation'; generation: number; settings: GenerationSettings }
  /** Read what is left of it, then forget it. Answered by `generation_ended`. */
  | { type: 'end_generation'; generation: number }
  /** A flow is of another client than its records tell. */
  | { type: 'flow_client'; flow: number; client: number }
  /** Read what is left of it, then forget it. Answered by `flow_ended`. */
  | { type: 'end_flow'; flow: number }
  /** Where a series that was asked for is counted: what it has counted before is to be added there. */
  | { type: 'row'; series: number; row: Float64Array }
  /** A batch of spans was taken; there is room for another. */
  | { type: 'spans_taken' }
  /** Remember events from now on. */
  | { type: 'watch'; events: number }
  /** Remember streams, too, or do so no more. */
  | { type: 'watch_streams'; isWanted: boolean }
  | { type: 'read_events'; request: number; cursor: number; max: number }
  | { type: 'event_range'; request: number }
  | { type: 'exit' };

export type EnrichReport =
  /** A series is counted from now on, under a number. Answered by `row`. */
  | ({ type: 'series'; number: number; wanted: SeriesName } & CapturedTraffic)
  /** What a series counts that will not get a row any more, because its flow or the thread ends. */
  | ({ type: 'counted'; series: number; values: Float64Array } & CapturedTraffic)
  | { type: 'spans'; batches: readonly SpanBatch[] }
  /** The first request of a protocol in a flow, by the name of the protocol. */
  | { type: 'spoken'; flow: number; protocol: string }
  /** Nothing is reported of a flow any more, unless `isRemembered`: then events are, until `flow_forgotten`. */
  | { type: 'flow_ended'; flow: number; isRemembered: boolean }
  | { type: 'flow_forgotten'; flow: number }
  /** Nothing is reported of a generation any more. */
  | { type: 'generation_ended'; generation: number }
  /** A bug of ours cost one conversation. */
  | { type: 'fault'; stack: string }
  /** `flows`: that of each event. The events come without their containers. */
  | { type: 'events'; request: number; page: EventPage; flows: readonly number[] }
  | { type: 'range'; request: number; oldest: number; end: number };

/** A flow under a capture generation: what anything is reported of. */
export interface CapturedTraffic {
  readonly generation: number;
  readonly flow: number;
}

/** A series of calls of one method and outcome, of the bytes of one method, or of what a client loses. */
export type SeriesName =
  /** `method`: its attributes beside those of the flow; undefined: all that its client has no room for. */
  | { readonly kind: 'calls'; readonly method: Attributes | undefined }
  | { readonly kind: 'methods'; readonly method: Attributes | undefined }
  | { readonly kind: 'losses' };

/** Where the duration of a call is counted, so that its span can be shown as an example of it. */
export interface Measurement {
  /** The number of the series. */
  readonly series: number;
  /** The column of the bucket. */
  readonly column: number;
  readonly seconds: number;
}

/** Spans of one flow, without the attributes of the flow. */
export interface SpanBatch extends CapturedTraffic {
  readonly spans: readonly SpanData[];
  /** In the same order; undefined where the duration is not known. */
  readonly measurements: readonly (Measurement | undefined)[];
}

export type SeriesKind = SeriesName['kind'];

/** What the enrich thread is started with. */
export interface EnrichThreadData {
  /** One word it sleeps on; writers of rings and the main thread ring it. */
  doorbell: SharedArrayBuffer;
  /** Its own row of ENRICH_INSTRUMENTS. */
  health: SharedArrayBuffer;
  /** One word that changes as long as the thread goes on. */
  progress: SharedArrayBuffer;
}
