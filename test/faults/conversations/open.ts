import {
  AF_UNIX,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../../src/linux/constants.js';
import { check } from '../../../src/linux/errno.js';
import * as libc from '../../../src/linux/libc.js';
import type { Kind } from './plan.js';

const SO_PASSCRED = 16;
const ON = Int32Array.of(1);
const TYPES: Readonly<Record<Kind, number>> = {
  stream: SOCK_STREAM,
  seqpacket: SOCK_SEQPACKET,
  dgram: SOCK_DGRAM,
};

/** A non-blocking socket. Of messages it hears who sent them: by that an empty one is told from the end of a connection. */
export function openSocket(kind: Kind): number {
  const fd = check(
    'socket',
    libc.result(libc.socket(AF_UNIX, TYPES[kind] | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
  );
  // Those that are accepted inherit it.
  if (kind === 'seqpacket')
    check('setsockopt', libc.result(libc.setsockopt(fd, SOL_SOCKET, SO_PASSCRED, ON, 4)));
  return fd;
}
