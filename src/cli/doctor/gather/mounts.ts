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
import { attempt } from '../../../values/attempt.js';
import type { ContainerMounts, MountFacts } from '../facts.js';

const MOUNTINFO_BYTES_MAX = 16 * 1024 * 1024;

/** Mount namespaces that are looked at. A host has some hundreds of containers. */
const MAX_NAMESPACES = 4096;

export interface LookedFor {
  /** Relay sockets. */
  readonly listens: readonly string[];
  readonly control: string;
  /** The agent, which may be in a container itself. */
  readonly agent: number | undefined;
}

interface Sought {
  readonly files: readonly Place[];
  readonly control: readonly Place[];
}

/**
 * What containers have mounted of the agent's, by what the kernel says of their mounts: nothing is opened in a container, and no path
 * is followed there.
 */
export function mountFacts({ listens, control, agent }: LookedFor, root = '/proc'): MountFacts {
  const own = mountinfoOf('self', root) ?? '';
  const placesOf = (paths: readonly string[]) =>
    paths.flatMap((path) => placeOfPath(realSocketPath(path), own) ?? []);
  const paths = listens.filter((path) => !path.startsWith('@'));
  const sought = { files: placesOf([...paths, ...paths.map(dirname)]), control: placesOf([control]) };
  const hosts = [own, mountinfoOf('1', root) ?? ''].map(rootPlace);
  const seen = new Set<string>(agent === undefined ? [] : [namespaceOf(String(agent), root) ?? '']);
  const containers: ContainerMounts[] = [];
  let hidden = 0;
  for (const pid of processes(root)) {
    const namespace = namespaceOf(pid, root);
    if (namespace === undefined && idOf(pid, root) !== undefined) hidden++;
    if (namespace === undefined || seen.has(namespace) || seen.size >= MAX_NAMESPACES) continue;
    seen.add(namespace);
    const text = mountinfoOf(pid, root);
    if (text !== undefined && !hosts.includes(rootPlace(text)))
      containers.push({ id: idOf(pid, root), pid: Number(pid), ...foundIn(text, sought) });
  }
  return {
    containers: containers.filter(({ stale, control: reached }) => stale.length > 0 || reached),
    hidden,
  };
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
