import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A unique spelling of a socket's path: symbolic links are resolved as far as the path exists. */
export function realSocketPath(path: string): string {
  if (path.startsWith('@')) return path;
  try {
    return realpathSync.native(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realSocketPath(parent), basename(path));
  }
}
