import type { ProcessSnapshot } from '../../../identity/process-snapshot.js';
import type { SocketType } from '../../../linux/socket-type.js';
import type { CaptureSettings } from '../../../processors/capture/strategies/settings.js';
import type { UpstreamPlace } from '../sockets/upstream-place.js';
import type { ClientShare } from './shares.js';

/**
 * What the main thread and a relay thread say to each other. The set is closed: an unknown message is a
 * bug and fails loudly. Descriptors travel as numbers, threads of a process share one table of them.
 */

/** Whose user and groups the upstream sees: the client's or the relay's own. */
export type UsedCredentials = 'client' | 'self';

/** How the connections of a listener are treated. */
export interface ListenerSettings {
  /** Of both sockets. Left out: stream. */
  type?: SocketType;
  /** Path, or `@name`, that each accepted connection is connected to. */
  upstream: string;
  /** Where the upstream is. Left out: symbolic links are followed wherever they lead. */
  place?: UpstreamPlace | undefined;
  /** How long to keep trying while the upstream's backlog is full, in ms. */
  connectTimeoutMs: number;
  /** Close a connection on which nothing moved for so long, in ms. 0: never. */
  idleTimeoutMs: number;
  /** How long the upstream may leave a client without a first answer before that is counted, in ms. 0 or left out: for ever. */
  unansweredMs?: number;
  /** The same, before the connection is closed. */
  answerTimeoutMs?: number;
  /** Whether the client of each connection is looked at. */
  isShared: boolean;
  /** Id of the container that all its connections are of, if they are of one. */
  container?: string | undefined;
  /** Left out: self. */
  credentials?: UsedCredentials;
  /** Directory in which the upstream answers to clients that are bound to paths. Left out: it answers to abstract names. */
  replies?: string | undefined;
}

/** What is captured of a listener's connections. */
export interface ListenerCapture {
  settings: CaptureSettings;
  /** A strategy thread decides what of it is kept for good. */
  isWhole?: boolean;
  /** The ring of this thread that records go to. */
  ring: number;
  /** The capture generation that its records carry. Whoever reads the ring knows it already. */
  generation: number;
}

export type RelayCommand =
  /** Accept on `fd`, a listening non-blocking socket. */
  | {
      type: 'listen';
      listener: number;
      fd: number;
      settings: ListenerSettings;
      /** The one thread that does; undefined: all do. */
      home?: number | undefined;
      change: number;
      /** Answered by `capturing` with the number of the change. */
      capture?: ListenerCapture | undefined;
    }
  /** Write records to `memory`, an empty ring, from now on; or let go of it. */
  | { type: 'open_ring'; ring: number; memory: SharedArrayBuffer; doorbell: SharedArrayBuffer }
  | { type: 'close_ring'; ring: number }
  /** Capture otherwise than before, open connections included. Answered by `capturing`. */
  | { type: 'capture'; listener: number; change: number; capture: ListenerCapture | undefined }
  /** No connection enters the flow of a row any more. Answered by `flow_ended` when its last one has closed. */
  | { type: 'close_flow'; row: number }
  /** The counters in these rows of ended flows have been kept. */
  | { type: 'free_rows'; rows: readonly number[] }
  /**
   * Stop accepting. Answered by `unlistened`, and by `ended` when its last connection has closed. `isLast`: nobody goes on in its place, so
   * clients without a connection have nothing to expect but answers that are on their way.
   */
  | { type: 'unlisten'; listener: number; isLast: boolean }
  /** No thread accepts on a listener any more, so nothing of it comes from other threads but what is on its way. */
  | { type: 'last_arrived'; listener: number }
  /** Accept on a listener, which is answered by `at_home`; or no more, since another thread does. Nothing changes for its connections. */
  | { type: 'home'; listener: number; isHere: boolean }
  /** Close what is left of a listener's connections. */
  | { type: 'cut'; listener: number }
  /** Find out whether the thread can connect as its clients. Answered by `credentials`. */
  | { type: 'try_credentials' }
  /** Leave once no listener and no connection is left. Answered by `left`. */
  | { type: 'leave' };

/** Why a thread does not accept when all its slots are taken; other reasons are the names of errnos. */
export const FULL = 'max_connections';

/** The same when descriptors are left only for other things than connections: as if there were none. */
export const NO_DESCRIPTORS = 'EMFILE';

