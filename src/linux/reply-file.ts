import { randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import { ECONNREFUSED } from './errno.js';
import { socketPathProblem, unixAddress } from './sockaddr.js';
import { bind, close, connect } from './socket.js';
import { openSocket } from './socket-type.js';

/** Nobody guesses so many. */
const NAME_BYTES = 16;

/** The upstream may be of any user. The kernel refuses what others send: the socket is connected. */
const MODE = 0o666;

/** A file appears a moment before its socket can be found behind it. */
const BEING_BOUND_MS = 2000;

/** So many are looked at: an agent has no more connections. */
const MAX_FILES = 100_000;

/** Binds a socket to a new file of a directory, whose name nobody can guess. Its path, for the caller to unlink; undefined if it is not bound. */
export function bindReplyFile(fd: number, directory: string): string | undefined {
  const path = join(directory, randomBytes(NAME_BYTES).toString('base64url'));
  if (socketPathProblem(path) !== undefined || bind(fd, unixAddress(path)) < 0) return undefined;
  try {
    chmodSync(path, MODE);
  } catch {
    // An upstream of another user cannot answer then.
  }
  return path;
}

export function removeReplyFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Somebody has cleared the directory.
  }
}

/** Removes the files in a directory that processes of this user have left behind there, whose sockets are closed. */
export function clearReplyFiles(directory: string): void {
  const probe = openSocket('dgram');
  if (probe < 0) return;
  try {
    const before = Date.now() - BEING_BOUND_MS;
    for (const name of readdirSync(directory).slice(0, MAX_FILES)) {
      const path = join(directory, name);
      const there = lstatSync(path, { throwIfNoEntry: false });
      const mayBeOurs = there?.isSocket() === true && there.uid === geteuid?.() && there.ctimeMs < before;
      if (mayBeOurs && connect(probe, unixAddress(path)) === -ECONNREFUSED) removeReplyFile(path);
    }
  } finally {
    close(probe);
  }
}
