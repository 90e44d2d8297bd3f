/**
 * What the main thread and a relay thread say to each other. The set is closed: an unknown message is a
 * bug and fails loudly. Descriptors travel as numbers, threads of a process share one table of them.
 */

/** How the connections of a listener are treated. */
export interface ListenerSettings {
  /** Path, or `@name`, that each accepted connection is connected to. */
  upstream: string;
  /** How long to keep trying while the upstream's backlog is full, in ms. */
  connectTimeoutMs: number;
  /** Close a connection on which nothing moved for so long, in ms. 0: never. */
  idleTimeoutMs: number;
}

export type RelayCommand =
  /** Accept on `fd`, a listening non-blocking socket, and count in `row`. */
  | { type: 'listen'; listener: number; fd: number; row: number; settings: ListenerSettings }
  /** Stop accepting. Answered by `unlistened`, and by `ended` when its last connection has closed. */
  | { type: 'unlisten'; listener: number }
  /** Close what is left of a listener's connections. */
  | { type: 'cut'; listener: number }
  /** Leave once no listener and no connection is left. Answered by `left`. */
  | { type: 'leave' };

/** Why a thread does not accept when all its slots are taken; other reasons are the names of errnos. */
export const FULL = 'max_connections';

export type RelayReport =
  | { type: 'started' }
  | { type: 'unlistened'; listener: number }
  | { type: 'ended'; listener: number }
  /** The upstream stopped or started answering: an errno's name, or undefined when all is well again. */
  | { type: 'upstream'; listener: number; error: string | undefined }
  /** Accepting stopped for an errno (EMFILE, …) or because the thread is FULL, or goes on (undefined). */
  | { type: 'accepting'; paused: string | undefined }
  /** A bug of ours cost one connection. */
  | { type: 'fault'; listener: number; error: string }
  | { type: 'left' };

/** What a relay thread is started with. */
export interface RelayThreadData {
  /** eventfd that wakes the thread for commands. */
  wakeFd: number;
  /** One word; not zero: close everything and leave, now. */
  exitFlag: SharedArrayBuffer;
  counters: SharedArrayBuffer;
  maxConnections: number;
  bufferBytes: number;
  /** How many threads accept on the same listeners, this one included. */
  threads: number;
}
