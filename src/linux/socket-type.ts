import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_SEQPACKET } from './constants.js';
import { EAGAIN, EPERM } from './errno.js';
import * as libc from './libc.js';
import { socketPathProblem, unixAddress } from './sockaddr.js';
import { close, connect } from './socket.js';

/** A type of Unix socket whose messages have ends. */
export type MessageSocketType = 'SOCK_DGRAM' | 'SOCK_SEQPACKET';

/**
 * The type of the socket at a path or `@name`, if messages on it have ends; undefined for a stream socket, and where it is not
 * known: nothing is there, nobody listens, or it may not be connected to.
 *
 * The kernel itself is asked, by connect(2) of a socket of that type, because /proc/net/unix tells less: not where a socket was
 * moved to after it was bound, nor any socket of another network namespace, and its lines can be forged by a name with a
 * line feed. A stream server does not notice the question, since the types are compared first (EPROTOTYPE), nor does a
 * datagram server. A server of type SOCK_SEQPACKET sees a client that comes and goes.
 */
export function messageSocketType(path: string): MessageSocketType | undefined {
  if (socketPathProblem(path) !== undefined) return undefined;
  const address = unixAddress(path);
  if (accepts(SOCK_DGRAM, address)) return 'SOCK_DGRAM';
  return accepts(SOCK_SEQPACKET, address) ? 'SOCK_SEQPACKET' : undefined;
}

/** EPERM is of a datagram socket that takes datagrams of one other only, EAGAIN of a listener whose backlog is full. */
function accepts(type: number, address: Uint8Array): boolean {
  const fd = libc.result(libc.socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd < 0) return false;
  const result = connect(fd, address);
  close(fd);
  return result === 0 || result === -EAGAIN || (type === SOCK_DGRAM && result === -EPERM);
}
