import { constants, fstatSync, openSync, type Stats, writeSync } from 'node:fs';
import { MSG_DONTWAIT, MSG_NOSIGNAL, POLLOUT } from './constants.js';
import { EAGAIN, EPIPE } from './errno.js';
import * as libc from './libc.js';

/** A pipe that poll(2) reports as writable takes at least this many bytes at once (pipe(7), PIPE_BUF). */
const PIPE_BUF = 4096;

/** Writes leading bytes and returns how many, or a negated errno. */
type Write = (bytes: Uint8Array) => number;

/**
 * Writes to a shared descriptor, such as standard error, without ever waiting for the reader.
 *
 * O_NONBLOCK belongs to the open file, which is shared with the shell and others, so it is not changed. For a socket
 * each call passes MSG_DONTWAIT. A pipe or terminal is opened again, which creates a separate open file. Where that is
 * not permitted, as for another user's pipe, poll(2) is asked first and no more is written than it guarantees. A
 * regular file never blocks, and must not be opened again because its offset is shared.
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

  /** Returns the bytes written, possibly only a part, or a negated errno: -EAGAIN if it would have to wait. */
  write(bytes: Uint8Array): number {
    return this.#write(bytes);
  }

  /** Waits up to `timeoutMs` until a write can succeed, or fail for good. */
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

/** Node ignores SIGPIPE, so a pipe without a reader gives an errno. */
function plainWrite(fd: number): Write {
  return (bytes) => {
    try {
      return writeSync(fd, bytes);
    } catch (error) {
      return (error as NodeJS.ErrnoException).errno ?? -EPIPE;
    }
  };
}

/** POLLERR and POLLHUP count as well, since the write then returns the reason. */
function isWritable(fd: number, timeoutMs: number): boolean {
  return libc.poll(Int32Array.of(fd, POLLOUT), 1, timeoutMs) > 0;
}
