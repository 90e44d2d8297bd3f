import { MAX_PATH_BYTES, MAX_SOCKETS } from '../api/containers/limits.js';
import { type ContainerMount, isBind } from '../api/containers/mount.js';
import { socketPathProblem } from '../linux/sockaddr.js';
import { cleanPath, isInside } from '../values/file-path.js';
import { quote } from '../values/quote.js';

/*
 * Which sockets of a container an annotation names, and which sockets of the host these are. It is decided here alone: the
 * agent is told sockets. Nothing is looked up on disk.
 */

/** A socket that an annotation names. */
export interface AnnotatedSocket {
  /** Where the container sees it. */
  readonly path: string;
  /** Where the host has it. The agent looks whether it is there, and is a socket. */
  readonly upstream: string;
  /**
   * What is mounted there, as the host has it: the socket, or a directory above. The container may be able to write to that, and
   * a symbolic link leads elsewhere on the host than in the container.
   */
  readonly within: string;
}

/** A path of an annotation that leads to no socket of the host, and why, in words that follow the path. */
export interface RefusedPath {
  readonly path: string;
  readonly reason: string;
}

export interface AnnotatedSockets {
  readonly sockets: readonly AnnotatedSocket[];
  readonly refused: readonly RefusedPath[];
}

export type Annotations = Readonly<Record<string, string>>;

/** What containerd and CRI-O call the container inside its pod. */
const CONTAINER_NAME_KEYS = ['io.kubernetes.cri.container-name', 'io.kubernetes.container.name'];

/**
 * The paths that `key` lists, separated by commas, or `KEY.NAME` for the container of a pod that has this name: an
 * engine gives the annotations of a pod to each of its containers. An empty list is a container's way out. Each path is
 * there once, and not looked at yet.
 */
export function annotatedPaths(annotations: Annotations, key: string): string[] {
  const list = valueFor(annotations, key) ?? '';
  const paths = list.split(',').map((path) => path.trim());
  return [...new Set(paths.filter((path) => path !== ''))];
}

/** The sockets behind the paths that an annotation lists. */
export function annotatedSockets(
  paths: readonly string[],
  mounts: readonly ContainerMount[],
): AnnotatedSockets {
  const sockets: AnnotatedSocket[] = [];
  const refused: RefusedPath[] = [];
  for (const path of paths.slice(0, MAX_SOCKETS)) {
    const found = annotatedSocket(path, mounts);
    if (typeof found === 'string') refused.push({ path, reason: found });
    else sockets.push(found);
  }
  for (const path of paths.slice(MAX_SOCKETS)) {
    refused.push({ path, reason: `is one too many; a container may have ${MAX_SOCKETS} monitored sockets` });
  }
  return { sockets, refused };
}

/** Why there is no such socket, in words that follow the path, when it is a string. */
function annotatedSocket(path: string, mounts: readonly ContainerMount[]): AnnotatedSocket | string {
  const problem = pathProblem(path);
  if (problem !== undefined) return problem;
  const place = placeOf(path, mounts);
  if ('reason' in place) return place.reason;
  const { upstream } = place;
  const upstreamProblem = socketPathProblem(upstream);
  if (upstreamProblem !== undefined) return `leads to ${quote(upstream)}, which ${upstreamProblem}`;
  return { path, upstream, within: mounts[place.mount]?.source ?? upstream };
}

function valueFor(annotations: Annotations, key: string): string | undefined {
  const own = (name: string) => (Object.hasOwn(annotations, name) ? annotations[name] : undefined);
  const name = CONTAINER_NAME_KEYS.map(own).find((value) => value !== undefined && value !== '');
  return (name === undefined ? undefined : own(`${key}.${name}`)) ?? own(key);
}

function pathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) {
    return 'is not an absolute path; give the path of the socket as the container sees it';
  }
  if (/\p{Cc}/u.test(path)) return 'has control characters';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `is longer than ${MAX_PATH_BYTES} bytes`;
  if (path === '/') return 'is a directory; give the path of the socket';
  const normal = cleanPath(path);
  return normal === path ? undefined : `is not the shortest way to write it; write ${quote(normal)}`;
}

/** Where a path of the container leads on the host, or why it leads nowhere, in words that follow the path. */
type Place =
  | { readonly mount: number; readonly upstream: string; readonly isWholeMount: boolean }
  | { readonly reason: string };

/** @param path absolute and clean */
export function placeOf(path: string, mounts: readonly ContainerMount[]): Place {
  const index = coveringMount(path, mounts);
  if (index === undefined) {
    return {
      reason:
        'is not mounted in the container; mount the socket of the host at this path, or annotate only the ' +
        'container that has it, with its name at the end of the key',
    };
  }
  const mount = mounts[index]!;
  const destination = cleanPath(mount.destination);
  const hiding = mounts.findIndex((later, i) => i > index && isInside(path, cleanPath(later.destination)));
  if (hiding !== -1) {
    const other = quote(mounts[hiding]!.destination);
    return { reason: `is hidden by the mount at ${other}, which comes after that of the socket` };
  }
  const problem = sourceProblem(mount);
  if (problem !== undefined) return { reason: problem };
  const rest = path.slice(destination === '/' ? 0 : destination.length);
  return { mount: index, upstream: cleanPath(`${mount.source}${rest}`), isWholeMount: rest === '' };
}

/** The mount nearest to a path; of several at one place the last, which is on top. */
function coveringMount(path: string, mounts: readonly ContainerMount[]): number | undefined {
  let found: number | undefined;
  let longest = 0;
  for (const [index, { destination }] of mounts.entries()) {
    const clean = cleanPath(destination);
    if (!isInside(path, clean) || clean.length < longest) continue;
    found = index;
    longest = clean.length;
  }
  return found;
}

function sourceProblem(mount: ContainerMount): string | undefined {
  const { destination, source, type } = mount;
  const at = quote(destination);
  if (!isBind(mount)) {
    const kind = type === undefined || type === '' ? 'no bind mount' : `of type ${quote(type)}`;
    return `is inside the mount at ${at}, which is ${kind}; only bind mounts lead to the host`;
  }
  if (source?.startsWith('/') !== true)
    return `is inside the mount at ${at}, whose source is no absolute path`;
  // Behind a symbolic link `..` leads elsewhere than text can tell.
  if (source.split('/').includes('..')) return `is inside the mount at ${at}, whose source has .. in it`;
  return undefined;
}
