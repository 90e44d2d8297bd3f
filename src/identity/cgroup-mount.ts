import { readKernelText } from '../linux/files.js';

/** Mount point of the version 2 hierarchy, alone or beside those of version 1; undefined if it is not mounted. */
export function cgroup2Mount(mounts = '/proc/self/mounts'): string | undefined {
  for (const line of (readKernelText(mounts) ?? '').split('\n')) {
    const [, path, type] = line.split(' ');
    if (type === 'cgroup2') return path;
  }
  return undefined;
}
