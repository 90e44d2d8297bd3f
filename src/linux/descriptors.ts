import {
  F_DUPFD_CLOEXEC,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  F_SETOWN,
  FD_CLOEXEC,
  O_ASYNC,
  O_NONBLOCK,
} from './constants.js';
import { check } from './errno.js';
import * as libc from './libc.js';

/** Descriptors below this one are standard input, output and error. */
const STANDARD = 3;

/** Another descriptor of the same file, not for programs that the process starts. A negated errno if there is none left. */
export function duplicate(fd: number): number {
  return libc.result(libc.fcntl(fd, F_DUPFD_CLOEXEC, STANDARD));
}

/**
 * Makes an inherited descriptor one as this process opens them: non-blocking, and not for programs that it starts. False if it
 * is not open.
 */
export function takeOver(fd: number): boolean {
  const flags = libc.result(libc.fcntl(fd, F_GETFL, 0));
  if (flags < 0) return false;
  libc.fcntl(fd, F_SETFD, FD_CLOEXEC);
  return libc.result(libc.fcntl(fd, F_SETFL, flags | O_NONBLOCK)) >= 0;
}

/**
 * Has the kernel send SIGIO to this process when something has come to read. One signal may stand for several arrivals, so all
 * that is there is to be read.
 *
 * @throws SystemCallError
 */
export function signalArrivals(fd: number): void {
  check('fcntl', libc.result(libc.fcntl(fd, F_SETOWN, process.pid)));
  const flags = check('fcntl', libc.result(libc.fcntl(fd, F_GETFL, 0)));
  check('fcntl', libc.result(libc.fcntl(fd, F_SETFL, flags | O_ASYNC)));
}
