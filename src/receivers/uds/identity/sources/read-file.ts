import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  readSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { isMap, type UnknownMap } from '../../../../values/map.js';
import { findTrusted, isClosed, ownOwners, type TrustSettings } from './trusted-path.js';

/** What a file may have unless its reader says otherwise: 1 MiB. */
export const MAX_FILE_BYTES = 2 ** 20;

/** State files of runtimes hold whole OCI specifications. */
export const MAX_STATE_BYTES = 4 * MAX_FILE_BYTES;

/** Folders that stand for one `*`. */
const MAX_FOLDERS = 64;

const CHUNK_BYTES = 65_536;

/** A link could lead to a device, where opening is doing; a pipe would make the agent wait. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** The text of a file that the kernel makes, in /proc; undefined when there is none, or it is too long. */
export function readKernelText(path: string, maxBytes = MAX_FILE_BYTES): string | undefined {
  return readRegular(path, maxBytes, () => true);
}

function readRegular(
  path: string,
  maxBytes: number,
  isBelieved: (stats: Stats) => boolean,
): string | undefined {
  return attempt(() => {
    const descriptor = openSync(path, FLAGS);
    try {
      const stats = fstatSync(descriptor);
      const isWanted = stats.isFile() && stats.size <= maxBytes && isBelieved(stats);
      return isWanted ? readAll(descriptor, maxBytes) : undefined;
    } finally {
      closeSync(descriptor);
    }
  });
}

/** Files in /proc have no size: only the end says how long they are. */
function readAll(descriptor: number, maxBytes: number): string | undefined {
  const chunks: Buffer[] = [];
  for (let total = 0; total <= maxBytes; ) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const count = readSync(descriptor, chunk);
    if (count === 0) return Buffer.concat(chunks).toString('utf8');
    chunks.push(chunk.subarray(0, count));
    total += count;
  }
  return undefined;
}

/**
 * The map that a JSON file holds: a regular file of at most `maxBytes`, which nobody but root and the agent's own user
 * can have written or put there. undefined for anything else.
 */
export function readJsonMap(
  path: string,
  maxBytes = MAX_FILE_BYTES,
  trust: TrustSettings = { owners: ownOwners() },
): UnknownMap | undefined {
  const found = findTrusted(path, trust);
  if ('problem' in found) return undefined;
  const text = readRegular(found.path, maxBytes, (stats) => isClosed(stats, trust.owners));
  const value = text === undefined ? undefined : attempt((): unknown => JSON.parse(text));
  return isMap(value) ? value : undefined;
}

/** At most `max` names of what is in a folder; none when it cannot be read, or is not to be believed. */
export function namesIn(
  folder: string,
  max: number,
  trust: TrustSettings = { owners: ownOwners() },
): string[] {
  const names: string[] = [];
  const found = findTrusted(folder, { ...trust, followsLast: true });
  if ('problem' in found || !isClosed(found.stats, trust.owners)) return names;
  attempt(() => {
    const directory = opendirSync(found.path);
    try {
      for (
        let entry = directory.readSync();
        entry !== null && names.length < max;
        entry = directory.readSync()
      )
        names.push(entry.name);
    } finally {
      directory.closeSync();
    }
  });
  return names;
}

/** A path that a pattern stands for, and the name in it that is in the place of `*`. */
export interface Expanded {
  readonly path: string;
  readonly name: string | undefined;
}

/** The paths that a path with `*` in it stands for. */
export function expand(pattern: string): Expanded[] {
  const components = pattern.split('/');
  const star = components.indexOf('*');
  if (star < 0) return [{ path: pattern, name: undefined }];
  const above = components.slice(0, star).join('/');
  const below = components.slice(star + 1);
  return namesIn(above, MAX_FOLDERS).map((name) => ({ path: join(above, name, ...below), name }));
}

/** Whether something is at `path`. What cannot be looked at counts as there: only its absence has consequences. */
export function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // A folder on the way to it has become a file.
    return (error as NodeJS.ErrnoException).code !== 'ENOTDIR';
  }
}

/** The result, or undefined when it throws: whatever the file system or the parser says, there is nothing to know. */
export function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
