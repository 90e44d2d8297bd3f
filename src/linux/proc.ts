import { O_CLOEXEC, O_RDONLY, SYS_PIDFD_SEND_SIGNAL } from './constants.js';
import { EPERM } from './errno.js';
import * as libc from './libc.js';
import { NativeMemory } from './memory.js';

/** A path below /proc, and what is read there at most; the kernel gives each such file in one read. */
const PATH_BYTES = 4096;
const CONTENT_BYTES = 64 * 1024;

/** Reads files of /proc with raw system calls, into memory of its own. For one thread. */
export class ProcReader {
  readonly #root: string;
  readonly #path = new NativeMemory(PATH_BYTES);
  readonly #content = new NativeMemory(CONTENT_BYTES);

  constructor(root = '/proc') {
    this.#root = root;
  }

  /** Reads a file of a process: the number of bytes, or a negated errno. A longer file is cut. */
  read(pid: number, name: string): number {
    this.#setPath(pid, name);
    const fd = libc.result(libc.open(this.#path.address, O_RDONLY | O_CLOEXEC));
    if (fd < 0) return fd;
    const bytes = libc.result(libc.readInto(fd, this.#content.address, CONTENT_BYTES));
    libc.close(fd);
    return bytes;
  }

  /** Reads where a link of a process points: the number of bytes, or a negated errno. */
  readLink(pid: number, name: string): number {
    this.#setPath(pid, name);
    return libc.result(libc.readlink(this.#path.address, this.#content.address, PATH_BYTES));
  }

  /** The first `bytes` of what was read last, a character for each byte. */
  latin1(bytes: number): string {
    return this.#content.bytes.toString('latin1', 0, bytes);
  }

  /** The same as UTF-8. */
  utf8(bytes: number): string {
    return this.#content.bytes.toString('utf8', 0, bytes);
  }

  #setPath(pid: number, name: string): void {
    const end = this.#path.bytes.write(`${this.#root}/${pid}/${name}`, 0, PATH_BYTES - 1);
    this.#path.bytes[end] = 0;
  }
}

/** Whether the process of a pidfd is there: running, or ended and not waited for. */
export function existsByPidfd(pidfd: number): boolean {
  const result = libc.result(libc.pidfdSendSignal(SYS_PIDFD_SEND_SIGNAL, pidfd, 0, 0, 0));
  return result === 0 || result === -EPERM;
}

/** Whether there is a process of that number. It may be another one than was meant. */
export function existsByPid(pid: number): boolean {
  const result = libc.result(libc.kill(pid, 0));
  return result === 0 || result === -EPERM;
}
