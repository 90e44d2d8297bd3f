import { join, posix } from 'node:path';
import { fields, type UnknownMap } from '../../../../values/map.js';
import type { CgroupPath } from '../cgroup.js';
import { cgroupDirectories } from '../cgroup-directory.js';
import { isContainerId } from '../container-id.js';
import { expand, MAX_STATE_BYTES, readJsonMap } from './read-file.js';

/** A container as the state of runc has it. */
export interface RuncContainer {
  readonly id: string;
  /** The folder of its state, which is there until it is deleted. */
  readonly directory: string;
  readonly annotations: UnknownMap;
}

/** What runc calls the scope of a container that systemd keeps, unless told otherwise. */
const RUNC_SCOPE = /^runc-(.+)\.scope$/;

/** The annotations of the container `id` of runc. */
export function runcAnnotations(roots: readonly string[], id: string): UnknownMap | undefined {
  for (const directory of stateDirectories(roots, id)) {
    const state = readState(directory);
    if (state !== undefined) return annotationsIn(state);
  }
  return undefined;
}

/**
 * The container that was run under a name of somebody's choice (`runc run NAME`) and has a cgroup of that name. The
 * name alone proves nothing: the state of runc must say that this cgroup is the container's.
 */
export function runcContainerIn(
  line: CgroupPath,
  roots: readonly string[],
  cgroups: string,
): RuncContainer | undefined {
  const ownDirectories = cgroupDirectories(line, cgroups);
  const last = posix.basename(line.path);
  for (const id of [last, RUNC_SCOPE.exec(last)?.[1]]) {
    if (!isContainerId(id)) continue;
    for (const directory of stateDirectories(roots, id)) {
      const state = readState(directory);
      const paths = Object.values(fields(state?.['cgroup_paths']));
      if (state?.['id'] === id && paths.some((path) => ownDirectories.includes(String(path))))
        return { id, directory, annotations: annotationsIn(state) };
    }
  }
  return undefined;
}

function stateDirectories(roots: readonly string[], id: string): string[] {
  return roots.flatMap(expand).map((root) => join(root, id));
}

function readState(directory: string): UnknownMap | undefined {
  return readJsonMap(join(directory, 'state.json'), MAX_STATE_BYTES);
}

/** runc keeps the annotations of the bundle as labels `key=value`, and adds one for the path of the bundle. */
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
