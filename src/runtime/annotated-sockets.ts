import { posix } from 'node:path';
import { quote } from '../values/quote.js';

/*
 * Which sockets of a container an annotation names, and which sockets of the host these are. Both ends use it: the
 * agent, which relays them, and the runtime wrapper, which mounts the relay sockets. Nothing is looked up on disk.
 */

/** A mount of a container, as its OCI specification has it. */
export interface ContainerMount {
  readonly destination: string;
  readonly source?: string | undefined;
  readonly type?: string | undefined;
  readonly options?: readonly string[] | undefined;
}

/** A socket that an annotation names. */
export interface AnnotatedSocket {
  /** Where the container sees it. */
  readonly path: string;
  /** Where the host has it. Whether it is there, and is a socket, nobody has looked. */
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

/** As many as an agent makes for one container. */
const MAX_PATHS = 64;

/** PATH_MAX of limits.h, without its NUL. */
const MAX_PATH_BYTES = 4095;

/** What containerd and CRI-O call the container inside its pod. */
const CONTAINER_NAME_KEYS = ['io.kubernetes.cri.container-name', 'io.kubernetes.container.name'];

/**
 * The paths that `key` lists, separated by commas, or `KEY.NAME` for the container of a pod that has this name: an
 * engine gives the annotations of a pod to each of its containers. An empty list is a container's way out.
 */
export function annotatedSockets(
  annotations: Annotations,
  mounts: readonly ContainerMount[],
  key: string,
): AnnotatedSockets {
  const sockets: AnnotatedSocket[] = [];
  const refused: RefusedPath[] = [];
  const paths = annotatedPaths(annotations, key);
  for (const path of paths.slice(0, MAX_PATHS)) {
    const problem = pathProblem(path);
    const place = problem === undefined ? placeOf(path, mounts) : { reason: problem };
    if ('reason' in place) refused.push({ path, reason: place.reason });
    else {
      const within = mounts[place.mount]?.source ?? place.upstream;
      sockets.push({ path, upstream: place.upstream, within });
    }
  }
  for (const path of paths.slice(MAX_PATHS)) {
    refused.push({ path, reason: `is one too many; a container may have ${MAX_PATHS} monitored sockets` });
  }
  return { sockets, refused };
}

/** The paths an annotation lists for this container, each once, not looked at yet. */
export function annotatedPaths(annotations: Annotations, key: string): string[] {
  const list = valueFor(annotations, key) ?? '';
  const paths = list.split(',').map((path) => path.trim());
  return [...new Set(paths.filter((path) => path !== ''))];
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

export function isBind({ type, options = [] }: ContainerMount): boolean {
  return type === 'bind' || options.includes('bind') || options.includes('rbind');
}

/** Both clean. */
export function isInside(path: string, destination: string): boolean {
  return path === destination || destination === '/' || path.startsWith(`${destination}/`);
}

/** One spelling for each path. A destination that is not absolute is one from the root, as runtimes take it. */
export function cleanPath(path: string): string {
  const clean = posix.normalize(`/${path}`);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}
