import type { SocketType } from '../../../linux/socket-type.js';
import type { Flow } from './flows.js';
import type { ListenerSettings } from './messages.js';
import type { Remote } from './remotes.js';
import { UpstreamPath } from './upstream-path.js';

/** No errno's name. */
export const UNKNOWN = '';

/** A listening socket as one relay thread sees it. */
export class Listener {
  readonly settings: ListenerSettings;
  readonly type: SocketType;
  readonly upstream: UpstreamPath;
  /** Those that new connections may enter, by their keys. */
  readonly flows = new Map<string, Flow>();
  /** The process that served the upstream when it was last looked at, its pid, and when that was, in monotonic ms. */
  server: Remote | undefined;
  serverPid = 0;
  serverSeenMs = Number.NEGATIVE_INFINITY;
  /** Connections of this thread that came from it. */
  connections = 0;
  /** Whether this thread accepts from it, or another one does alone. */
  isHere = true;
  /** Whether one thread accepts from it and no other. */
  hasHome = false;
  /** Whether connections of it may come that other threads have accepted. */
  mayArrive = false;
  /** How many connections this thread has accepted for others since it last did for itself. */
  acceptedForOthers = 0;
  /** False once `unlisten` was asked for. */
  listening = true;
  /** Nothing more comes from it: a socket of datagrams is read for a while after it has been told to stop. */
  hasStopped = false;
  /** As of `unlisten`. */
  isLast = false;
  /** Why the last upstream connection failed, if it did; UNKNOWN where other threads may know better. */
  upstreamError: string | undefined;
  /** Whether it was reported that descriptors were lost for want of room. */
  hasDroppedDescriptors = false;
  /** Monotonic ms from which on a client that is refused is reported again. */
  refusalReportMs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly id: number,
    readonly fd: number,
    settings: ListenerSettings,
  ) {
    this.settings = settings;
    this.type = settings.type ?? 'stream';
    this.upstream = new UpstreamPath(settings.upstream, settings.place);
  }
}
