import { posix } from 'node:path';
import { isEngineId } from './container-id.js';

/** One line of /proc/PID/mountinfo, as far as it matters here (proc_pid_mountinfo(5)). */
export interface MountedPlace {
  /** `major:minor` of the file system: the same in all mount namespaces. */
  readonly device: string;
  /** Where in that file system the mounted file or folder lies. */
  readonly source: string;
  readonly destination: string;
}

/** A file of an engine that is mounted in a container, by what the mount itself says. */
export interface EngineFile extends MountedPlace {
  /** Of the container that its path names. */
  readonly id: string;
}

/** The files that an engine mounts over those of the image. */
const MOUNTED_FILES = new Set(['/etc/hostname', '/etc/hosts', '/etc/resolv.conf', '/run/.containerenv']);

/** Where in its file system such a file lies: Docker's, and podman's and CRI-O's. */
const ID_IN_SOURCE =
  /\/(?:docker\/containers\/([0-9a-f]{64})\/|overlay-containers\/([0-9a-f]{64})\/userdata\/)/;

export function mountedPlaces(text: string): MountedPlace[] {
  return text.split('\n').flatMap((line) => {
    const [, , device = '', source, destination] = line.split(' ', 5);
    return source === undefined || destination === undefined
      ? []
      : [{ device, source: unescaped(source), destination: unescaped(destination) }];
  });
}

/** Where the root directory of a process lies: what it shares with the host unless it is in a container. */
export function rootPlace(text: string): string | undefined {
  // Of several at one place the last is on top.
  const root = mountedPlaces(text).findLast(({ destination }) => destination === '/');
  return root === undefined ? undefined : `${root.device} ${root.source}`;
}

/** Where in its file system a path without links lies, by the mounts of the process that sees it there. */
export function placeOfPath(path: string, text: string): Omit<MountedPlace, 'destination'> | undefined {
  let nearest: MountedPlace | undefined;
  for (const place of mountedPlaces(text)) {
    const { destination } = place;
    const isAbove = path === destination || path.startsWith(destination === '/' ? '/' : `${destination}/`);
    if (isAbove && destination.length >= (nearest?.destination.length ?? 0)) nearest = place;
  }
  if (nearest === undefined) return undefined;
  const { device, source, destination } = nearest;
  return { device, source: posix.join(source, path.slice(destination.length)) };
}

/**
 * Files of engines that are mounted, by the container they name. Whoever may mount can make it say anything: whether a
 * file is the engine's is still to be checked. Lines that contradict each other say nothing.
 */
export function engineFiles(text: string): EngineFile[] {
  const files = mountedPlaces(text).flatMap((place) => {
    const match = MOUNTED_FILES.has(place.destination) ? ID_IN_SOURCE.exec(place.source) : null;
    const id = match?.[1] ?? match?.[2];
    return id !== undefined && isEngineId(id) ? [{ ...place, id }] : [];
  });
  return new Set(files.map(({ id }) => id)).size === 1 ? files : [];
}

/** Where file systems are mounted that programs make (FUSE), or have mounted on demand (autofs). */
export function programFileSystems(text: string): ReadonlySet<string> {
  const lines = text.split('\n').filter((line) => / - (?:fuse(?:\.\S*|blk)?|autofs) /.test(line));
  return new Set(lines.flatMap((line) => mountedPlaces(line).map(({ destination }) => destination)));
}

/** The kernel writes spaces, tabs, line feeds and backslashes as octal numbers. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
