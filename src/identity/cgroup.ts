import { isEngineId } from './container-id.js';

/** One line of /proc/PID/cgroup: `hierarchy:controllers:path`. */
export interface CgroupPath {
  /** `cpu,cpuacct`, `name=systemd`, or nothing for version 2. */
  readonly controllers: string;
  /** From the root of the hierarchy; with `..` in it when that is outside of the reader's cgroup namespace. */
  readonly path: string;
}

/** What one line of /proc/PID/cgroup says about a container. */
export interface CgroupContainer extends CgroupPath {
  readonly id: string;
  /** The uid of its Kubernetes pod. */
  readonly podUid: string | undefined;
}

/** What the kernel appends to the path of a cgroup of version 2 that is removed. */
const DELETED = ' (deleted)';

const SCOPE = '.scope';
const ENGINE_ID_LENGTH = 64;

/** Amazon Fargate: the id of the task, and a number. */
const FARGATE_ID = /^([0-9a-f]{32})-[0-9]{1,20}$/;

/** Systemd's names of slices may not have `-` within a word, so that Kubernetes writes `_`. */
const POD_UID = /^[0-9a-f]{8}([-_])[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}(?=$|\.slice)/;
const POD_UID_LENGTH = 36;

/** The lines of /proc/PID/cgroup. Lines that are none are left out. */
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
 * The container that /proc/PID/cgroup names, by the ids that engines make. Of containers in containers it is the
 * innermost. `path` of the result is that of the container's own cgroup: the process may be in one below.
 */
export function containerOfCgroup(text: string): CgroupContainer | undefined {
  let innermost: CgroupContainer | undefined;
  let depth = 0;
  for (const line of cgroupPaths(text)) {
    const components = line.path.split('/');
    const ids = components.filter((component, i) => idOf(component, components[i - 1]) !== undefined).length;
    // Some controllers may know only of the outer container.
    if (ids <= depth) continue;
    depth = ids;
    innermost = containerOfPath(line);
  }
  return innermost;
}

/** The same of one line. */
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
 * The id in `ID`, `WORD-ID` and `WORD:ID`, with or without `.scope`. Anything else behind the id is not the
 * container but something of it: the mount of its root, say.
 */
function idOf(component: string, parent: string | undefined): string | undefined {
  const fargate = FARGATE_ID.exec(component);
  if (fargate !== null) return fargate[1] === parent ? component : undefined;
  const name = component.endsWith(SCOPE) ? component.slice(0, -SCOPE.length) : component;
  const id = name.slice(-ENGINE_ID_LENGTH);
  if (!isEngineId(id)) return undefined;
  const before = name.slice(0, -ENGINE_ID_LENGTH);
  // The monitor of a container, of podman and CRI-O, runs on the host beside it.
  if (before.endsWith('conmon-')) return undefined;
  return before === '' || before.endsWith('-') || before.endsWith(':') ? id : undefined;
}

/**
 * The innermost pod in a path. A pod that the kubelet read from a file of its own has the hash of that file here,
 * which is not the uid that Kubernetes knows it by: it is left out.
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
