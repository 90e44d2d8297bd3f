import { lstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { attempt } from '../values/attempt.js';
import { quote } from '../values/quote.js';

const OCCUPIED = 'exists and is no socket, and is not replaced; give another path, or remove it';

/**
 * Why no socket can be made at a path; undefined if it may be possible: whether the agent may make a directory depends on
 * the user that it will run as. Follows the path in a message.
 */
export function placeRefusal(path: string): string | undefined {
  if (path.startsWith('@')) return undefined;
  const there = attempt(() => lstatSync(path, { throwIfNoEntry: false }));
  if (there?.isDirectory() === true) return 'is a directory; give the path of a socket';
  if (there !== undefined && !there.isSocket()) return OCCUPIED;
  const parent = nearest(dirname(path));
  if (parent === undefined || statSync(parent).isDirectory()) return undefined;
  return `cannot be made: ${quote(parent)} is no directory`;
}

/** The part of a path that exists; undefined if that cannot be told. */
function nearest(path: string): string | undefined {
  try {
    statSync(path);
    return path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? nearest(dirname(path)) : undefined;
  }
}
