import { readdirSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { containerOfCgroup } from '../../../identity/cgroup.js';
import {
  mountsAbove,
  mountsOfDeleted,
  type Place,
  placeOfPath,
  rootPlace,
} from '../../../identity/mountinfo.js';
import { readKernelText } from '../../../linux/files.js';
import { realSocketPath } from '../../../linux/real-socket-path.js';
import { SilentMounts } from '../../../linux/silent-mounts.js';
import { attempt } from '../../../values/attempt.js';
import type { ContainerMounts, MountFacts } from '../facts.js';

const MOUNTINFO_BYTES_MAX = 16 * 1024 * 1024;

/** Mount namespaces that are looked at. A host has some hundreds of containers. */
const MAX_NAMESPACES = 4096;

/** The first of all, which sees every process: PROC_PID_INIT_INO, linux/proc_ns.h. */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';

export interface LookedFor {
  /** Relay sockets. */
  readonly listens: readonly string[];
  readonly control: string;
  /** Processes of the agent, which may be in a container itself. */
  readonly agents: readonly number[];
}

interface Sought {
  readonly files: readonly Place[];
  readonly control: readonly Place[];
}

/**
 * What containers have mounted of the agent's, by what the kernel says of their mounts: nothing is opened in a container, and no path
 * is followed there.
 */
export function mountFacts(
  { listens, control, agents }: LookedFor,
  root = '/proc',
  silent = new SilentMounts(),
): MountFacts {
  const own = mountinfoOf('self', root);
  const places = (paths: readonly string[]) =>
    paths.flatMap((path) => placeOfPath(realOf(path, silent), own ?? '') ?? []);
  const paths = listens.filter((path) => !path.startsWith('@'));
  const sought = { files: places([...paths, ...paths.map(dirname)]), control: places([control]) };
  const hosts = [own ?? '', mountinfoOf('1', root) ?? ''].map(rootPlace);
  const seen = new Set<string>(agents.flatMap((pid) => namespaceOf(String(pid), root) ?? []));
  const containers: ContainerMounts[] = [];
  const unreadable: string[] = [];
  let hidden = 0;
  let left = 0;
  const pids = processes(root);
  for (const pid of pids) {
    const namespace = namespaceOf(pid, root);
    if (namespace === undefined && idOf(pid, root) !== undefined) hidden++;
    if (namespace === undefined || seen.has(namespace)) continue;
    if (seen.size >= MAX_NAMESPACES) {
      left++;
      continue;
    }
    const text = mountinfoOf(pid, root);
    // It has ended; another process may have the same mounts.
    if (text === undefined && namespaceOf(pid, root) !== namespace) continue;
    seen.add(namespace);
    if (text === undefined) unreadable.push(pid);
    else if (!hosts.includes(rootPlace(text)))
      containers.push({ id: idOf(pid, root), pid: Number(pid), ...foundIn(text, sought) });
  }
  const found = containers.filter(({ stale, control: reached }) => stale.length > 0 || reached);
  const unseen = [
    ...(own === undefined ? ['the mounts of this process cannot be read'] : []),
    // Or of a container that has taken the agent's place.
    ...agents
      .filter((pid) => !hosts.includes(rootPlace(mountinfoOf(String(pid), root) ?? own ?? '')))
      .map(
        (pid) => `what answers as the agent is in a container (pid ${pid}), whose mounts are not looked at`,
      ),
    ...unreadable.map((pid) => `a container (pid ${pid}) has more mounts than are read`),
    ...(left > 0 ? [`there are more than ${MAX_NAMESPACES} sets of mounts: those of ${left} processes`] : []),
    ...unseenProcesses(pids, root),
  ];
  return { containers: found, hidden, unseen };
}

/** Why there may be more processes than are seen. */
function unseenProcesses(pids: readonly string[], root: string): string[] {
  const namespace = attempt(() => readlinkSync(`${root}/self/ns/pid`));
  if (namespace !== undefined && namespace !== FIRST_PID_NAMESPACE)
    return ['processes outside of the pid namespace of this command are not seen'];
  return pids.includes('1') ? [] : ['/proc does not show the processes of other users (hidepid)'];
}

/** No file system is waited for. */
function realOf(path: string, silent: SilentMounts): string {
  return silent.onTheWayTo(path) === undefined ? realSocketPath(path) : path;
}

function foundIn(text: string, { files, control }: Sought): Pick<ContainerMounts, 'stale' | 'control'> {
  const [reached] = mountsAbove(control, text);
  return { stale: mountsOfDeleted(files, text), control: reached };
}

function processes(root: string): string[] {
  return attempt(() => readdirSync(root).filter((name) => /^\d+$/.test(name))) ?? [];
}

/** undefined: this user may not know, or it has ended. */
function namespaceOf(pid: string, root: string): string | undefined {
  return attempt(() => readlinkSync(`${root}/${pid}/ns/mnt`));
}

function mountinfoOf(pid: string, root: string): string | undefined {
  return readKernelText(`${root}/${pid}/mountinfo`, MOUNTINFO_BYTES_MAX);
}

function idOf(pid: string, root: string): string | undefined {
  return containerOfCgroup(readKernelText(`${root}/${pid}/cgroup`) ?? '')?.id;
}
