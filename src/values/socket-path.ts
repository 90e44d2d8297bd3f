import { resolve } from 'node:path';
import { socketPathProblem } from '../linux/sockaddr.js';
import { accept, type Parsed, parsedBy, refuse } from './parsed.js';
import { NOT_TEXT } from './text.js';

/** Why a path or `@name` cannot be the address of a Unix socket, worded to follow it. */
export function socketPathRefusal(path: string): string | undefined {
  const problem = socketPathProblem(path);
  if (problem !== undefined) return problem;
  return path.endsWith('/') && !path.startsWith('@')
    ? 'is a directory; give the path of a socket'
    : undefined;
}

/** A unique spelling of a path: absolute, without `..` or double slashes. Abstract names are kept. */
export function absoluteSocketPath(path: string): string {
  return path.startsWith('@') ? path : resolve(path);
}

/** Reads a path, relative to the current directory, or `@name` in the abstract namespace. */
export function parseSocketPath(input: unknown): Parsed<string> {
  if (typeof input !== 'string') return refuse(NOT_TEXT);
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
  const isRelative = typeof input === 'string' && !/^[/@]/.test(input);
  return isRelative ? refuse('is not absolute; the agent has a current directory of its own') : undefined;
}
