import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { O_PATH } from './constants.js';

const NAME_ONLY = O_PATH | constants.O_DIRECTORY;

/**
 * A directory held by a descriptor. Whatever becomes of its path, and of the directories above, names are looked up in
 * this very directory. To be closed.
 */
export class HeldDirectory {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Holds the directory at a path, wherever that leads. @throws Error as node:fs has them */
  static open(path: string): HeldDirectory {
    return new HeldDirectory(openSync(path, NAME_ONLY));
  }

  /** Holds the directory of a name below this one, which must not be a symbolic link. @throws as `open` */
  enter(name: string): HeldDirectory {
    return new HeldDirectory(openSync(this.at(name), NAME_ONLY | constants.O_NOFOLLOW));
  }

  /** A path of the entry with that name, which must be no more than a name. */
  at(name: string): string {
    return `/proc/self/fd/${this.#fd}/${name}`;
  }

  /** What is there under a name, symbolic links themselves; undefined when nothing is. */
  look(name: string): BigIntStats | undefined {
    return lstatSync(this.at(name), { bigint: true, throwIfNoEntry: false });
  }

  stat(): BigIntStats {
    return fstatSync(this.#fd, { bigint: true });
  }

  close(): void {
    closeSync(this.#fd);
  }
}
