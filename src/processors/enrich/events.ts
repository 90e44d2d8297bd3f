import type { UnknownReason } from './instruments.js';

/** What can be watched as it happens. Plain data, fit for JSON. Times are wall clock, ms since the epoch. */
export type LiveEvent = OperationEvent | CallEvent | StreamEvent;

interface EventOrigin {
  /** uds.socket.name */
  readonly socket: string;
  /** Container attributes as metrics have them: `container.id`, `container.name`, … */
  readonly container: Readonly<Record<string, string>>;
  /** Tells the connections of an agent apart. */
  readonly connection: string;
}

/** An operation of which something was captured. */
export interface OperationEvent extends EventOrigin {
  readonly type: 'operation';
  readonly timeMs: number;
  readonly direction: 'send' | 'recv';
  /** Bytes of the operation, and how many of them were captured. */
  readonly bytes: number;
  readonly captured: number;
  /** With `payload: raw`, the captured bytes as text, pieces in order, cut to a bounded length. */
  readonly payload?: string;
}

/** A request with its response, if it had one. */
export interface CallEvent extends EventOrigin {
  readonly type: 'call';
  /** When the request was seen. */
  readonly timeMs: number;
  /** The protocol, as the configuration names it. */
  readonly system: string;
  /**
   * As it was sent, bounded in length; of HTTP, the method and a template of the path; of SQL, a summary. It may hold any
   * character.
   */
  readonly method: string;
  /** The database that it works on, where the protocol has those. It may hold any character. */
  readonly namespace?: string;
  /** Absent for notifications and null ids. */
  readonly id?: string;
  /** The side that asked: the container, or the upstream, which may call its client. */
  readonly from: 'container' | 'upstream';
  /** Absent when no response was seen. */
  readonly durationMs?: number;
  /** How long the first byte of the response took, where the protocol has answers that last. */
  readonly firstByteMs?: number;
  /** As the metrics have it: of success and failure, where the protocol gave one. */
  readonly statusCode?: string;
  readonly requestBytes: number;
  readonly responseBytes?: number;
  /**
   * It is unknown whether the call succeeded or failed, and why; or whoever asked has called it off. Absent when it is known, and
   * for notifications.
   */
  readonly outcome?: 'unknown' | 'cancelled';
  readonly unknownReason?: UnknownReason;
  /** As the metrics have it: a status code, or `no_response`. Absent for success, and where the outcome is unknown. */
  readonly errorType?: string;
  readonly errorMessage?: string;
  /** As `payload` of the configuration says: absent, `sha:… 123 B`, or the text itself. */
  readonly params?: string;
  readonly result?: string;
}

/** Bytes of one end of a connection, in a row. */
export interface StreamPiece {
  /** Bytes that were captured, and that were not, behind them. */
  readonly kept: number;
  readonly skipped: number;
  /** With `payload: raw`, those that were captured, in Base64. */
  readonly data?: string;
}

/** What a connection carries: the pieces of a direction, one behind the other, are its stream. Only while somebody watches streams. */
export interface StreamEvent extends EventOrigin {
  readonly type: 'stream';
  readonly timeMs: number;
  /** uds.socket.path */
  readonly path: string;
  /** What is spoken, once that is known. */
  readonly protocol?: string;
  readonly direction: 'send' | 'recv';
  readonly pieces: readonly StreamPiece[];
  /** The connection begins with it. */
  readonly begins: boolean;
  /** Something is missing before it, in either direction; nobody knows how much. */
  readonly isBehindGap: boolean;
  /** The connection has ended. */
  readonly ends: boolean;
}

/**
 * A page of the events that the agent remembers: a fixed number, of which it forgets the oldest of the client with the most. The
 * events of a page follow one another.
 */
export interface EventPage {
  readonly events: readonly LiveEvent[];
  /** Cursor of the event after the last one of this page. */
  readonly next: number;
  /** Events after the cursor that was asked for that were forgotten before they could be read. Exact. */
  readonly missed: number;
}

/** Remembers the latest events. Any number of readers, each with a cursor of its own. */
export interface EventSource {
  /**
   * Up to `max` events from `cursor` on, which is a value of `next`, or one from `range`. None: there are none behind it.
   */
  read(cursor: number, max: number): Promise<EventPage>;
  /** Cursors of the oldest event that is still remembered, and of the one that comes next. */
  range(): Promise<{ oldest: number; end: number }>;
  /** Remembers streams, too, until the result is called. */
  watchStreams(): () => void;
}
