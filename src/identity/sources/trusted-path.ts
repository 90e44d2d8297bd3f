import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { geteuid } from 'node:process';
import { printable } from '../../values/printable.js';

/*
 * Whose word it is what is found at a path. Whoever may write to a directory on the way decides what is at its end;
 * looking at the end alone says nothing. So the path is walked from the root, and only those who are believed may have
 * put each directory and link there. Nobody else can change it between the walk and the use: he could not before.
 */

/** Users whose directories, links and files are believed. */
export type Owners = ReadonlySet<number>;

export interface TrustSettings {
  readonly owners: Owners;
  /** Directories that are not looked into: file systems of programs, which may never answer. */
  readonly avoided?: ReadonlySet<string>;
}

export interface WalkSettings extends TrustSettings {
  /** A link at the end of the path is followed, too. */
  readonly followsLast?: boolean;
}

/** What is at a path that only those who are believed can have put there. */
export interface Trusted {
  /** Without symbolic links; only the last component may be one. */
  readonly path: string;
  /** As of lstat(2). Whose it is nobody has checked. */
  readonly stats: Stats;
  /** The directory that it is in. */
  readonly directory: Stats;
}

/** Nobody can say whose word it is. In words that follow the path. */
export interface Untrusted {
  readonly problem: string;
  /** There is something, or somebody has made it so that nobody can tell. */
  readonly isThere: boolean;
}

/** Linux follows as many: MAXSYMLINKS in include/linux/namei.h. */
const MAX_LINKS = 40;

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** Root, and the user that this process acts as. */
export function ownOwners(): Owners {
  return new Set([0, geteuid?.() ?? 0]);
}

/** Whether only its owner, who is believed, can write to it. */
export function isClosed({ uid, mode }: Stats, owners: Owners): boolean {
  return owners.has(uid) && (mode & WRITABLE_BY_OTHERS) === 0;
}

/** Follows an absolute path and its links; one at the end of it only if told to. */
export function findTrusted(path: string, settings: WalkSettings): Trusted | Untrusted {
  try {
    return new Walk(settings).follow(path);
  } catch (error) {
    if (error instanceof UntrustedPath) return { problem: error.message, isThere: true };
    const { code } = error as NodeJS.ErrnoException;
    return { problem: `cannot be looked at: ${code ?? String(error)}`, isThere: code !== 'ENOENT' };
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
    // Root itself has no number in a user namespace; whoever has the root directory decides about all below it.
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
      // Of a path without links, as this one is, `..` is what it says.
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
      throw new UntrustedPath(`is on ${printable(path)}, the file system of a program`);
    }
    return { path, stats: lstatSync(path) };
  }

  #read({ path, stats }: { path: string; stats: Stats }): string {
    if (++this.#links > MAX_LINKS) throw new UntrustedPath('has too many symbolic links');
    if (!this.#owners.has(stats.uid)) throw new UntrustedPath(belongsTo(path, stats));
    return readlinkSync(path);
  }

  /** In a sticky one nobody can take away or replace what is another's. */
  #checkDirectory({ path, stats }: { path: string; stats: Stats }): void {
    if (!stats.isDirectory()) throw new UntrustedPath(`is below ${printable(path)}, which is no directory`);
    if (!this.#owners.has(stats.uid)) throw new UntrustedPath(belongsTo(path, stats));
    if ((stats.mode & WRITABLE_BY_OTHERS) !== 0 && (stats.mode & STICKY) === 0) {
      throw new UntrustedPath(`is below ${printable(path)}, to which others may write`);
    }
  }
}

function belongsTo(path: string, { uid }: Stats): string {
  return `is below ${printable(path)}, which belongs to user ${uid}`;
}

function componentsOf(path: string): string[] {
  return path.split('/').filter((component) => component !== '' && component !== '.');
}
