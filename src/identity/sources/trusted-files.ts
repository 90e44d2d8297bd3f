import { opendirSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_FILE_BYTES, readRegularFile } from '../../linux/files.js';
import { attempt } from '../../values/attempt.js';
import { isMap, type UnknownMap } from '../../values/map.js';
import { findTrusted, isClosed, ownOwners, type TrustSettings } from './trusted-path.js';

/** State files of runtimes contain whole OCI specifications. */
export const MAX_STATE_BYTES = 4 * MAX_FILE_BYTES;

/** Limit on the directories that one `*` expands to. */
const MAX_FOLDERS = 64;

/**
 * Reads a JSON file. The file must be regular, at most `maxBytes` long, and only the trusted owners (by default root and
 * the agent's own user) may be able to write or replace it; undefined otherwise.
 */
export function readJson(
  path: string,
  maxBytes = MAX_FILE_BYTES,
  trust: TrustSettings = { owners: ownOwners() },
): unknown {
  const found = findTrusted(path, trust);
  if ('problem' in found) return undefined;
  const text = readRegularFile(found.path, maxBytes, (stats) => isClosed(stats, trust.owners));
  return text === undefined ? undefined : attempt((): unknown => JSON.parse(text));
}

/** As readJson, for a file that contains a map. */
export function readJsonMap(path: string, maxBytes?: number, trust?: TrustSettings): UnknownMap | undefined {
  const value = readJson(path, maxBytes, trust);
  return isMap(value) ? value : undefined;
}

/** Up to `max` names of entries in a directory; none if it cannot be read or is not trusted. */
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

/** A path that matches a pattern, and the name that `*` matched. */
interface Expanded {
  readonly path: string;
  readonly name: string | undefined;
}

/** The paths that match a path with at most one `*`. */
export function expand(pattern: string): Expanded[] {
  const components = pattern.split('/');
  const star = components.indexOf('*');
  if (star < 0) return [{ path: pattern, name: undefined }];
  const above = components.slice(0, star).join('/');
  const below = components.slice(star + 1);
  return namesIn(above, MAX_FOLDERS).map((name) => ({ path: join(above, name, ...below), name }));
}
