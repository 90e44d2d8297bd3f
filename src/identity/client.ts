import { type CgroupPath, cgroupPaths, containerOfPath } from './cgroup.js';

/** What belongs to a user of the host other than root, who makes cgroups of any name in it: as systemd names it. */
const USER_SLICE = /^\/user\.slice\/user-([1-9]\d*)\.slice\//;

/**
 * The client that a process belongs to: what is bounded in all is bounded for each of them. One that could make others at
 * will would take as many shares:
 *
 * - The container that its cgroup names; of containers in containers the outermost, whose root makes the others.
 * - The user whose slice of the host it is in, unless that is root. Rootless containers of a user are not told apart: their
 *   ids are the user's to choose.
 * - The user that it has connected as.
 *
 * `cgroup`: the whole of /proc/PID/cgroup.
 */
export function clientOf(cgroup: string, uid: number): string {
  return clientOfCgroup(cgroup) ?? clientOfUser(uid);
}

/** What the cgroup alone says; undefined: nothing. */
export function clientOfCgroup(cgroup: string): string | undefined {
  const paths = cgroupPaths(cgroup);
  for (const { path } of paths) {
    const [, owner] = USER_SLICE.exec(path) ?? [];
    if (owner !== undefined) return clientOfUser(Number(owner));
  }
  for (const line of paths) {
    const id = outermostContainer(line);
    if (id !== undefined) return clientOfContainer(id);
  }
  return undefined;
}

export function clientOfContainer(id: string): string {
  return `container ${id}`;
}

export function clientOfUser(uid: number): string {
  return `uid ${uid}`;
}

function outermostContainer({ controllers, path }: CgroupPath): string | undefined {
  const components = path.split('/');
  for (let length = 1; length <= components.length; length++) {
    const container = containerOfPath({ controllers, path: components.slice(0, length).join('/') });
    if (container !== undefined) return container.id;
  }
  return undefined;
}
