import { type SocketType, socketTypeAt } from '../linux/socket-type.js';

/** What a configuration says of the type of a socket: `auto` is that of its upstream. */
export type WantedType = SocketType | 'auto';

const NAMES: Readonly<Record<SocketType, string>> = {
  stream: 'a stream socket (SOCK_STREAM)',
  seqpacket: 'a socket of sequenced packets (SOCK_SEQPACKET)',
  dgram: 'a datagram socket (SOCK_DGRAM)',
};

/**
 * Why the socket at a path cannot be relayed as a socket of that type, in words that follow the path; undefined if it can be, or that
 * is not known.
 */
export function typeRefusal(upstream: string, wanted: WantedType): string | undefined {
  if (wanted === 'auto') return undefined;
  const type = socketTypeAt(upstream);
  if (type === undefined || type === wanted) return undefined;
  return `is ${NAMES[type]}, and type: ${wanted} asks for ${NAMES[wanted]}; write type: auto or ${type}`;
}
