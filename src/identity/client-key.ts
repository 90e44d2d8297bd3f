import { type CgroupPath, cgroupPaths, containerOfPath } from './cgroup.js';

/** A user's systemd slice. A user other than root can create cgroups with any name inside his own slice. */
const USER_SLICE = /^\/user\.slice\/user-([1-9]\d*)\.slice\//;

/**
 * The client that a process belongs to. Every shared limit is divided among clients, so a process must not be able to
 * create new clients at will, or it would get as many shares. In this order, the client is:
 *
 * - the user whose slice the process is in, unless that is root. Rootless containers of one user are not told apart,
 *   because the user chooses their ids.
 * - the container that the cgroup names; with nested containers the outermost, whose root creates the others.
 * - the user that the process connected as.
 *
 * `cgroup`: the content of /proc/PID/cgroup.
 */
export function clientOf(cgroup: string, uid: number): string {
  return clientOfCgroup(cgroup) ?? clientOfUser(uid);
}

/** The client that the cgroup alone names, if any. */
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
