import { createHash } from 'node:crypto';
import { rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import { openDirectory } from '../../linux/open-directory.js';
import { SUN_PATH_BYTES } from '../../linux/sockaddr.js';
import { DIGEST_LENGTH } from '../../receivers/uds/config.js';

/** The longest name of a socket in a folder. */
const LONGEST_SOCKET = '/99.sock';

/**
 * The folder of a container's sockets. Named after the container where the paths of its sockets stay short enough for
 * an address, otherwise after a digest of its id. `id` must have been checked: it becomes part of a path.
 */
export function socketFolder(directory: string, id: string): string {
  const folder = join(directory, id);
  const bytes = Buffer.byteLength(folder + LONGEST_SOCKET);
  if (bytes < SUN_PATH_BYTES) return folder;
  return join(directory, createHash('sha256').update(id).digest('hex').slice(0, DIGEST_LENGTH));
}

/**
 * Makes a folder that only root and this process's user can change, and the folders above it where they are missing. One
 * that is there already is used if it is such a folder, and so are all above it.
 *
 * @throws Error whose message says why sockets in it would not be safe, or why it cannot be made.
 */
export function makeSocketFolder(directory: string, folder: string): void {
  makeOurs(directory);
  makeOurs(folder);
}

/** Removes an empty folder. One that is not empty, or not there, stays as it is. */
export function removeSocketFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Whatever somebody else has put there is theirs.
  }
}

function makeOurs(path: string): void {
  const { directory, exposure } = openDirectory(path, { create: true });
  try {
    const { uid } = directory.stat();
    if (exposure === undefined && Number(uid) === geteuid?.()) return;
    throw new Error(
      `${exposure ?? `${path} belongs to user ${uid}`}; sockets of containers need a directory that nobody else can change`,
    );
  } finally {
    directory.close();
  }
}
