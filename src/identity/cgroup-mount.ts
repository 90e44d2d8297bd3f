import { readKernelText } from '../linux/files.js';

/** Where the hierarchy of version 2 is mounted, alone or beside those of version 1; undefined: nowhere. */
export function cgroup2Mount(mounts = '/proc/self/mounts'): string | undefined {
  for (const line of (readKernelText(mounts) ?? '').split('\n')) {
    const [, path, type] = line.split(' ');
    if (type === 'cgroup2') return path;
  }
  return undefined;
}
