import { join } from 'node:path';
import { isThere } from '../linux/files.js';
import { type CgroupPath, cgroupPaths, containerOfPath } from './cgroup.js';

/**
 * The directories that may belong to a cgroup, below the mount points of the hierarchies. A cgroup outside our own
 * cgroup namespace has none: its path starts with `..`, and our mounts do not show it.
 */
export function cgroupDirectories(line: CgroupPath, cgroups: string): string[] {
  const { controllers, path } = line;
  if (!path.startsWith('/') || path.split('/').includes('..') || controllers.includes('/')) return [];
  return mountsOf(controllers).map((mount) => join(cgroups, mount, path));
}

/**
 * Version 2 is mounted alone, or as `unified` beside hierarchies of version 1, which are named after their controllers.
 */
function mountsOf(controllers: string): string[] {
  if (controllers === '') return ['', 'unified'];
  const name = /^name=(.+)$/.exec(controllers)?.[1];
  return name === undefined ? [...new Set([controllers, ...controllers.split(',')])] : [name];
}

/**
 * The directory of the container's cgroup, from the first hierarchy that has one. If no hierarchy has it any more, the
 * path where it must have been, so that its end is still noticed. undefined where only part of a hierarchy is mounted,
 * so that a missing directory proves nothing.
 */
export function cgroupDirectoryOf(text: string, id: string, cgroups: string): string | undefined {
  const directories = cgroupPaths(text).flatMap((line) => {
    const container = containerOfPath(line);
    return container?.id === id ? cgroupDirectories(container, cgroups) : [];
  });
  return (
    directories.find(isThere) ??
    cgroupPaths(text)
      .flatMap((line) => formerDirectories(line, id, cgroups))
      .at(0)
  );
}

function formerDirectories(line: CgroupPath, id: string, cgroups: string): string[] {
  const container = containerOfPath(line);
  if (container?.id !== id) return [];
  const mounts = mountsOf(line.controllers).filter((mount) => isWhole(join(cgroups, mount)));
  return mounts.flatMap((mount) => {
    const directory = join(cgroups, mount, container.path);
    return cgroupDirectories(container, cgroups).includes(directory) ? [directory] : [];
  });
}

/** Whether a hierarchy is mounted from its root: some files exist only in a root cgroup, others only below it. */
function isWhole(mount: string): boolean {
  if (isThere(join(mount, 'release_agent'))) return true;
  return isThere(join(mount, 'cgroup.procs')) && !isThere(join(mount, 'cgroup.events'));
}
