import { posix } from 'node:path';

/** Whether a path is a directory or lies below it. Both are absolute and clean. */
export function isInside(path: string, directory: string): boolean {
  return path === directory || directory === '/' || path.startsWith(`${directory}/`);
}

/** One spelling for each path: absolute, without `.`, `..`, doubled or final slashes. It starts from the root. */
export function cleanPath(path: string): string {
  const clean = posix.normalize(`/${path}`);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}
