import { type BigIntStats, chmodSync, chownSync, closeSync, constants, fstatSync, openSync } from 'node:fs';
import { O_PATH, SIOCUNIXFILE } from './constants.js';
import { check, ENODATA, EOPNOTSUPP, SystemCallError } from './errno.js';
import * as libc from './libc.js';

const NAME_ONLY = O_PATH | constants.O_NOFOLLOW;

/** Identifies a file for as long as it is held open. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

export function isSameFile(a: FileIdentity | undefined, b: FileIdentity | undefined): boolean {
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

/**
 * A file held by a descriptor that identifies it without opening it for reading (O_PATH, open(2)). Operations apply to
 * this file, even if another one has been put at its path. It must be closed.
 */
export class HeldFile {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Holds the file at a path. A symbolic link is not followed. @throws as node:fs does */
  static at(path: string): HeldFile {
    return new HeldFile(openSync(path, NAME_ONLY));
  }

  /**
   * Holds the file that a socket is bound to. undefined if the kernel does not return it: without CAP_NET_ADMIN, on old
   * kernels, or when descriptors have run out.
   */
  static ofSocket(fd: number): HeldFile | undefined {
    const held = libc.ioctl(fd, SIOCUNIXFILE, 0);
    return held < 0 ? undefined : new HeldFile(held);
  }

  /** A path that leads to exactly this file, for calls that do not accept an O_PATH descriptor. */
  get path(): string {
    return `/proc/self/fd/${this.#fd}`;
  }

  stat(): BigIntStats {
    return fstatSync(this.#fd, { bigint: true });
  }

  /** chown(2); -1 leaves an id unchanged. @throws SystemCallError */
  chown(uid: number, gid: number): void {
    systemCall('chown', () => chownSync(this.path, uid, gid));
  }

  /** @throws SystemCallError */
  chmod(mode: number): void {
    systemCall('chmod', () => chmodSync(this.path, mode));
  }

  /** Removes the access list that the file inherited from its directory's default (acl(5)), if any. */
  removeAccessList(): void {
    const result = libc.result(libc.removexattr(this.path, 'system.posix_acl_access'));
    if (result !== -ENODATA && result !== -EOPNOTSUPP) check('removexattr', result);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Replaces Node's message, whose /proc/self/fd path would tell the reader nothing. */
function systemCall(name: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    throw errno === undefined ? error : new SystemCallError(name, -errno);
  }
}
