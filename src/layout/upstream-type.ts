import { messageSocketType } from '../linux/socket-type.js';

/** Why the socket at a path cannot be relayed, in words that follow the path; undefined if it can be, or that is not known. */
export function typeRefusal(upstream: string): string | undefined {
  const type = messageSocketType(upstream);
  if (type === undefined) return undefined;
  const kind = type === 'SOCK_DGRAM' ? 'a datagram socket' : 'a socket of sequenced packets';
  return `is ${kind} (${type}), and udscope relays stream sockets only (SOCK_STREAM); give the path of one`;
}
