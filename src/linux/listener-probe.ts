import { AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_SEQPACKET, SOCK_STREAM } from './constants.js';
import { check, EAGAIN, ECONNREFUSED, EISCONN, ENOENT, ENOTDIR, EPROTOTYPE } from './errno.js';
import * as libc from './libc.js';
import { unixAddress } from './sockaddr.js';
import { connect } from './socket.js';

/** What a client meets that connects: a listener, a socket that nobody listens on, nothing; or it cannot be told. */
export type Reception = 'listening' | 'refusing' | 'absent' | 'unknown';

const RECEPTIONS = new Map<number, Reception>([
  [-EISCONN, 'listening'],
  [-EAGAIN, 'listening'],
  // A socket of another type.
  [-EPROTOTYPE, 'listening'],
  [-ECONNREFUSED, 'refusing'],
  [-ENOENT, 'absent'],
  [-ENOTDIR, 'absent'],
]);

/** Types of sockets that listen. */
const NUMBERS = { stream: SOCK_STREAM, seqpacket: SOCK_SEQPACKET } as const;

export type ListeningType = keyof typeof NUMBERS;

/** One end of a pair of each type, as soon as it is needed: sockets that are connected. */
const connected: Partial<Record<ListeningType, number>> = {};

/** Finds out what a client of a stream socket would meet at a path or `@name`, without being one. */
export function receptionAt(path: string): Reception {
  return RECEPTIONS.get(probe('stream', unixAddress(path))) ?? 'unknown';
}

/**
 * Asks for a listener of a type, which does not notice. connect(2) of a socket that is connected looks at the listener first
 * (-ECONNREFUSED, -EPROTOTYPE, -EAGAIN with a full backlog) and then at that socket: -EISCONN (unix_stream_connect()).
 */
export function probe(type: ListeningType, address: Uint8Array): number {
  connected[type] ??= connectedSocket(NUMBERS[type]);
  return connect(connected[type], address);
}

/** Kept as long as the process lives, and so is its peer: without that it would not be connected. */
function connectedSocket(type: number): number {
  const pair = new Int32Array(2);
  check('socketpair', libc.result(libc.socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair)));
  return pair[0];
}
