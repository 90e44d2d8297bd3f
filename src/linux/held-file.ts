import { type BigIntStats, chmodSync, chownSync, closeSync, constants, fstatSync, openSync } from 'node:fs';
import { O_PATH, SIOCUNIXFILE } from './constants.js';
import { check, ENODATA, EOPNOTSUPP, SystemCallError } from './errno.js';
import * as libc from './libc.js';

const NAME_ONLY = O_PATH | constants.O_NOFOLLOW;

/** Which file it is, as long as somebody holds it. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

export function isSameFile(a: FileIdentity | undefined, b: FileIdentity | undefined): boolean {
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

/**
 * A file held by a descriptor that names it and cannot read it (O_PATH, open(2)). Whatever somebody puts in the place of
 * its path, what is done to it is done to this file. To be closed.
 */
export class HeldFile {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Holds what is at a path; a symbolic link itself, not what it leads to. @throws Error as node:fs has them */
  static at(path: string): HeldFile {
    return new HeldFile(openSync(path, NAME_ONLY));
  }

  /**
   * Holds the file that a socket is bound to. undefined when the kernel does not give it: without CAP_NET_ADMIN, where it
   * is an old one, or for want of descriptors.
   */
  static ofSocket(fd: number): HeldFile | undefined {
    const held = libc.ioctl(fd, SIOCUNIXFILE, 0);
    return held < 0 ? undefined : new HeldFile(held);
  }

  /** A path that leads to this file and no other, for calls that take no descriptor of this kind. */
  get path(): string {
    return `/proc/self/fd/${this.#fd}`;
  }

  stat(): BigIntStats {
    return fstatSync(this.#fd, { bigint: true });
  }

  /** chown(2); -1 leaves the one or the other as it is. @throws SystemCallError */
  chown(uid: number, gid: number): void {
    systemCall('chown', () => chownSync(this.path, uid, gid));
  }

  /** @throws SystemCallError */
  chmod(mode: number): void {
    systemCall('chmod', () => chmodSync(this.path, mode));
  }

  /** Takes away what the file has inherited of its directory's default access list (acl(5)), if anything. */
  removeAccessList(): void {
    const result = libc.result(libc.removexattr(this.path, 'system.posix_acl_access'));
    if (result !== -ENODATA && result !== -EOPNOTSUPP) check('removexattr', result);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Node's own message has the path, which says nothing to anybody. */
function systemCall(name: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    throw errno === undefined ? error : new SystemCallError(name, -errno);
  }
}
