import { MAX_SOCKETS } from '../api/containers/limits.js';
import { isMap } from '../values/map.js';

/*
 * The rewrite record: what has been done to a specification, as an annotation in it. Engines read their specifications back and
 * make containers of them again; then it says which host socket a mount had before it was pointed at a relay socket.
 */

/** The key of the annotation. Outside dev.gvisor.*: runsc compares those when it restores a container. */
export const REWRITE_RECORD = 'io.udscope.monitor';

export interface Replacement {
  /** Where the container sees the socket; the destination of the mount. */
  readonly path: string;
  /** The relay socket, source of the mount. */
  readonly listen: string;
  /** The source before; for a mount that was added, the socket that the container would have seen without it. */
  readonly source: string;
  /** The mount was added, on top of a socket in a mounted directory. */
  readonly added: boolean;
  /** Its options before, if they were changed; null: it had none. */
  readonly options?: readonly string[] | null;
}

export function writeRecord(replacements: readonly Replacement[]): string {
  return JSON.stringify({ sockets: replacements });
}

/** What a record says; nothing when it is not of this form. Anyone who can annotate a container can write one. */
export function readRecord(value: string | undefined): Replacement[] {
  const record = parse(value ?? '');
  const sockets = isMap(record) && Array.isArray(record['sockets']) ? record['sockets'] : [];
  return sockets.length > MAX_SOCKETS || !sockets.every(isReplacement) ? [] : sockets;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isReplacement(value: unknown): value is Replacement {
  return (
    isMap(value) &&
    ['path', 'listen', 'source'].every((key) => typeof value[key] === 'string') &&
    typeof value['added'] === 'boolean' &&
    areOptions(value['options'])
  );
}

function areOptions(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) && value.every((option) => typeof option === 'string');
}
