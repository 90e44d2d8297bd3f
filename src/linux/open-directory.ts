import { type BigIntStats, mkdirSync, readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { getegid, geteuid } from 'node:process';
import { HeldDirectory } from './held-directory.js';
import { withUmask } from './umask.js';
import { IdMap } from './user-namespace.js';

/** Others may pass through what is made, and change nothing there, whatever the umask is. */
const MADE_MODE = 0o755;
const MADE_UMASK = 0o022;

const WRITABLE_BY_GROUP = 0o020n;
const WRITABLE_BY_ALL = 0o002n;
/** In such a directory only its owner, and that of an entry, may remove or rename the entry. */
const STICKY = 0o1000n;

/** As in path_resolution(7). */
const MAX_LINKS = 40;

export interface OpenedDirectory {
  /** To be closed. */
  readonly directory: HeldDirectory;
  /** Where it is, with no symbolic link in the path. */
  readonly realPath: string;
  /** Who else can change what is in it, or on the way to it, in words; undefined: root and this process's user alone. */
  readonly exposure: string | undefined;
}

export interface WalkOptions {
  readonly create: boolean;
  readonly refusal?: (directory: string) => string | undefined;
}

/**
 * Walks to a directory, from the root, and holds it. Each step is taken from the directory held before, so that nobody
 * can lead it elsewhere in between. Symbolic links are followed as long as only root and this process's user can have made
 * them: whoever else can write to a directory does not choose where we go from there.
 *
 * @param options.create makes directories that are missing, with mode 0755
 * @param options.refusal why links in a directory, of which it gets the real path, are not followed in spite of that
 * @throws Error that says what is in the way, and where
 */
export function openDirectory(path: string, options: WalkOptions): OpenedDirectory {
  const walk = new Walk(options);
  try {
    return walk.to(path);
  } catch (error) {
    walk.close();
    throw error;
  }
}

class Walk {
  readonly #options: WalkOptions;
  #here = HeldDirectory.open('/');
  /** The path of it, with no symbolic link in it. */
  #path = '/';
  /** Who else can change something on the way that is behind us. */
  #exposure = exposureOf('/', this.#here.stat());
  #links = 0;

  constructor(options: WalkOptions) {
    this.#options = options;
  }

  to(path: string): OpenedDirectory {
    const names = namesOf(resolve(path));
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      const next = join(this.#path, name);
      try {
        const stats = this.#look(name);
        if (stats?.isSymbolicLink() === true) names.unshift(...this.#follow(name, next, stats));
        else this.#move(this.#here.enter(name), next);
      } catch (error) {
        throw isSystemError(error) ? new Error(describe(error, next), { cause: error }) : error;
      }
    }
    return { directory: this.#here, realPath: this.#path, exposure: this.#exposure };
  }

  close(): void {
    this.#here.close();
  }

  /** What is there, which is made if it is missing. */
  #look(name: string): BigIntStats | undefined {
    const stats = this.#here.look(name);
    if (stats !== undefined || !this.#options.create) return stats;
    try {
      withUmask(MADE_UMASK, () => mkdirSync(this.#here.at(name), MADE_MODE));
    } catch (error) {
      if (!isSystemError(error) || error.code !== 'EEXIST') throw error;
    }
    return this.#here.look(name);
  }

  #move(to: HeldDirectory, path: string): void {
    this.close();
    this.#here = to;
    this.#path = path;
    this.#exposure ??= exposureOf(path, to.stat());
  }

  /** The names that a symbolic link stands for, from here or from the root. */
  #follow(name: string, link: string, { uid }: BigIntStats): string[] {
    const exposure =
      this.#exposure ?? (isTrusted(uid) ? this.#options.refusal?.(this.#path) : `it belongs to user ${uid}`);
    if (exposure !== undefined)
      throw new Error(`${link} is a symbolic link and is not followed: ${exposure}`);
    if (++this.#links > MAX_LINKS) throw new Error(`ELOOP: ${link}`);
    const target = readlinkSync(this.#here.at(name));
    if (target.startsWith('/')) this.#move(HeldDirectory.open('/'), '/');
    return namesOf(target);
  }
}

/** Why others than root and this process's user can change what is in a directory; undefined when they cannot. */
function exposureOf(path: string, { uid, gid, mode }: BigIntStats): string | undefined {
  if (!isTrusted(uid)) return `${path} belongs to user ${uid}`;
  if ((mode & STICKY) !== 0n) return undefined;
  if ((mode & WRITABLE_BY_ALL) !== 0n) return `${path} can be written to by others (everybody)`;
  if ((mode & WRITABLE_BY_GROUP) === 0n || isOwnGroup(gid)) return undefined;
  return `${path} can be written to by others (group ${gid})`;
}

/** What belongs to nobody that this user namespace knows, as / often does there, nobody in it can change. */
function isTrusted(uid: bigint): boolean {
  return uid === 0n || Number(uid) === geteuid?.() || IdMap.ofUsers().isNobody(Number(uid));
}

/** A user's own group is often that of his directories, and nobody else's. Root's is that of many a container. */
function isOwnGroup(gid: bigint): boolean {
  return geteuid?.() !== 0 && Number(gid) === getegid?.();
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

/** Node's own message has the path of a descriptor, which says nothing to anybody. */
function describe({ code }: NodeJS.ErrnoException, path: string): string {
  return code === 'ENOTDIR' ? `${code}: ${path} is not a directory` : `${code}: ${path}`;
}
