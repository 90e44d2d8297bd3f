import { type BigIntStats, linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { isAbsence } from './errno.js';
import { asideName, asidePath } from './front.js';
import type { HeldDirectory } from './held-directory.js';
import { type FileIdentity, HeldFile, isSameFile } from './held-file.js';
import { linkRefusal } from './links.js';
import { receptionAt } from './listener-probe.js';
import { openDirectory } from './open-directory.js';
import { exchangeNames, renameToFree } from './rename.js';
import { socketPathProblem } from './sockaddr.js';

/** How long a server that has just come is left alone, in ms: it gives its socket an owner and a mode, by its path. */
const SETTLE_MS = 50;

/** Longest descriptor in a path that is looked at through its directory: /proc/self/fd/9999999/NAME. */
const HELD_PATH = '/proc/self/fd/9999999/';

/**
 * A path of another server's socket at which our own socket, the front, stands:
 *
 *             NAME          .NAME.udscope   .NAME.udscope-upstream
 *   taken     the front     the front       the server's socket
 *   left      the server's  the front
 *
 * It is taken while somebody listens on the server's socket. When nobody does, it is left as the server leaves it, dead or
 * absent, so that a server that starts finds what it would find without us. The front's second name keeps the inode when a
 * server unlinks the path. Each change of NAME is one exchange of two names, and is undone if another file came in between.
 * Others who may write to the directory can exchange all of these, and gain what they could have made there directly.
 */
export class Takeover {
  readonly #path: string;
  #front: FileIdentity;
  /** The server's socket that was moved aside; held, so that no other file can get its inode number. */
  #upstream: HeldFile | undefined;
  /** A server that has come, and since when it is as it is. */
  #newcomer: { readonly stats: BigIntStats; readonly sinceMs: number } | undefined;

  constructor(path: string, front: FileIdentity) {
    this.#path = path;
    this.#front = front;
  }

  /** Whether clients that connect to the path reach the front. */
  get isTaken(): boolean {
    return isSameFile(lstatSync(this.#path, { bigint: true, throwIfNoEntry: false }), this.#front);
  }

  /**
   * Takes the path from a server that listens there, or leaves it as a server left it that does not any more.
   *
   * @param now monotonic ms; Infinity takes a server without a look at how long it has been there
   * @param dress gives the front the access of the server's socket, which is at `upstreamAsidePath` by then
   * @throws Error if the file system or its permissions do not allow it
   */
  follow(now: number, dress: () => void): void {
    if (this.#isAsItWas()) return;
    inDirectoryOf(this.#path, (names) => {
      const there = names.look('path');
      if (isSameFile(there, this.#front)) this.#followTaken(names);
      else if (there?.isSocket() !== true || receptionAt(names.at('path')) !== 'listening')
        this.#newcomer = undefined;
      else if (this.#hasSettled(there, now)) this.#take(names, there, dress);
    });
  }

  /** Another socket of ours is the front from now on. */
  replaceFront(front: FileIdentity): void {
    const former = this.#front;
    this.#front = front;
    inDirectoryOf(this.#path, (names) => {
      if (isSameFile(names.look('path'), former)) exchangeIn(names, 'front', former, front);
    });
  }

  /** Runs `action` on the server's socket that was moved aside, if there is one. */
  withUpstream(action: (file: HeldFile) => void): void {
    if (this.#upstream !== undefined) action(this.#upstream);
  }

  /**
   * Leaves the path to its server. Clients that have reached the front can still be connected to `upstreamAsidePath`.
   *
   * @throws Error
   */
  putBack(): void {
    inDirectoryOf(this.#path, (names) => {
      if (isSameFile(names.look('path'), this.#front)) giveBack(names, this.#front);
    });
  }

  /** Removes what is left beside the path, except the front. @throws Error */
  cleanUp(): void {
    this.#forgetUpstream();
    inDirectoryOf(this.#path, (names) => names.remove('upstream'));
  }

  /** Looked at many times a second: nothing is held for that, and nothing is done but what is looked at again. */
  #isAsItWas(): boolean {
    if (this.#upstream === undefined || !this.isTaken) return false;
    return receptionAt(upstreamAsidePath(this.#path)) === 'listening';
  }

  /** Nothing happens to a path that is absent: it would be without us. */
  #followTaken(names: Names): void {
    const reception = receptionAt(names.at('upstream'));
    if (reception === 'listening' || reception === 'unknown') {
      // An earlier process has taken it.
      if (reception === 'listening') this.#upstream ??= HeldFile.at(names.at('upstream'));
      return;
    }
    giveBack(names, this.#front);
    names.remove('upstream');
    this.#forgetUpstream();
  }

  #hasSettled(stats: BigIntStats, now: number): boolean {
    const before = this.#newcomer;
    const isNew =
      before === undefined || !isSameFile(before.stats, stats) || before.stats.ctimeNs !== stats.ctimeNs;
    if (isNew) this.#newcomer = { stats, sinceMs: now };
    const sinceMs = isNew ? now : before.sinceMs;
    return now === Number.POSITIVE_INFINITY || now - sinceMs >= SETTLE_MS;
  }

  #take(names: Names, server: FileIdentity, dress: () => void): void {
    if (!isSameFile(names.look('front'), this.#front))
      throw new Error(`${names.nameOf('front')} is not ours any more`);
    // First: whoever reaches the front is connected to this.
    if (!linkAs(names, 'path', server, 'upstream')) return;
    const upstream = HeldFile.at(names.at('upstream'));
    if (!isSameFile(upstream.stat(), server)) {
      upstream.close();
      return;
    }
    dress();
    if (!exchangeIn(names, 'front', server, this.#front)) {
      upstream.close();
      return;
    }
    this.#newcomer = undefined;
    this.#forgetUpstream();
    this.#upstream = upstream;
  }

  #forgetUpstream(): void {
    this.#upstream?.close();
    this.#upstream = undefined;
  }
}

/** Where the socket of a path's server is while the path is taken. */
export function upstreamAsidePath(path: string): string {
  return `${asidePath(path)}-upstream`;
}

/** Why a path cannot be taken over, in words that follow it. */
export function takeoverProblem(path: string): string | undefined {
  if (path.startsWith('@')) return 'is an abstract name, which has no file that could be moved aside';
  if (path.startsWith('/proc/')) return 'is below /proc, where no file can be moved aside';
  const longest = [upstreamAsidePath(path), HELD_PATH + basename(upstreamAsidePath(path))];
  return longest.some((each) => socketPathProblem(each) !== undefined)
    ? 'is too long: the socket that is moved aside has a longer name'
    : undefined;
}

/**
 * Puts a server's socket back that an agent had taken over which has died. What was taken is told by the files
 * themselves: the front is the same file under two names, and nobody listens on it. Everything that happens is a rename
 * within the directory. Nothing happens where no agent has left anything.
 *
 * @throws Error if an agent that lives has taken the path over, or the file system does not allow it
 */
export function putBackStale(path: string): void {
  inDirectoryOf(path, (names) => {
    const front = names.look('front');
    if (front === undefined) return;
    if (!front.isSocket() || receptionAt(names.at('front')) !== 'refusing')
      throw new Error(`${names.nameOf('front')} is there, the socket of an agent that has taken it over`);
    if (isSameFile(names.look('path'), front)) giveBack(names, front);
    names.remove('upstream');
    names.remove('new');
    if (isSameFile(names.look('front'), front)) names.remove('front');
  });
}

type Name = 'path' | 'front' | 'upstream' | 'new';

/** The names that a takeover uses, in a directory that is held. */
class Names {
  readonly #directory: HeldDirectory;
  readonly #names: Readonly<Record<Name, string>>;

  constructor(directory: HeldDirectory, name: string) {
    this.#directory = directory;
    const front = asideName(name);
    this.#names = { path: name, front, upstream: `${front}-upstream`, new: `${front}-new` };
  }

  nameOf(name: Name): string {
    return this.#names[name];
  }

  at(name: Name): string {
    return this.#directory.at(this.#names[name]);
  }

  look(name: Name): BigIntStats | undefined {
    return this.#directory.look(this.#names[name]);
  }

  /** @throws Error if it is not ours */
  remove(name: Name): void {
    if (this.checkOurs(name)) unlinkSync(this.at(name));
  }

  /** False if nothing is there. @throws Error if it is no socket: neither ours nor a server's, and left alone */
  checkOurs(name: Name): boolean {
    const there = this.look(name);
    if (there?.isSocket() === false) throw new Error(`${this.nameOf(name)} is there, which is no socket`);
    return there !== undefined;
  }
}

function inDirectoryOf(path: string, action: (names: Names) => void): void {
  const { directory } = openDirectory(dirname(path), { create: false, refusal: linkRefusal });
  try {
    action(new Names(directory, basename(path)));
  } finally {
    directory.close();
  }
}

/** Gives a file another name, whatever socket has that by now. False if the file is not there under the one it should have. */
function linkAs(names: Names, from: Name, file: FileIdentity, to: Name): boolean {
  names.checkOurs(to);
  names.remove('new');
  linkSync(names.at(from), names.at('new'));
  if (isSameFile(names.look('new'), file)) {
    renameSync(names.at('new'), names.at(to));
    return true;
  }
  names.remove('new');
  return false;
}

/** Puts a file at the path in the place of `former`. False, and nothing has changed, if something else is there. */
function exchangeIn(names: Names, from: Name, former: FileIdentity, file: FileIdentity): boolean {
  names.remove('new');
  linkSync(names.at(from), names.at('new'));
  try {
    if (!isSameFile(names.look('new'), file)) return false;
    exchangeNames(names.at('new'), names.at('path'));
    if (isSameFile(names.look('new'), former)) return true;
    returnToPath(names);
    return false;
  } catch (error) {
    // The server has removed its socket.
    if (isAbsence(error)) return false;
    throw error;
  } finally {
    const left = names.look('new');
    if (isSameFile(left, file) || isSameFile(left, former)) names.remove('new');
  }
}

/** What came to the path in the midst of an exchange goes back there. It stays aside only if something newer is there by then. */
function returnToPath(names: Names): void {
  try {
    exchangeNames(names.at('new'), names.at('path'));
  } catch (error) {
    if (!isAbsence(error)) throw error;
    renameToFree(names.at('new'), names.at('path'));
  }
}

/** Puts the server's socket at the path, where the front is; without one, nothing. It keeps its aside name. */
function giveBack(names: Names, front: FileIdentity): void {
  const server = names.look('upstream');
  if (server?.isSocket() === true) exchangeIn(names, 'upstream', front, server);
  else if (isSameFile(names.look('path'), front)) names.remove('path');
}
