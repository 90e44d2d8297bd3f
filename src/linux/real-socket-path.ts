import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** One spelling for each socket, there or not: no symbolic links, as far as its path exists. */
export function realSocketPath(path: string): string {
  if (path.startsWith('@')) return path;
  try {
    return realpathSync.native(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realSocketPath(parent), basename(path));
  }
}
