import { constants, fstatSync, openSync, type Stats, writeSync } from 'node:fs';
import { MSG_DONTWAIT, MSG_NOSIGNAL, POLLOUT } from './constants.js';
import { EAGAIN, EPIPE } from './errno.js';
import * as libc from './libc.js';

/** A pipe that poll(2) calls writable takes so many bytes at once: pipe(7), PIPE_BUF. */
const PIPE_BUF = 4096;

/** Takes the first of some bytes: how many, or a negated errno. */
type Write = (bytes: Uint8Array) => number;

/**
 * Writes to a descriptor that others have too, as standard error, and never waits for whoever reads there.
 *
 * O_NONBLOCK belongs to the open file, and so to the shell and all others that were given it: it is left as it is.
 * A socket can be told for each call. A pipe or terminal is opened once more, which makes an open file of its own.
 * Where that is not allowed (a pipe of another user's) it is asked first, and given no more than it then takes. A file
 * never makes anybody wait, and must not be opened again: whoever shares it shares its offset.
 */
export class WaitlessOutput {
  readonly #fd: number;
  readonly #write: Write;

  constructor(fd: number) {
    const stats = statsOf(fd);
    const reopened = stats?.isFIFO() || stats?.isCharacterDevice() ? reopen(fd) : undefined;
    this.#fd = reopened ?? fd;
    this.#write = reopened === undefined ? writeTo(fd, stats) : plainWrite(reopened);
  }

  /** Bytes taken, possibly fewer than offered; -EAGAIN when it would have to wait; or another negated errno. */
  write(bytes: Uint8Array): number {
    return this.#write(bytes);
  }

  /** Waits until something can be written, or has failed for good, but no longer than `timeoutMs`. */
  waitWritable(timeoutMs: number): void {
    isWritable(this.#fd, timeoutMs);
  }
}

function statsOf(fd: number): Stats | undefined {
  try {
    return fstatSync(fd);
  } catch {
    return undefined;
  }
}

function reopen(fd: number): number | undefined {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return undefined;
  }
}

function writeTo(fd: number, stats: Stats | undefined): Write {
  if (stats?.isSocket()) {
    return (bytes) => libc.result(libc.sendFrom(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL));
  }
  if (stats?.isFile()) return plainWrite(fd);
  const write = plainWrite(fd);
  return (bytes) => (isWritable(fd, 0) ? write(bytes.subarray(0, PIPE_BUF)) : -EAGAIN);
}

/** Node ignores SIGPIPE, so that a pipe nobody reads is an errno. */
function plainWrite(fd: number): Write {
  return (bytes) => {
    try {
      return writeSync(fd, bytes);
    } catch (error) {
      return (error as NodeJS.ErrnoException).errno ?? -EPIPE;
    }
  };
}

/** POLLERR and POLLHUP count as well: who writes then learns why. */
function isWritable(fd: number, timeoutMs: number): boolean {
  return libc.poll(Int32Array.of(fd, POLLOUT), 1, timeoutMs) > 0;
}
