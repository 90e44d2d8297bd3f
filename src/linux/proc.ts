import { NS_GET_MNTNS_ID, O_CLOEXEC, O_RDONLY, SYS_PIDFD_SEND_SIGNAL } from './constants.js';
import { EPERM } from './errno.js';
import * as libc from './libc.js';
import { NativeMemory } from './memory.js';

/** A path below /proc, and what is read there at most. */
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

  /**
   * Reads a file of a process that the kernel gives in one read: the number of bytes, or a negated errno. A longer file
   * is cut.
   */
  read(pid: number, name: string): number {
    this.#setPath(pid, name);
    const fd = libc.result(libc.open(this.#path.address, O_RDONLY | O_CLOEXEC));
    if (fd < 0) return fd;
    const bytes = libc.result(libc.readInto(fd, this.#content.address, CONTENT_BYTES));
    libc.close(fd);
    return bytes;
  }

  /** The same of a file with many lines, of which the kernel gives a page at a time. */
  readLines(pid: number, name: string): number {
    this.#setPath(pid, name);
    const fd = libc.result(libc.open(this.#path.address, O_RDONLY | O_CLOEXEC));
    if (fd < 0) return fd;
    let total = 0;
    let bytes = 0;
    do {
      total += bytes;
      bytes = libc.result(libc.readInto(fd, this.#content.address + total, CONTENT_BYTES - total));
    } while (bytes > 0);
    libc.close(fd);
    return bytes < 0 ? bytes : total;
  }

  /** Reads where a link of a process points: the number of bytes, or a negated errno. */
  readLink(pid: number | 'self', name: string): number {
    this.#setPath(pid, name);
    return libc.result(libc.readlink(this.#path.address, this.#content.address, PATH_BYTES));
  }

  /**
   * The number of a process's mount namespace that no later one gets, unlike that of its inode. undefined where it may
   * not be read, and before Linux 6.12.
   */
  mountNamespaceId(pid: number): string | undefined {
    this.#setPath(pid, 'ns/mnt');
    const fd = libc.open(this.#path.address, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return undefined;
    const result = libc.ioctl(fd, NS_GET_MNTNS_ID, this.#content.address);
    libc.close(fd);
    return result < 0 ? undefined : this.#content.bytes.toString('hex', 0, 8);
  }

  /** The first `bytes` of what was read last, a character for each byte. */
  latin1(bytes: number): string {
    return this.#content.bytes.toString('latin1', 0, bytes);
  }

  /** The same as UTF-8. */
  utf8(bytes: number): string {
    return this.#content.bytes.toString('utf8', 0, bytes);
  }

  #setPath(pid: number | 'self', name: string): void {
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
