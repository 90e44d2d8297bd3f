import { readlinkSync, unlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { getegid, geteuid } from 'node:process';
import { check, ECONNREFUSED, errnoName } from './errno.js';
import { HeldDirectory } from './held-directory.js';
import { type FileIdentity, HeldFile, isSameFile } from './held-file.js';
import { unixAddress } from './sockaddr.js';
import { close, connect, openStream } from './socket.js';

/*
 * Others may be able to write to the directory of a socket: the user it belongs to, or the root of a container that has it
 * mounted. They can put a link to any file in the place of the socket, at any moment. So nothing is ever done to what a
 * path leads to: the directory is held, the file is that which the kernel says the socket is bound to, and whatever is
 * removed has been compared with it before.
 */

/** Of the file that bind(2) makes: nobody but its owner may connect before access has been applied. */
export const BIND_UMASK = 0o177;

/**
 * Which file a socket has just been bound to, as `name` in a directory.
 *
 * @param place.isExposed the directory may be somebody else's
 * @throws Error when it is not certain, or the file is not where it ought to be
 */
export function claimFile(
  fd: number,
  directory: HeldDirectory,
  place: { name: string; isExposed: boolean },
): FileIdentity {
  const told = HeldFile.ofSocket(fd);
  const file = told ?? HeldFile.at(directory.at(place.name));
  try {
    const { dev, ino } = file.stat();
    const isOurs = told !== undefined || looksJustBound(file);
    if (!isOurs || !isSameFile(directory.look(place.name), { dev, ino }))
      throw new Error('somebody has put something else there at once');
    if (place.isExposed) disinherit(file);
    return { dev, ino };
  } catch (error) {
    if (told !== undefined) removeStray(told);
    throw error;
  } finally {
    file.close();
  }
}

/** Where the kernel does not say what a socket is bound to: links, and what others have made, look different. */
function looksJustBound(file: HeldFile): boolean {
  const stats = file.stat();
  const isPrivate = (stats.mode & BigInt(BIND_UMASK)) === 0n;
  return stats.isSocket() && Number(stats.uid) === geteuid?.() && isPrivate && stats.nlink === 1n;
}

/** What a directory hands down to all that is made in it, a group or an access list, is its owner's choice, not ours. */
function disinherit(file: HeldFile): void {
  file.removeAccessList();
  const own = getegid?.();
  if (own !== undefined && Number(file.stat().gid) !== own) file.chown(-1, own);
}

/** Wherever it has been bound: a directory on the way may have been exchanged. */
function removeStray(file: HeldFile): void {
  try {
    removeFileAt(readlinkSync(file.path), file.stat());
  } catch {
    // Gone, or out of reach: an empty file with mode 0600, on which nobody listens.
  }
}

/**
 * Removes what is at a path if it is that file. Whoever exchanges it between the look and the removal could have removed
 * what he puts there himself.
 *
 * @throws Error as node:fs has them
 */
export function removeFileAt(path: string, file: FileIdentity): void {
  unlessGone(() => {
    const directory = HeldDirectory.open(dirname(path));
    try {
      const name = basename(path);
      if (isSameFile(directory.look(name), file)) unlinkSync(directory.at(name));
    } finally {
      directory.close();
    }
  });
}

/** Removes a socket that a dead process left behind. @throws Error when something else is in the way, which stays. */
export function clearPlace(directory: HeldDirectory, name: string): void {
  unlessGone(() => {
    const leftover = HeldFile.at(directory.at(name));
    try {
      const stats = leftover.stat();
      if (!stats.isSocket()) throw new Error('something that is not a socket is there');
      checkDead(leftover);
      if (isSameFile(directory.look(name), stats)) unlinkSync(directory.at(name));
    } finally {
      leftover.close();
    }
  });
}

/** Only a refused connection proves that nobody listens; any other answer may come from a live server. */
function checkDead(file: HeldFile): void {
  const probe = check('socket', openStream());
  const result = connect(probe, unixAddress(file.path));
  close(probe);
  if (result === -ECONNREFUSED) return;
  const answer = result < 0 ? ` (${errnoName(-result)})` : '';
  throw new Error(`another process is listening there${answer}`);
}

function unlessGone(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
