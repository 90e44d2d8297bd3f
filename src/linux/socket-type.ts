import {
  AF_UNIX,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from './constants.js';
import { EAGAIN, ECONNREFUSED, EISCONN, EPERM, EPROTOTYPE } from './errno.js';
import * as libc from './libc.js';
import { probe } from './listener-probe.js';
import { socketPathProblem, unixAddress } from './sockaddr.js';
import { close, connect } from './socket.js';

/** The types of Unix sockets. Messages of the last two have ends. */
export const SOCKET_TYPES = ['stream', 'seqpacket', 'dgram'] as const;

export type SocketType = (typeof SOCKET_TYPES)[number];

const NUMBERS: Readonly<Record<SocketType, number>> = {
  stream: SOCK_STREAM,
  seqpacket: SOCK_SEQPACKET,
  dgram: SOCK_DGRAM,
};

/** Creates a non-blocking, close-on-exec socket of a type. A descriptor or a negated errno. */
export function openSocket(type: SocketType): number {
  return libc.result(libc.socket(AF_UNIX, NUMBERS[type] | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/**
 * The type of the socket at a path or `@name`; undefined where it is not known: nothing is there, nobody has it open, or it may not be
 * connected to. Of an abstract name, also where it is a stream socket.
 *
 * The kernel itself is asked, by connect(2) of sockets of other types, because /proc/net/unix tells less: not where a socket was
 * moved to after it was bound, nor any socket of another network namespace, and its lines can be forged by a name with a
 * line feed. No server notices the question.
 */
export function socketTypeAt(path: string): SocketType | undefined {
  if (socketPathProblem(path) !== undefined) return undefined;
  const address = unixAddress(path);
  const asDatagrams = tryDatagrams(address);
  // EPERM is of a datagram socket that takes datagrams of one other only.
  if (asDatagrams === 0 || asDatagrams === -EPERM) return 'dgram';
  // An abstract name is one of each type: whoever asks with the wrong one finds nothing.
  if (asDatagrams !== -EPROTOTYPE && !path.startsWith('@')) return undefined;
  const asPackets = probe('seqpacket', address);
  if (asPackets === -EISCONN || asPackets === -EAGAIN) return 'seqpacket';
  if (asPackets === -EPROTOTYPE) return 'stream';
  // It has the type and does not listen yet.
  return asPackets === -ECONNREFUSED && asDatagrams === -EPROTOTYPE ? 'seqpacket' : undefined;
}

/** The type with a number of SOCK_*; undefined for other types. */
export function typeOfNumber(number: number | undefined): SocketType | undefined {
  return SOCKET_TYPES.find((type) => NUMBERS[type] === number);
}

function tryDatagrams(address: Uint8Array): number {
  const fd = openSocket('dgram');
  if (fd < 0) return fd;
  const result = connect(fd, address);
  close(fd);
  return result;
}
