import { closeSync, constants, fstatSync, lstatSync, opendirSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, type UnknownMap } from '../../../../values/map.js';

/** What a file may have unless its reader says otherwise: 1 MiB. */
export const MAX_FILE_BYTES = 2 ** 20;

/** State files of runtimes hold whole OCI specifications. */
export const MAX_STATE_BYTES = 4 * MAX_FILE_BYTES;

/** Folders that stand for one `*`. */
const MAX_FOLDERS = 64;

const CHUNK_BYTES = 65_536;

/** A link could lead to a device, where opening is doing; a pipe would make the agent wait. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** The text of a regular file; undefined when there is none, or it is longer than `maxBytes`. */
export function readText(path: string, maxBytes = MAX_FILE_BYTES): string | undefined {
  return attempt(() => {
    const descriptor = openSync(path, FLAGS);
    try {
      const stat = fstatSync(descriptor);
      return stat.isFile() && stat.size <= maxBytes ? readAll(descriptor, maxBytes) : undefined;
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

/** The map that a JSON file holds; undefined for anything else. */
export function readJsonMap(path: string, maxBytes = MAX_FILE_BYTES): UnknownMap | undefined {
  const text = readText(path, maxBytes);
  const value = text === undefined ? undefined : attempt((): unknown => JSON.parse(text));
  return isMap(value) ? value : undefined;
}

/** At most `max` names of what is in a folder; none when it cannot be read. */
export function namesIn(folder: string, max: number): string[] {
  const names: string[] = [];
  attempt(() => {
    const directory = opendirSync(folder);
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

/** The paths that a path with `*` in it stands for. */
export function expand(pattern: string): string[] {
  const components = pattern.split('/');
  const star = components.indexOf('*');
  if (star < 0) return [pattern];
  const above = components.slice(0, star).join('/');
  const below = components.slice(star + 1);
  return namesIn(above, MAX_FOLDERS).map((name) => join(above, name, ...below));
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
