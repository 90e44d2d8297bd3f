import { join, posix } from 'node:path';
import { fields, type UnknownMap } from '../../values/map.js';
import type { CgroupPath } from '../cgroup.js';
import { cgroupDirectories } from '../cgroup-directory.js';
import { isContainerId } from '../container-id.js';
import { namespaceOfRoot } from '../namespace.js';
import type { ContainerRecord } from './bundle.js';
import { expand, MAX_STATE_BYTES, readJsonMap } from './trusted-files.js';

/** A container according to runc's state. */
export interface RuncContainer extends ContainerRecord {
  readonly id: string;
  /** containerd namespace, or the directory that holds the state. */
  readonly namespace: string;
  /** Directory of its state, which exists until the container is deleted. */
  readonly directory: string;
  /** Pid of its first process. */
  readonly initPid: number | undefined;
  readonly annotations: UnknownMap;
}

/** Default name of the systemd scope that runc creates for a container. */
const RUNC_SCOPE = /^runc-(.+)\.scope$/;

/** The container `id` of runc. If several namespaces have one, the one in `cgroup` is preferred, then the first. */
export function runcContainer(
  roots: readonly string[],
  cgroups: string,
  id: string,
  cgroup: CgroupPath | undefined,
): RuncContainer | undefined {
  const found = statesOf(roots, id);
  const own = cgroup === undefined ? [] : cgroupDirectories(cgroup, cgroups);
  return (found.find(({ state }) => isIn(state, own)) ?? found[0])?.container;
}

/**
 * Containers that were started under a freely chosen name (`runc run NAME`) and have a cgroup of that name. The name
 * alone proves nothing, so runc's state must list this cgroup as the container's.
 */
export function runcContainersIn(
  line: CgroupPath,
  roots: readonly string[],
  cgroups: string,
): RuncContainer[] {
  const own = cgroupDirectories(line, cgroups);
  const last = posix.basename(line.path);
  return [last, RUNC_SCOPE.exec(last)?.[1]].filter(isContainerId).flatMap((id) =>
    statesOf(roots, id)
      .filter(({ state }) => isIn(state, own))
      .map(({ container }) => container),
  );
}

interface RuncState {
  readonly state: UnknownMap;
  readonly container: RuncContainer;
}

function statesOf(roots: readonly string[], id: string): RuncState[] {
  return roots.flatMap(expand).flatMap(({ path: root }) => {
    const directory = join(root, id);
    const state = readJsonMap(join(directory, 'state.json'), MAX_STATE_BYTES);
    if (state?.['id'] !== id) return [];
    const pid = state['init_process_pid'];
    const initPid = typeof pid === 'number' && pid > 0 ? pid : undefined;
    const namespace = namespaceOfRoot(root);
    const annotations = annotationsIn(state);
    const { mounts } = fields(state['config']);
    const bundle = typeof annotations['bundle'] === 'string' ? annotations['bundle'] : undefined;
    return [{ state, container: { id, namespace, directory, initPid, annotations, mounts, bundle } }];
  });
}

function isIn(state: UnknownMap, directories: readonly string[]): boolean {
  const paths = Object.values(fields(state['cgroup_paths']));
  return paths.some((path) => directories.includes(String(path)));
}

/** runc stores the bundle's annotations as labels `key=value`, and adds one for the bundle's path. */
function annotationsIn(state: UnknownMap): UnknownMap {
  const labels = fields(state['config'])['labels'];
  const texts = Array.isArray(labels) ? labels.filter((label) => typeof label === 'string') : [];
  return Object.fromEntries(
    texts.map((label: string) => {
      const [key = ''] = label.split('=', 1);
      return [key, label.slice(key.length + 1)];
    }),
  );
}
