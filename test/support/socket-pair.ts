import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK } from '../../src/linux/constants.js';
import { check } from '../../src/linux/errno.js';
import * as libc from '../../src/linux/libc.js';
import { unixAddress } from '../../src/linux/sockaddr.js';
import { accept, close, connect } from '../../src/linux/socket.js';
import type { Cleanup } from './cleanup.js';
import { bindSocket } from './message-socket.js';

/** Two connected sockets of a type (SOCK_*): the first can send to the second, and the second to the first if it is no datagram socket. */
export function socketPair(type: number, cleanup: Cleanup): [number, number] {
  const path = `${cleanup.directory()}/pair`;
  const bound = bindSocket(type, path, cleanup);
  const fd = check('socket', libc.result(libc.socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)));
  cleanup.defer(() => close(fd));
  check('connect', connect(fd, unixAddress(path)));
  if (type === SOCK_DGRAM) return [fd, bound];
  const accepted = check('accept', accept(bound));
  cleanup.defer(() => close(accepted));
  return [fd, accepted];
}
