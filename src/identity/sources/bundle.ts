import { join } from 'node:path';
import { fields, type UnknownMap } from '../../values/map.js';
import type { CgroupPath } from '../cgroup.js';
import { expand, readJsonMap } from './trusted-files.js';

/** A container as the OCI bundle has it that it runs from. */
export interface RunningBundle {
  readonly path: string;
  /** Of containerd; undefined where another engine has made it. */
  readonly namespace: string | undefined;
  readonly specification: UnknownMap;
}

/** The OCI specification in a bundle. */
export function specificationIn(bundle: string): UnknownMap | undefined {
  return readJsonMap(join(bundle, 'config.json'));
}

/**
 * The bundle of the running container `id`. Of several in different namespaces it is that of the cgroup, or the first:
 * `cgroup` is that of the container, where it is known.
 */
export function runningBundle(
  patterns: readonly string[],
  id: string,
  cgroup: CgroupPath | undefined,
): RunningBundle | undefined {
  let first: RunningBundle | undefined;
  for (const pattern of patterns) {
    for (const { path, name } of expand(pattern.replaceAll('{id}', () => id))) {
      const specification = specificationIn(path);
      if (specification === undefined) continue;
      const bundle = { path, namespace: name, specification };
      if (cgroup === undefined || isCgroupOf(specification, cgroup.path)) return bundle;
      first ??= bundle;
    }
  }
  return first;
}

/** `/NAMESPACE/ID`, or `SLICE:PREFIX:ID` for a scope of systemd (OCI runtime specification, config-linux.md). */
function isCgroupOf(specification: UnknownMap, path: string): boolean {
  const specified = fields(specification['linux'])['cgroupsPath'];
  if (typeof specified !== 'string' || specified === '') return false;
  const [, prefix, name] = specified.split(':');
  return path.endsWith(name === undefined ? `/${specified.replace(/^\//, '')}` : `/${prefix}-${name}.scope`);
}
