import { readlinkSync, unlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { getegid, geteuid } from 'node:process';
import { check, ECONNREFUSED, errnoName, isAbsence } from './errno.js';
import { HeldDirectory } from './held-directory.js';
import { type FileIdentity, HeldFile, isSameFile } from './held-file.js';
import { unixAddress } from './sockaddr.js';
import { close, connect, openStream } from './socket.js';

/*
 * Other users may be able to write to a socket's directory: its owner, or the root of a container that has it mounted.
 * They can replace the socket by a link to any file at any moment. So no operation relies on a path: the directory is
 * held open, the kernel says which file the socket is bound to, and a file is compared with that one before it is
 * removed.
 */

/** Umask for bind(2). Only the owner may connect until the configured access has been applied. */
export const BIND_UMASK = 0o177;

/**
 * Identifies the file that a socket has just been bound to, as `name` in a directory.
 *
 * @param place.isExposed whether other users may control the directory
 * @throws Error if the file cannot be determined, or is not at this place any more
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
      throw new Error('it was replaced as soon as it was bound');
    if (place.isExposed) disinherit(file);
    return { dev, ino };
  } catch (error) {
    if (told !== undefined) removeStray(told);
    throw error;
  } finally {
    file.close();
  }
}

/** Fallback for kernels that do not return a socket's file. Links and files of other users do not look like this. */
function looksJustBound(file: HeldFile): boolean {
  const stats = file.stat();
  const isPrivate = (stats.mode & BigInt(BIND_UMASK)) === 0n;
  return stats.isSocket() && Number(stats.uid) === geteuid?.() && isPrivate && stats.nlink === 1n;
}

/** Removes the group and access list inherited from the directory, which its owner chose. */
function disinherit(file: HeldFile): void {
  file.removeAccessList();
  const own = getegid?.();
  if (own !== undefined && Number(file.stat().gid) !== own) file.chown(-1, own);
}

/** Removes the socket file from wherever it is. A directory on the path may have been exchanged during bind(2). */
function removeStray(file: HeldFile): void {
  try {
    removeFileAt(readlinkSync(file.path), file.stat());
  } catch {
    // It is gone or out of reach. What remains is a dead socket with mode 0600.
  }
}

/**
 * Removes the file at a path if it is still the given one. A user who replaces it between the check and the removal
 * gains nothing, because he could have removed the replacement himself.
 *
 * @throws as node:fs does
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

/** Removes a socket that a dead process left behind. @throws Error if anything else is there, which is left alone */
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

/** Only a refused connection proves that nobody listens. Any other result may come from a live server. */
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
    if (!isAbsence(error)) throw error;
  }
}