export type RelayReport =
  /** `tid`: what the kernel calls it. */
  | { type: 'started'; tid: number }
  | { type: 'unlistened'; listener: number }
  /** This thread accepts on it. */
  | { type: 'at_home'; listener: number }
  /** Every flow of it has ended before. */
  | { type: 'ended'; listener: number }
  /**
   * A row is in use from now on, and records carry the flow's `number`. `client`: the process that has connected, undefined if it is not known or the listener
   * is not shared; `server`: the process behind the upstream, if known. `isOverflow`: the row has all of the client's
   * connections for which no row of their own is left, whatever program they are of.
   */
  | {
      type: 'flow';
      listener: number;
      row: number;
      number: number;
      client: ProcessSnapshot | undefined;
      server: ProcessSnapshot | undefined;
      isOverflow?: boolean;
    }
  /** Nothing is written to its row any more. */
  | { type: 'flow_ended'; listener: number; row: number }
  /** The upstream stopped or started answering: an errno's name, or undefined when all is well again. */
  | { type: 'upstream'; listener: number; error: string | undefined }
  /** Why the thread cannot connect as its clients, undefined if it can. */
  | { type: 'credentials'; obstacle: string | undefined }
  /** A client may not connect to the upstream: an errno's name or a sentence. Said once in a while. */
  | { type: 'refused'; listener: number; user: number; reason: string }
  /** A client has its share of the connections, and is turned away. Said of each once in a while. */
  | { type: 'over_share'; listener: number; client: string }
  /** Descriptors are in the thread's queue, for the first time, that somebody has to close from now on. */
  | { type: 'closing' }
  /** Descriptors were lost for want of room. Said once of each listener. */
  | { type: 'descriptors'; listener: number }
  /** Accepting stopped for an errno (EMFILE, …) or because the thread is FULL, or goes on (undefined). */
  | { type: 'accepting'; paused: string | undefined }
  /** The thread may not be as urgent as it was to be: it is as the process is. An errno's name. */
  | { type: 'not_urgent'; reason: string }
  /** It is captured as the command of that change says. */
  | { type: 'capturing'; change: number }
  /** The listener is not captured any more: we are at fault. */
  | { type: 'capture_failed'; listener: number; error: string }
  /** A bug of ours cost one connection. */
  | { type: 'fault'; listener: number; error: string }
  | { type: 'left' };

/** Where proc(5) of this host is. */
export const HOST_PROC = '/proc';

/** What a relay thread is started with, beside the port that it reports to. */
export interface RelayThreadData {
  /** eventfd that wakes the thread for commands. */
  wakeFd: number;
  /** One word; not zero: close everything and leave, now. */
  exitFlag: SharedArrayBuffer;
  counters: SharedArrayBuffer;
  /** Those of its connections, as ConnectionTable has them. */
  descriptors: SharedArrayBuffer;
  /** Descriptors that were received, until they are closed; as of allocateDescriptorQueue. */
  receivedDescriptors: SharedArrayBuffer;
  /** Connections that could not be attributed, a double for each of UNATTRIBUTED_REASONS. */
  unattributed: SharedArrayBuffer;
  /** Where proc(5) is mounted. */
  procRoot: string;
  /** Where cgroups of version 2 are mounted; undefined: nowhere. */
  cgroupMount: string | undefined;
  maxConnections: number;
  bufferBytes: number;
  /** The thread's nice value; undefined: the process's. */
  nice: number | undefined;
  /** How long it looks for what comes next before it sleeps, in ms. */
  busyPollMs: number;
  /** How many threads accept on the same listeners, this one included. */
  threads: number;
  /** Which of them this is, from 0 on. */
  thread: number;
  /** How many connections each client has, on all of them; as of allocateClientCounts. */
  clientCounts: SharedArrayBuffer;
  /** Where clients are at home, as of ClientHomes, and what is on its way from thread to thread, as of Arrivals. Left out: there is one thread. */
  neighbours?: { homes: SharedArrayBuffer; arrivals: SharedArrayBuffer } | undefined;
  /** What one client may take. */
  clientShare: ClientShare;
  /** What stands for each client in the records of this thread; as of Clients. */
  clientWords: SharedArrayBuffer;
  /** As of FlowNumbers. */
  flowNumbers: SharedArrayBuffer;
}
