import { readlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readKernelText } from '../linux/files.js';
import { attempt } from '../values/attempt.js';
import { containerOfCgroup } from './cgroup.js';
import { ownOwners } from './sources/trusted-path.js';

/*
 * The maker of a container is the process of its engine that stays beside it on the host: containerd's shim, which works in
 * the bundle, or the conmon of podman, which has it in its command line. So it tells where an engine keeps its files, wherever
 * that is. A container cannot choose its maker: it is the first process above it that is in no container, and only root or the
 * agent's own user may run it.
 */

/** Generations of processes in a container that are looked at. */
const MAX_GENERATIONS = 64;

/** Flags of conmon before the path of the bundle. */
const BUNDLE_FLAGS = ['-b', '--bundle'];

/** Paths that may be the bundle of container `id`, given one of its processes. */
export function bundlesOfMaker(proc: string, pid: number, id: string): string[] {
  const maker = makerOf(proc, pid, id);
  if (maker === undefined) return [];
  const folder = join(proc, String(maker));
  const args = readKernelText(join(folder, 'cmdline'))?.split('\0') ?? [];
  const here = attempt(() => readlinkSync(join(folder, 'cwd')));
  const paths = [here, ...valuesOf(args, BUNDLE_FLAGS), ...bundlesOfShim(args, id)];
  return paths.filter((path) => path !== undefined).filter((path) => isBundleOf(path, id));
}

/**
 * Where containerd keeps the bundle, by the command line of its shim: beside its own socket, or one directory further where dockerd has
 * started it. The shim of rootless Docker has mounts of its own, so that the path it works in is not there for others.
 */
function bundlesOfShim(args: readonly string[], id: string): string[] {
  const [socket] = valuesOf(args, ['-address', '--address']);
  const [namespace] = valuesOf(args, ['-namespace', '--namespace']);
  if (socket === undefined || namespace === undefined || namespace.includes('/')) return [];
  const tasks = join('io.containerd.runtime.v2.task', namespace, id);
  return [join(dirname(socket), tasks), join(dirname(socket), 'daemon', tasks)];
}

/** What follows the flags. */
function valuesOf(args: readonly string[], flags: readonly string[]): string[] {
  return args.flatMap((flag, i) => (flags.includes(flag) ? (args[i + 1] ?? []) : []));
}

/** containerd's bundles are called like their container, those of podman are in a directory of that name. */
function isBundleOf(path: string, id: string): boolean {
  if (!path.startsWith('/')) return false;
  return basename(path) === id || (basename(path) === 'userdata' && basename(dirname(path)) === id);
}

/** The pid may belong to another process by now: its cgroup says whether it is still in the container. */
function makerOf(proc: string, pid: number, id: string): number | undefined {
  let current = pid;
  for (let generation = 0; generation <= MAX_GENERATIONS; generation++) {
    const container = containerOf(proc, current);
    const status = readKernelText(join(proc, String(current), 'status'));
    if (container === undefined || status === undefined) return undefined;
    if (container.id === undefined) return generation > 0 && isOwn(status) ? current : undefined;
    if (container.id !== id) return undefined;
    const parent = Number(/^PPid:\t(\d+)$/m.exec(status)?.[1] ?? 0);
    if (parent === 0) return undefined;
    current = parent;
  }
  return undefined;
}

/** The container of a process, with no id outside of containers; undefined if its cgroup cannot be read. */
function containerOf(proc: string, pid: number): { id: string | undefined } | undefined {
  const cgroup = readKernelText(join(proc, String(pid), 'cgroup'));
  return cgroup === undefined ? undefined : { id: containerOfCgroup(cgroup)?.id };
}

/** Whether all four uids of a process are those of trusted users (proc_pid_status(5)). */
function isOwn(status: string): boolean {
  const uids = /^Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)$/m.exec(status)?.slice(1).map(Number);
  const owners = ownOwners();
  return uids?.every((uid) => owners.has(uid)) ?? false;
}
