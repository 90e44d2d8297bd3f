import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { O_PATH } from './constants.js';

const NAME_ONLY = O_PATH | constants.O_DIRECTORY;

/**
 * A directory held by a descriptor. Names are looked up in this very directory, even if its path or a directory above
 * it changes. It must be closed.
 */
export class HeldDirectory {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Opens the directory at a path, following links. @throws as node:fs does */
  static open(path: string): HeldDirectory {
    return new HeldDirectory(openSync(path, NAME_ONLY));
  }

  /** Opens the subdirectory `name`, which must not be a symbolic link. @throws as node:fs does */
  enter(name: string): HeldDirectory {
    return new HeldDirectory(openSync(this.at(name), NAME_ONLY | constants.O_NOFOLLOW));
  }

  /** A path to the entry `name`, which must be a single component. */
  at(name: string): string {
    return `/proc/self/fd/${this.#fd}/${name}`;
  }

  /** lstat(2) of the entry `name`; undefined if there is none. */
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
