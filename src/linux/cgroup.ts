import {
  FILEID_KERNFS,
  O_CLOEXEC,
  O_PATH,
  O_RDONLY,
  PIDFD_GET_INFO,
  PIDFD_INFO_CGROUPID,
  PIDFD_INFO_EXIT,
} from './constants.js';
import { readKernelText } from './files.js';
import * as libc from './libc.js';
import { NativeMemory } from './memory.js';

const HIGH_WORD = 2 ** 32;
const PATH_BYTES = 4096;

/*
 * struct pidfd_info (linux/pidfd.h):    u64 mask, u64 cgroupid, …           64 bytes
 * struct file_handle (open_by_handle_at(2)):    u32 bytes, i32 type, u64 id     16 bytes
 */
const INFO_BYTES = 64;
const HANDLE_BYTES = 16;

/** Mount point of the version 2 hierarchy, alone or beside those of version 1; undefined if it is not mounted. */
export function cgroup2Mount(): string | undefined {
  for (const line of (readKernelText('/proc/self/mounts') ?? '').split('\n')) {
    const [, path, type] = line.split(' ');
    if (type === 'cgroup2') return path;
  }
  return undefined;
}

/** Finds the version 2 cgroup that a process is in, or was in when it ended. For use by one thread. */
export class CgroupLookup {
  readonly #memory = new NativeMemory(INFO_BYTES + HANDLE_BYTES + 2 * PATH_BYTES);
  /** Of the mount point; negative if there is none. */
  readonly mountFd: number;

  /** `mount`: mount point of the version 2 hierarchy; undefined if it is not mounted. */
  constructor(readonly mount: string | undefined) {
    // open_by_handle_at(2) does not accept an O_PATH descriptor.
    this.mountFd = mount === undefined ? -1 : libc.open(this.#setPath(mount), O_RDONLY | O_CLOEXEC);
  }

  /**
   * The cgroup id of a pidfd's process, even after it has been waited for. undefined if the kernel does not say: before
   * Linux 6.13, and for ended processes before 6.16.
   */
  idOf(pidfd: number): number | undefined {
    const words = new Uint32Array(this.#memory.buffer, 0, INFO_BYTES / 4);
    words.fill(0);
    words[0] = PIDFD_INFO_CGROUPID | PIDFD_INFO_EXIT;
    if (libc.ioctl(pidfd, PIDFD_GET_INFO, this.#memory.address) < 0) return undefined;
    return (words[0] & PIDFD_INFO_CGROUPID) === 0 ? undefined : words[3] * HIGH_WORD + words[2];
  }

  /**
   * The path of a cgroup below the mount, with a leading slash. undefined if the cgroup has been removed, or without
   * CAP_DAC_READ_SEARCH.
   */
  pathOf(id: number): string | undefined {
    if (this.mount === undefined || this.mountFd < 0) return undefined;
    const handle = new Uint32Array(this.#memory.buffer, INFO_BYTES, HANDLE_BYTES / 4);
    handle[0] = 8;
    handle[1] = FILEID_KERNFS;
    handle[2] = id >>> 0;
    handle[3] = Math.floor(id / HIGH_WORD);
    const fd = libc.openByHandleAt(this.mountFd, this.#memory.address + INFO_BYTES, O_PATH | O_CLOEXEC);
    if (fd < 0) return undefined;
    const path = this.#readLink(`/proc/self/fd/${fd}`);
    libc.close(fd);
    if (path === this.mount) return '/';
    return path?.startsWith(`${this.mount}/`) === true ? path.slice(this.mount.length) : undefined;
  }

  close(): void {
    if (this.mountFd >= 0) libc.close(this.mountFd);
  }

  #readLink(path: string): string | undefined {
    const offset = INFO_BYTES + HANDLE_BYTES + PATH_BYTES;
    const bytes = libc.readlink(this.#setPath(path), this.#memory.address + offset, PATH_BYTES);
    return bytes < 0 ? undefined : this.#memory.bytes.toString('utf8', offset, offset + bytes);
  }

  #setPath(path: string): number {
    const offset = INFO_BYTES + HANDLE_BYTES;
    const end = this.#memory.bytes.write(path, offset, PATH_BYTES - 1);
    this.#memory.bytes[offset + end] = 0;
    return this.#memory.address + offset;
  }
}
