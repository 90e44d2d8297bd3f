import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import { SUN_PATH_BYTES } from '../../linux/sockaddr.js';
import { DIGEST_LENGTH } from '../../receivers/uds/config.js';

/** Others may look into a folder, and change nothing there. */
const FOLDER_MODE = 0o755;
const WRITABLE_BY_OTHERS = 0o022;

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
  return join(directory, digest(id));
}

/** The folder of a container whose id another one has, too, in another namespace. */
export function namesakeFolder(directory: string, id: string, namespace: string): string {
  return join(directory, digest(`${namespace}\0${id}`));
}

/**
 * Makes a folder that only this process's user can change, and the folders above it where they are missing. One that is
 * there already is used if it is such a folder.
 *
 * @throws Error whose message says why sockets in it would not be safe, or why it cannot be made.
 */
export function makeSocketFolder(directory: string, folder: string): void {
  mkdirSync(directory, { recursive: true, mode: FOLDER_MODE });
  checkOurs(directory);
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  checkOurs(folder);
}

/** Removes an empty folder. One that is not empty, or not there, stays as it is. */
export function removeSocketFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Whatever somebody else has put there is theirs.
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGEST_LENGTH);
}

function checkOurs(path: string): void {
  const stats = lstatSync(path);
  if (!stats.isDirectory()) throw new Error(`${path} is not a directory`);
  if (stats.uid !== geteuid?.()) {
    throw new Error(
      `${path} belongs to user ${stats.uid}; sockets of containers need a directory of our own`,
    );
  }
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0) {
    throw new Error(`${path} can be written to by others; take that permission away (chmod go-w)`);
  }
}
