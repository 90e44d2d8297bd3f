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
  /** Rows of each kind, each for a series. */
  series: number;
  /** Methods that are shown by name, on all sockets together. */
  methods: number;
  /** Calls whose responses are waited for, and KiB that these take. */
  pendingCalls: number;
}

/** Whose traffic records are, and what is to be made of them. */
export interface SourceSettings {
  /** uds.socket.name */
  socket: string;
  /** Path of the upstream. */
  path: string;
  /** Attributes of its series; all values are text. */
  attributes: Attributes;
  /** Whose share is taken: tells a client of a receiver from all others. */
  client: string;
  limits: ClientLimits;
  /** Protocols to try, the likeliest first; none: nothing is decoded. */
  protocols: readonly string[];
  methods: { known: readonly string[]; max: number };
  /** Match responses to requests. */
  latency: boolean;
  /** How many of the messages in each direction are captured at all. */
  coverage: Coverage;
  payload: 'none' | 'hashed' | 'raw';
  /** The part of calls that get a span. 0: none. */
  spanRatio: number;
}

export type EnrichCommand =
  /** Read a ring from now on. */
  | { type: 'ring'; ring: number; memory: SharedArrayBuffer }
  /** Read what is left in it, then let go of it. */
  | { type: 'end_ring'; ring: number }
  | { type: 'source'; source: number; settings: SourceSettings }
  /** Read what is left of it, then forget it. Answered by `source_ended`. */
  | { type: 'end_source'; source: number }
  /** Rows that nothing was written to any more, zero again. */
  | { type: 'free_rows'; rows: RowNumbers }
  /** A batch of spans was taken; there is room for another. */
  | { type: 'spans_taken' }
  /** Remember events from now on. */
  | { type: 'watch'; events: number }
  | { type: 'read_events'; request: number; cursor: number; max: number }
  | { type: 'event_range'; request: number }
  | { type: 'exit' };

export type EnrichReport =
  /**
   * A row is in use for calls of one method and outcome, by all sources with the attributes of this one. `series`: what
   * the series has beside those; undefined: it is for what exceeds the share of its client …
   */
  | { type: 'call_series'; row: number; source: number; series: Attributes | undefined }
  /** … or for the bytes of one method, … */
  | { type: 'method_series'; row: number; source: number; series: Attributes | undefined }
  /** … or for what its client loses. */
  | { type: 'loss_series'; row: number; source: number }
  /** Nothing is written to these any more: this source was the last that did. Answered by `free_rows`. */
  | { type: 'rows_ended'; source: number; rows: RowNumbers }
  /** Nothing is said of it any more. */
  | { type: 'source_ended'; source: number }
  /** A bug of ours cost one conversation. */
  | { type: 'fault'; stack: string }
  | { type: 'spans'; source: number; spans: SpanData[] }
  | { type: 'events'; request: number; page: EventPage }
  | { type: 'range'; request: number; oldest: number; end: number };

/** Rows of CALL_INSTRUMENTS, METHOD_INSTRUMENTS and LOSS_INSTRUMENTS. */
export type RowNumbers = Readonly<Record<RowKind, readonly number[]>>;

export type RowKind = 'calls' | 'methods' | 'losses';

/** What the enrich thread is started with. */
export interface EnrichThreadData {
  /** One word it sleeps on; writers of rings and the main thread ring it. */
  doorbell: SharedArrayBuffer;
  /** Memory of the rows of each kind, and its own row of ENRICH_INSTRUMENTS. */
  rows: Readonly<Record<RowKind, SharedArrayBuffer>>;
  health: SharedArrayBuffer;
  /** One word that changes as long as the thread goes on. */
  progress: SharedArrayBuffer;
}
