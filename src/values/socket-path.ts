import { resolve } from 'node:path';
import { socketPathProblem } from '../linux/sockaddr.js';
import { accept, type Parsed, parsedBy, refuse } from './parsed.js';
import { NOT_TEXT } from './text.js';
import { pathMistake, withoutUnixScheme } from './written-path.js';

/** Why a path or `@name` cannot be the address of a Unix socket, worded to follow it. */
export function socketPathRefusal(path: string): string | undefined {
  const mistake = path.startsWith('@') ? undefined : pathMistake(path);
  if (mistake !== undefined) return mistake;
  const problem = socketPathProblem(path);
  if (problem !== undefined) return problem;
  return path.endsWith('/') && !path.startsWith('@')
    ? 'is a directory; give the path of a socket'
    : undefined;
}

/** A unique spelling of a path: absolute, without unix://, `..` or double slashes. Abstract names are kept. */
export function absoluteSocketPath(written: string): string {
  const path = withoutUnixScheme(written);
  return path.startsWith('@') ? path : resolve(path);
}

/** Reads a path, relative to the current directory, or `@name` in the abstract namespace. unix:// before it is left out. */
export function parseSocketPath(written: unknown): Parsed<string> {
  if (typeof written !== 'string') return refuse(NOT_TEXT);
  const input = withoutUnixScheme(written);
  // Checked as written first: an empty path would resolve to the current directory, and a final slash would be lost.
  const refusal = socketPathRefusal(input) ?? socketPathRefusal(absoluteSocketPath(input));
  return refusal === undefined ? accept(absoluteSocketPath(input)) : refuse(refusal);
}

/** The address of a Unix socket: an absolute path, or `@name`. */
export function socketPath() {
  return parsedBy(parseSocketPath, { type: 'string', minLength: 1 });
}

/** Why a relative path is refused in a request: what it is relative to would be the agent's own directory. */
export function refuseRelative(input: unknown): ReturnType<typeof refuse> | undefined {
  if (typeof input !== 'string' || pathMistake(withoutUnixScheme(input)) !== undefined) return undefined;
  const isRelative = !/^[/@]/.test(withoutUnixScheme(input));
  return isRelative ? refuse('is not absolute; the agent has a current directory of its own') : undefined;
}
