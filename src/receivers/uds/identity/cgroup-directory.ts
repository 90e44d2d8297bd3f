import { join } from 'node:path';
import { type CgroupPath, cgroupPaths, containerOfPath } from './cgroup.js';
import { isThere } from './sources/read-file.js';

/**
 * Where the directory of a cgroup can be, below what the hierarchies are mounted at. None for a cgroup outside of
 * our own cgroup namespace: its path starts with `..`, and our mounts do not show it.
 */
export function cgroupDirectories(line: CgroupPath, cgroups: string): string[] {
  const { controllers, path } = line;
  if (!path.startsWith('/') || path.split('/').includes('..') || controllers.includes('/')) return [];
  return mountsOf(controllers).map((mount) => join(cgroups, mount, path));
}

/** Version 2 is the whole, or `unified` beside hierarchies of version 1. These are named after their controllers. */
function mountsOf(controllers: string): string[] {
  if (controllers === '') return ['', 'unified'];
  const name = /^name=(.+)$/.exec(controllers)?.[1];
  return name === undefined ? [...new Set([controllers, ...controllers.split(',')])] : [name];
}

/** The directory of the container's cgroup, from the first hierarchy that has one. */
export function cgroupDirectoryOf(text: string, id: string, cgroups: string): string | undefined {
  return cgroupPaths(text)
    .flatMap((line) => {
      const container = containerOfPath(line);
      return container?.id === id ? cgroupDirectories(container, cgroups) : [];
    })
    .find(isThere);
}
