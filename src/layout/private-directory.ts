import { chmodSync, chownSync, lstatSync } from 'node:fs';
import { geteuid } from 'node:process';
import type { HeldDirectory } from '../linux/held-directory.js';
import { openDirectory } from '../linux/open-directory.js';
import { PRIVATE } from './default-paths.js';

const OWNER_ONLY = 0o700;
/** The group may pass, and still not look around. */
const GROUP_PASSES = 0o710;

const PERMISSION_BITS = 0o7777;
const WRITABLE_BY_ALL = 0o002;

/** chown(2): leave it as it is. */
const LEAVE = -1;

const ADVICE = 'who could replace what is in it; give the agent a directory of its own';

export interface PrivateDirectoryOptions {
  /** The id of a group that may pass through. */
  readonly group?: number | undefined;
  /** Its place makes it the agent's own, so that it is given its mode even if it exists already. */
  readonly isOwn?: boolean;
}

/**
 * Makes a directory for sockets that command the agent, or that it vouches for. A directory that exists is used if only root and
 * this process's user can replace what lies in it; the same holds for every directory and symbolic link on the way.
 * Its mode is 0700, or 0710 for a group. A directory that exists keeps its own mode, unless it is called `private` or lies in
 * one that is.
 *
 * @throws Error whose message says why it would not be safe, or why it cannot be made.
 */
export function makePrivateDirectory(path: string, options: PrivateDirectoryOptions = {}): void {
  const isNew = lstatSync(path, { throwIfNoEntry: false }) === undefined;
  const { directory, exposure, realPath } = openDirectory(path, { create: true });
  try {
    if (exposure !== undefined) throw new Error(`${exposure}, ${ADVICE}`);
    const isOurs = isNew || options.isOwn === true || realPath.split('/').slice(-2).includes(PRIVATE);
    makePrivate(directory, realPath, isOurs, options.group);
  } finally {
    directory.close();
  }
}

function makePrivate(directory: HeldDirectory, path: string, isOurs: boolean, group?: number): void {
  const stats = directory.stat();
  const mode = Number(stats.mode) & PERMISSION_BITS;
  // In a sticky directory no user can rename another's files, but any user can create them first.
  if ((mode & WRITABLE_BY_ALL) !== 0)
    throw new Error(`${path} can be written to by others (everybody), ${ADVICE}`);
  if (!isOurs || Number(stats.uid) !== geteuid?.()) return;
  const wanted = group === undefined ? OWNER_ONLY : GROUP_PASSES;
  if (group !== undefined && Number(stats.gid) !== group) chownSync(directory.at('.'), LEAVE, group);
  if (mode !== wanted) chmodSync(directory.at('.'), wanted);
}
