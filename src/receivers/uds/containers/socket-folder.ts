import { createHash } from 'node:crypto';
import { rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivateDirectory } from '../../../layout/private-directory.js';
import { SUN_PATH_BYTES } from '../../../linux/sockaddr.js';
import { DIGEST_LENGTH, LONGEST_SOCKET } from '../config.js';

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

/** The folder of a container when another container in another namespace has the same id. */
export function namesakeFolder(directory: string, id: string, namespace: string): string {
  return join(directory, digest(`${namespace}\0${id}`));
}

/**
 * Makes a folder that only this process's user can enter, and missing folders above it: the runtime mounts the sockets, and no
 * other process needs to get there. A folder that exists is used if no other user can change it.
 *
 * @throws Error whose message says why sockets in it would not be safe, or why it cannot be made.
 */
export function makeSocketFolder(directory: string, folder: string): void {
  makePrivateDirectory(directory);
  makePrivateDirectory(folder, { isOwn: true });
}

/** Removes an empty folder. One that is not empty, or not there, stays as it is. */
export function removeSocketFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It is not empty: other files are left alone.
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGEST_LENGTH);
}
