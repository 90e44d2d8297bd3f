import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { geteuid } from 'node:process';
import { printable } from '../../values/printable.js';

/*
 * Decides whether the content of a path can be trusted. A user who can write to any directory on the way controls what
 * is found at the end, so checking the end alone is not enough. The path is therefore walked from the root, and every
 * directory and link on the way must belong to a trusted user. An untrusted user cannot change the path between the
 * walk and the use either, because that would take the same rights.
 */

/** Users whose directories, links and files are trusted. */
type Owners = ReadonlySet<number>;

export interface TrustSettings {
  readonly owners: Owners;
  /** Directories that are not entered: mount points of FUSE file systems, whose programs may never answer. */
  readonly avoided?: ReadonlySet<string>;
}

interface WalkSettings extends TrustSettings {
  /** Whether a link at the end of the path is followed. */
  readonly followsLast?: boolean;
}

/** A path whose directories and links all belong to trusted users. */
interface Trusted {
  /** The path with its symbolic links resolved, except possibly the last component. */
  readonly path: string;
  /** lstat(2) of the path. Its owner has not been checked. */
  readonly stats: Stats;
  /** Status of the directory that contains it. */
  readonly directory: Stats;
}

/** A path that cannot be trusted. */
interface Untrusted {
  /** Worded to follow the path in a sentence. */
  readonly problem: string;
  /** Whether something exists there. Also true if an untrusted user keeps this from being known. */
  readonly isThere: boolean;
}

/** As many as Linux follows: MAXSYMLINKS in include/linux/namei.h. */
const MAX_LINKS = 40;

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** Root and the effective user of this process. */
export function ownOwners(): Owners {
  return new Set([0, geteuid?.() ?? 0]);
}

/** Whether a trusted user owns the file, and nobody else can write to it. */
export function isClosed({ uid, mode }: Stats, owners: Owners): boolean {
  return owners.has(uid) && (mode & WRITABLE_BY_OTHERS) === 0;
}

/** Walks an absolute path and follows its links. A link at the end is only followed with `followsLast`. */
export function findTrusted(path: string, settings: WalkSettings): Trusted | Untrusted {
  try {
    return new Walk(settings).follow(path);
  } catch (error) {
    if (error instanceof UntrustedPath) return { problem: error.message, isThere: true };
    const { code } = error as NodeJS.ErrnoException;
    return { problem: `cannot be accessed: ${code ?? String(error)}`, isThere: code !== 'ENOENT' };
  }
}

class UntrustedPath extends Error {
  override readonly name = 'UntrustedPath';
}

class Walk {
  readonly #owners: Owners;
  readonly #avoided: ReadonlySet<string>;
  readonly #followsLast: boolean;
  readonly #root = statSync('/');
  #links = 0;

  constructor({ owners, avoided = new Set(), followsLast = false }: WalkSettings) {
    // In a user namespace root may be unmapped. The owner of the root directory controls everything below it anyway.
    this.#owners = new Set([...owners, this.#root.uid]);
    this.#avoided = avoided;
    this.#followsLast = followsLast;
  }

  follow(path: string): Trusted {
    const left = componentsOf(path);
    let directory = { path: '/', stats: this.#root };
    for (;;) {
      this.#checkDirectory(directory);
      const name = left.shift();
      if (name === undefined) return { ...directory, directory: directory.stats };
      // Links have been resolved up to here, so `..` is the lexical parent.
      const next = this.#look(name === '..' ? dirname(directory.path) : join(directory.path, name));
      const isLink = next.stats.isSymbolicLink();
      if (left.length === 0 && !(isLink && this.#followsLast)) return { ...next, directory: directory.stats };
      if (isLink) {
        const target = this.#read(next);
        left.unshift(...componentsOf(target));
        if (target.startsWith('/')) directory = { path: '/', stats: this.#root };
      } else {
        directory = next;
      }
    }
  }

  #look(path: string): { path: string; stats: Stats } {
    if (this.#avoided.has(path)) {
      throw new UntrustedPath(`is on ${printable(path)}, a FUSE or autofs mount`);
    }
    return { path, stats: lstatSync(path) };
  }

  #read({ path, stats }: { path: string; stats: Stats }): string {
    if (++this.#links > MAX_LINKS) throw new UntrustedPath('has too many symbolic links');
    if (!this.#owners.has(stats.uid)) throw new UntrustedPath(belongsTo(path, stats));
    return readlinkSync(path);
  }

  /**
   * A directory that others can write to is accepted if it is sticky: users cannot replace each other's entries there.
   */
  #checkDirectory({ path, stats }: { path: string; stats: Stats }): void {
    if (!stats.isDirectory())
      throw new UntrustedPath(`is below ${printable(path)}, which is not a directory`);
    if (!this.#owners.has(stats.uid)) throw new UntrustedPath(belongsTo(path, stats));
    if ((stats.mode & WRITABLE_BY_OTHERS) !== 0 && (stats.mode & STICKY) === 0) {
      throw new UntrustedPath(`is below ${printable(path)}, which others can write to`);
    }
  }
}

function belongsTo(path: string, { uid }: Stats): string {
  return `is below ${printable(path)}, which belongs to user ${uid}`;
}

function componentsOf(path: string): string[] {
  return path.split('/').filter((component) => component !== '' && component !== '.');
}
