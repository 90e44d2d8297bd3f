import { chmodSync, chownSync, lstatSync, mkdirSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { getegid, geteuid, umask } from 'node:process';
import { IdMap } from './linux/user-namespace.js';
import { PRIVATE } from './values/default-paths.js';

/** Of directories on the way: without them nobody reaches what lies beside, whatever its own mode. */
const ON_THE_WAY = 0o755;

const OWNER_ONLY = 0o700;
/** The group may pass, and still not look around. */
const GROUP_PASSES = 0o710;

const PERMISSION_BITS = 0o7777;
const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_ALL = 0o002;
/** Whoever may write to such a directory may still not remove or rename what is another's: /tmp. */
const STICKY = 0o1000;

/** As many as the kernel follows (path_resolution(7)). */
const MAX_LINKS = 40;

/** chown(2): leave it as it is. */
const LEAVE = -1;

export interface PrivateDirectoryOptions {
  /** The id of a group that may pass through. */
  readonly group?: number | undefined;
  /** It is the agent's own by its place, and so it is given its mode also where it is there already. */
  readonly isOwn?: boolean;
}

/**
 * Makes a directory for sockets that command the agent, or that it is about to vouch for. What is there already is used if
 * nobody but root and this process's user can put anything in the place of what lies there; that goes for every directory
 * and symbolic link on the way. Its mode is 0700, or 0710 for a group; one that is there keeps its own mode,
 * unless it is called `private`, or lies in one that is.
 *
 * @throws Error whose message says why it would not be safe, or why it cannot be made.
 */
export function makePrivateDirectory(path: string, { group, isOwn }: PrivateDirectoryOptions = {}): void {
  const isNew = withUmask(~ON_THE_WAY & 0o777, () => {
    mkdirSync(dirname(path), { recursive: true });
    return makeDirectory(path);
  });
  const found = checkedPath(path);
  const isOurs = isNew || isOwn === true || found.path.split('/').slice(-2).includes(PRIVATE);
  if (!isOurs || found.stats.uid !== geteuid?.()) return;
  if (group !== undefined && found.stats.gid !== group) chownSync(found.path, LEAVE, group);
  const mode = group === undefined ? OWNER_ONLY : GROUP_PASSES;
  if ((found.stats.mode & PERMISSION_BITS) !== mode) chmodSync(found.path, mode);
}

/** False: it is there already. */
function makeDirectory(path: string): boolean {
  try {
    mkdirSync(path, { mode: OWNER_ONLY });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The same path without symbolic links, every component of which was checked. */
function checkedPath(path: string): { path: string; stats: Stats } {
  let current = { path: '/', stats: lstatSync('/') };
  checkDirectory(current.path, current.stats, true);
  const rest = path.split('/').filter(isComponent);
  for (let links = 0; rest.length > 0; ) {
    const next = join(current.path, rest.shift()!);
    const stats = lstatSync(next);
    if (stats.isSymbolicLink()) {
      if (++links > MAX_LINKS) throw new Error(`${path} leads through too many symbolic links`);
      const target = readlinkSync(next);
      rest.unshift(...target.split('/').filter(isComponent));
      if (target.startsWith('/')) current = { path: '/', stats: lstatSync('/') };
      continue;
    }
    checkDirectory(next, stats, rest.length > 0);
    current = { path: next, stats };
  }
  return current;
}

function isComponent(name: string): boolean {
  return name !== '' && name !== '.';
}

/** @throws Error when somebody else could replace what is in it. */
function checkDirectory(path: string, stats: Stats, isOnTheWay: boolean): void {
  if (!stats.isDirectory()) throw new Error(`${path} is not a directory`);
  // What belongs to nobody that this user namespace knows, as / does there, nobody in it can be blamed for.
  const isTrusted =
    [0, geteuid?.()].includes(stats.uid) || (isOnTheWay && IdMap.ofUsers().isNobody(stats.uid));
  if (!isTrusted) {
    throw new Error(`${path} belongs to user ${stats.uid}, who could replace what is in it; ${ADVICE}`);
  }
  if (isWritableByOthers(stats) && !(isOnTheWay && (stats.mode & STICKY) !== 0)) {
    throw new Error(`${path} can be written to by others, who could replace what is in it; ${ADVICE}`);
  }
}

const ADVICE = 'give the agent a directory of its own';

/** A user's own group is often that of his directories, and lets nobody else in. Root's is no such group. */
function isWritableByOthers({ mode, gid }: Stats): boolean {
  const isOwnGroup = geteuid?.() !== 0 && gid === getegid?.();
  return (mode & WRITABLE_BY_ALL) !== 0 || ((mode & WRITABLE_BY_GROUP) !== 0 && !isOwnGroup);
}

/** The umask is the whole process's, so nothing may be awaited under it. */
function withUmask<T>(mask: number, action: () => T): T {
  const previous = umask(mask);
  try {
    return action();
  } finally {
    umask(previous);
  }
}
