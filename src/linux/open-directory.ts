import { type BigIntStats, mkdirSync, readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { getegid, geteuid } from 'node:process';
import { HeldDirectory } from './held-directory.js';
import { withUmask } from './umask.js';
import { IdMap } from './user-namespace.js';

/** Created directories can be entered by others, but not changed by them, whatever the umask is. */
const MADE_MODE = 0o755;
const MADE_UMASK = 0o022;

const WRITABLE_BY_GROUP = 0o020n;
const WRITABLE_BY_ALL = 0o002n;
/** In a sticky directory only its owner and the owner of an entry may remove or rename the entry. */
const STICKY = 0o1000n;

/** As in path_resolution(7). */
const MAX_LINKS = 40;

export interface OpenedDirectory {
  /** The caller must close it. */
  readonly directory: HeldDirectory;
  /** Its path without symbolic links. */
  readonly realPath: string;
  /**
   * Describes who else can change its entries or the path to it; undefined if only root and this process's user can.
   */
  readonly exposure: string | undefined;
}

interface WalkOptions {
  readonly create: boolean;
  readonly refusal?: (directory: string) => string | undefined;
}

/**
 * Walks from the root to a directory and holds it. Each step starts at the directory held before, so the path cannot be
 * redirected in between. Symbolic links are only followed if nobody but root and this process's user can have created
 * them: another user who can write to a directory must not choose where the walk goes from there.
 *
 * @param options.create whether to create missing directories, with mode 0755
 * @param options.refusal given the real path of a directory, returns why its links are not followed even then
 * @throws Error that names the obstacle and its path
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
  /** Path of `#here` without symbolic links. */
  #path = '/';
  /** Describes who else can change the path walked so far. */
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

  /** Status of an entry, which is created first if it is missing and `create` is set. */
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

  /** The names in a link's target. An absolute target moves the walk back to the root. */
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

/** Why users other than root and this process's own can change the entries of a directory; undefined if they cannot. */
function exposureOf(path: string, { uid, gid, mode }: BigIntStats): string | undefined {
  if (!isTrusted(uid)) return `${path} belongs to user ${uid}`;
  if ((mode & STICKY) !== 0n) return undefined;
  if ((mode & WRITABLE_BY_ALL) !== 0n) return `${path} can be written to by others (everybody)`;
  if ((mode & WRITABLE_BY_GROUP) === 0n || isOwnGroup(gid)) return undefined;
  return `${path} can be written to by others (group ${gid})`;
}

/** An unmapped owner, which / often has in a user namespace, cannot act within that namespace. */
function isTrusted(uid: bigint): boolean {
  return uid === 0n || Number(uid) === geteuid?.() || IdMap.ofUsers().isNobody(Number(uid));
}

/**
 * An ordinary user's own group usually has no other member. Root's group also contains the users of many containers.
 */
function isOwnGroup(gid: bigint): boolean {
  return geteuid?.() !== 0 && Number(gid) === getegid?.();
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

/** Replaces Node's message, whose /proc/self/fd path would tell the reader nothing. */
function describe({ code }: NodeJS.ErrnoException, path: string): string {
  return code === 'ENOTDIR' ? `${code}: ${path} is not a directory` : `${code}: ${path}`;
}
