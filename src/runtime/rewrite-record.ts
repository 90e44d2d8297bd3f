import { isMap } from '../values/map.js';

/*
 * What has been done to a specification, as an annotation in it. Engines read their specifications back and make
 * containers of them again; then the mark says which host socket a mount had before it was pointed at a relay socket.
 */

/** Outside dev.gvisor.*: runsc compares those when it restores a container. */
export const MARK = 'io.udscope.monitor';

export interface Replacement {
  /** Where the container sees the socket; the destination of the mount. */
  readonly path: string;
  /** The relay socket, source of the mount. */
  readonly listen: string;
  /** What the source was before; for a mount that was added, what the container would have seen without it. */
  readonly source: string;
  /** The mount was added, on top of a socket in a mounted directory. */
  readonly added: boolean;
  /** What its options were before, if they were changed; null: it had none. */
  readonly options?: readonly string[] | null;
}

/** As many as an agent makes for one container. */
const MAX_REPLACEMENTS = 64;

export function writeMark(replacements: readonly Replacement[]): string {
  return JSON.stringify({ sockets: replacements });
}

/** What a mark says; nothing when it is none of ours. Whoever can annotate a container can write one. */
export function readMark(value: string | undefined): Replacement[] {
  const mark = parse(value ?? '');
  const sockets = isMap(mark) && Array.isArray(mark['sockets']) ? mark['sockets'] : [];
  return sockets.length > MAX_REPLACEMENTS || !sockets.every(isReplacement) ? [] : sockets;
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
