import { upstreamAsidePath } from '../../../linux/takeover.js';
import type { UdsSocketConfig } from '../config.js';
import type { Hop } from './loops.js';

/** A socket to be relayed: of the configuration, or made at run time. */
export interface RelayedSocket extends UdsSocketConfig {
  /** What it is called where it is mounted, as `uds.socket.path`. Default: the upstream's path. */
  readonly path?: string;
  /** Attributes of its container that the agent has found out, by their names. */
  readonly known?: Readonly<Record<string, string>>;
  /** A directory that its upstream must be in, whatever links there are: the source of a container's mount. */
  readonly within?: string | undefined;
  /** What the id of its container is unique in, where that is known. */
  readonly namespace?: string | undefined;
}

/** What its clients are connected to: the upstream, or where the socket of a path is that was taken over. */
export function connectedPath({ upstream, takeover }: Pick<RelayedSocket, 'upstream' | 'takeover'>): string {
  return takeover ? upstreamAsidePath(upstream) : upstream;
}

/** Where its bytes come from and go to, for the book of hops. */
export function hopOf(socket: RelayedSocket): Hop {
  return { listen: socket.listen, upstream: connectedPath(socket) };
}
