import { AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK } from '../../src/linux/constants.js';
import { check } from '../../src/linux/errno.js';
import * as libc from '../../src/linux/libc.js';
import { unixAddress } from '../../src/linux/sockaddr.js';
import { bind, close, listen } from '../../src/linux/socket.js';
import type { Cleanup } from './cleanup.js';

/** Binds a socket of any type (SOCK_*) to a path or `@name`, and has it listen if its type can. Returns its descriptor. */
export function bindSocket(type: number, path: string, cleanup: Cleanup): number {
  const fd = check('socket', libc.result(libc.socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)));
  cleanup.defer(() => close(fd));
  check('bind', bind(fd, unixAddress(path)));
  listen(fd, 8);
  return fd;
}
