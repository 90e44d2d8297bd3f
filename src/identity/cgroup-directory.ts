import { join } from 'node:path';
import { isThere } from '../linux/files.js';
import { type CgroupPath, cgroupPaths, containerOfPath } from './cgroup.js';

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

/**
 * The directory of the container's cgroup, from the first hierarchy that has one. If none has, where it must have been, so
 * that its end is noticed; undefined where only a part of the hierarchies is mounted, and nobody can tell.
 */
export function cgroupDirectoryOf(text: string, id: string, cgroups: string): string | undefined {
  const directories = cgroupPaths(text).flatMap((line) => {
    const container = containerOfPath(line);
    return container?.id === id ? cgroupDirectories(container, cgroups) : [];
  });
  return (
    directories.find(isThere) ??
    cgroupPaths(text)
      .flatMap((line) => whereItWas(line, id, cgroups))
      .at(0)
  );
}

function whereItWas(line: CgroupPath, id: string, cgroups: string): string[] {
  const container = containerOfPath(line);
  if (container?.id !== id) return [];
  const mounts = mountsOf(line.controllers).filter((mount) => isWhole(join(cgroups, mount)));
  return mounts.flatMap((mount) => {
    const directory = join(cgroups, mount, container.path);
    return cgroupDirectories(container, cgroups).includes(directory) ? [directory] : [];
  });
}

/** Whether a hierarchy is mounted from its root on, by files that only a root has, or only a root has not. */
function isWhole(mount: string): boolean {
  if (isThere(join(mount, 'release_agent'))) return true;
  return isThere(join(mount, 'cgroup.procs')) && !isThere(join(mount, 'cgroup.events'));
}
