import { isEngineId } from './container-id.js';

/** One line of /proc/PID/cgroup: `hierarchy:controllers:path`. */
export interface CgroupPath {
  /** `cpu,cpuacct` or `name=systemd`; empty for version 2. */
  readonly controllers: string;
  /** From the root of the hierarchy; contains `..` if the cgroup is outside the reader's cgroup namespace. */
  readonly path: string;
}

/** The container that one line of /proc/PID/cgroup names. */
export interface CgroupContainer extends CgroupPath {
  readonly id: string;
  /** Uid of its Kubernetes pod. */
  readonly podUid: string | undefined;
}

/** Suffix that the kernel appends to the path of a removed cgroup of version 2. */
const DELETED = ' (deleted)';

const SCOPE = '.scope';
const ENGINE_ID_LENGTH = 64;

/** Amazon Fargate: the task id and a number. */
const FARGATE_ID = /^([0-9a-f]{32})-[0-9]{1,20}$/;

/** In the name of a systemd slice `-` separates levels, so Kubernetes writes `_` there. */
const POD_UID = /^[0-9a-f]{8}([-_])[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}(?=$|\.slice)/;
const POD_UID_LENGTH = 36;

/** Parses /proc/PID/cgroup. Malformed lines are skipped. */
export function cgroupPaths(text: string): CgroupPath[] {
  return text.split('\n').flatMap((line) => {
    const first = line.indexOf(':');
    const second = line.indexOf(':', first + 1);
    if (first < 0 || second < 0) return [];
    const path = line.slice(second + 1);
    return [
      {
        controllers: line.slice(first + 1, second),
        path: path.endsWith(DELETED) ? path.slice(0, -DELETED.length) : path,
      },
    ];
  });
}

/**
 * The container that /proc/PID/cgroup names, found by the ids that engines generate. With nested containers this is the
 * innermost one. The returned `path` is the container's own cgroup; the process may be in a cgroup below it.
 */
export function containerOfCgroup(text: string): CgroupContainer | undefined {
  let innermost: CgroupContainer | undefined;
  let depth = 0;
  for (const line of cgroupPaths(text)) {
    const components = line.path.split('/');
    const ids = components.filter((component, i) => idOf(component, components[i - 1]) !== undefined).length;
    // Some controllers may only know the outer container.
    if (ids <= depth) continue;
    depth = ids;
    innermost = containerOfPath(line);
  }
  return innermost;
}

/** The innermost container that one line names. */
export function containerOfPath(line: CgroupPath): CgroupContainer | undefined {
  const components = line.path.split('/');
  for (let i = components.length - 1; i >= 0; i--) {
    const id = idOf(components[i]!, components[i - 1]);
    if (id === undefined) continue;
    const podUid = podUidOf(components.slice(0, i + 1));
    return { id, podUid, controllers: line.controllers, path: components.slice(0, i + 1).join('/') };
  }
  return undefined;
}

/**
 * The id in `ID`, `WORD-ID` or `WORD:ID`, with or without `.scope`. A component with any other suffix belongs to the
 * container without being it, such as the mount unit of its root.
 */
function idOf(component: string, parent: string | undefined): string | undefined {
  const fargate = FARGATE_ID.exec(component);
  if (fargate !== null) return fargate[1] === parent ? component : undefined;
  const name = component.endsWith(SCOPE) ? component.slice(0, -SCOPE.length) : component;
  const id = name.slice(-ENGINE_ID_LENGTH);
  if (!isEngineId(id)) return undefined;
  const before = name.slice(0, -ENGINE_ID_LENGTH);
  // conmon, the monitor process of podman and CRI-O, runs on the host beside the container.
  if (before.endsWith('conmon-')) return undefined;
  return before === '' || before.endsWith('-') || before.endsWith(':') ? id : undefined;
}

/**
 * Uid of the innermost pod in a path. A static pod has the hash of its manifest file here, which is not the uid that
 * Kubernetes knows it by, so it is ignored.
 */
function podUidOf(components: readonly string[]): string | undefined {
  for (const component of components.toReversed()) {
    const name = component.split(':', 1)[0]!;
    const start = name.startsWith('pod') ? 0 : name.lastIndexOf('-pod') + 1;
    const uid = name.startsWith('pod', start) ? name.slice(start + 'pod'.length) : '';
    if (POD_UID.test(uid)) return uid.slice(0, POD_UID_LENGTH).replaceAll('_', '-');
  }
  return undefined;
}
