import { join } from 'node:path';
import { fields, type UnknownMap } from '../../values/map.js';
import type { CgroupPath } from '../cgroup.js';
import { expand, readJsonMap } from './trusted-files.js';

/** What files of the host say of a container, from which its names are found. */
export interface ContainerRecord {
  readonly annotations: unknown;
  readonly mounts: unknown;
  /** Path of its OCI bundle, where known. */
  readonly bundle: string | undefined;
}

/** The OCI bundle that a container runs from. */
export interface RunningBundle extends ContainerRecord {
  /** containerd namespace; undefined if another engine created the container. */
  readonly namespace: string | undefined;
}

/** The containerd namespace in the path of a bundle that its shim works in. */
const NAMESPACE_IN_BUNDLE = /\/io\.containerd\.runtime\.v\d+\.\w+\/([^/]+)\/[^/]+$/;

/** The OCI specification (config.json) of a bundle. */
export function specificationIn(bundle: string): UnknownMap | undefined {
  return readJsonMap(join(bundle, 'config.json'));
}

/**
 * The bundle of the running container `id`. If several namespaces have one, the bundle that specifies the container's
 * `cgroup` is preferred, then the first.
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
      const { annotations, mounts } = specification;
      const namespace = name ?? NAMESPACE_IN_BUNDLE.exec(path)?.[1];
      const bundle = { namespace, annotations, mounts, bundle: path };
      if (cgroup === undefined || isCgroupOf(specification, cgroup.path)) return bundle;
      first ??= bundle;
    }
  }
  return first;
}

/**
 * The specified path is `/NAMESPACE/ID`, or `SLICE:PREFIX:ID` with systemd (OCI runtime specification,
 * config-linux.md).
 */
function isCgroupOf(specification: UnknownMap, path: string): boolean {
  const specified = fields(specification['linux'])['cgroupsPath'];
  if (typeof specified !== 'string' || specified === '') return false;
  const [, prefix, name] = specified.split(':');
  return path.endsWith(name === undefined ? `/${specified.replace(/^\//, '')}` : `/${prefix}-${name}.scope`);
}
