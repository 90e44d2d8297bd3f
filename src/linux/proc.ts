import { NS_GET_MNTNS_ID, O_CLOEXEC, O_RDONLY, SYS_PIDFD_SEND_SIGNAL } from './constants.js';
import { EPERM } from './errno.js';
import * as libc from './libc.js';
import { NativeMemory } from './memory.js';

/** Limits on a path below /proc and on what is read from it. */
const PATH_BYTES = 4096;
const CONTENT_BYTES = 64 * 1024;

/** Reads files in /proc with raw system calls, into memory of its own. For use by one thread. */
export class ProcReader {
  readonly #root: string;
  readonly #path = new NativeMemory(PATH_BYTES);
  readonly #content = new NativeMemory(CONTENT_BYTES);

  constructor(root = '/proc') {
    this.#root = root;
  }

  /**
   * Reads a file of a process that the kernel returns in one read. Returns the number of bytes or a negated errno. A
   * longer file is cut.
   */
  read(pid: number, name: string): number {
    const fd = this.#open(pid, name);
    if (fd < 0) return fd;
    const bytes = this.#readAt(fd, 0);
    libc.close(fd);
    return bytes;
  }

  /** Like `read`, for a file with many lines, which the kernel returns a page at a time. */
  readLines(pid: number, name: string): number {
    const fd = this.#open(pid, name);
    if (fd < 0) return fd;
    let total = 0;
    let bytes = 0;
    do {
      total += bytes;
      bytes = this.#readAt(fd, total);
    } while (bytes > 0);
    libc.close(fd);
    return bytes < 0 ? bytes : total;
  }

  /** Reads the target of a link in /proc/PID. Returns the number of bytes or a negated errno. */
  readLink(pid: number | 'self', name: string): number {
    this.#setPath(pid, name);
    return libc.result(libc.readlink(this.#path.address, this.#content.address, PATH_BYTES));
  }

  /**
   * The id of a process's mount namespace, which is never reused, unlike the namespace's inode number. undefined if it
   * may not be read, and before Linux 6.12.
   */
  mountNamespaceId(pid: number): string | undefined {
    const fd = this.#open(pid, 'ns/mnt');
    if (fd < 0) return undefined;
    const result = libc.ioctl(fd, NS_GET_MNTNS_ID, this.#content.address);
    libc.close(fd);
    return result < 0 ? undefined : this.#content.bytes.toString('hex', 0, 8);
  }

  /** The first `bytes` bytes of the last read, one character for each byte. */
  latin1(bytes: number): string {
    return this.#content.bytes.toString('latin1', 0, bytes);
  }

  /** The first `bytes` bytes of the last read, as UTF-8. */
  utf8(bytes: number): string {
    return this.#content.bytes.toString('utf8', 0, bytes);
  }

  /** open(2) for reading: a descriptor or a negated errno. */
  #open(pid: number, name: string): number {
    this.#setPath(pid, name);
    return libc.result(libc.open(this.#path.address, O_RDONLY | O_CLOEXEC));
  }

  #readAt(fd: number, offset: number): number {
    return libc.result(libc.readInto(fd, this.#content.address + offset, CONTENT_BYTES - offset));
  }

  #setPath(pid: number | 'self', name: string): void {
    const end = this.#path.bytes.write(`${this.#root}/${pid}/${name}`, 0, PATH_BYTES - 1);
    this.#path.bytes[end] = 0;
  }
}

/** Whether the process of a pidfd exists. A process that has ended exists until it is waited for. */
export function existsByPidfd(pidfd: number): boolean {
  const result = libc.result(libc.pidfdSendSignal(SYS_PIDFD_SEND_SIGNAL, pidfd, 0, 0, 0));
  return result === 0 || result === -EPERM;
}

/** Whether a process with this pid exists. The pid may have been reused. */
export function existsByPid(pid: number): boolean {
  const result = libc.result(libc.kill(pid, 0));
  return result === 0 || result === -EPERM;
}
