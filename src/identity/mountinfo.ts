import { posix } from 'node:path';
import { isInside } from '../values/file-path.js';
import { isEngineId } from './container-id.js';

/** The fields of a line of /proc/PID/mountinfo that matter here (proc_pid_mountinfo(5)). */
interface MountedPlace {
  /** `major:minor` of the file system, which is the same in all mount namespaces. */
  readonly device: string;
  /** Path of the mounted file or directory within that file system. */
  readonly source: string;
  readonly destination: string;
}

/** A file or directory, whatever it is mounted at. */
export type Place = Omit<MountedPlace, 'destination'>;

/** An engine's file that is mounted in a container, according to the mount itself. */
export interface EngineFile extends MountedPlace {
  /** Id of the container that the source path names. */
  readonly id: string;
}

/** Files that engines mount over those of the image. */
const MOUNTED_FILES = new Set(['/etc/hostname', '/etc/hosts', '/etc/resolv.conf', '/run/.containerenv']);

/** Source paths of such files: those of Docker, then those of podman and CRI-O. */
const ID_IN_SOURCE =
  /\/(?:docker\/containers\/([0-9a-f]{64})\/|overlay-containers\/([0-9a-f]{64})\/userdata\/)/;

function mountedPlaces(text: string): MountedPlace[] {
  return text.split('\n').flatMap((line) => {
    const [, , device = '', source, destination] = line.split(' ', 5);
    return source === undefined || destination === undefined
      ? []
      : [{ device, source: unescaped(source), destination: unescaped(destination) }];
  });
}

/** Adds to the source of a file or directory that has been removed since it was mounted. */
const DELETED = '//deleted';

/** Where files of these are mounted that have been removed since, given the mountinfo of a process that sees them. */
export function mountsOfDeleted(files: readonly Place[], text: string): string[] {
  return mountedPlaces(text)
    .filter(({ source }) => source.endsWith(DELETED))
    .filter(({ device, source }) =>
      files.some((file) => isPlace(file, device, source.slice(0, -DELETED.length))),
    )
    .map(({ destination }) => destination);
}

/** Where a directory above one of these is mounted, or one of these itself. */
export function mountsAbove(files: readonly Place[], text: string): string[] {
  return mountedPlaces(text)
    .filter(({ device, source }) =>
      files.some(
        (file) => file.device === device && (file.source === source || isInside(file.source, source)),
      ),
    )
    .map(({ destination }) => destination);
}

function isPlace(file: Place, device: string, source: string): boolean {
  return file.device === device && file.source === source;
}

/** Device and source of a process's root directory. Outside of containers it is the same as the host's. */
export function rootPlace(text: string): string | undefined {
  // Of several mounts at one path the last is on top.
  const root = mountedPlaces(text).findLast(({ destination }) => destination === '/');
  return root === undefined ? undefined : `${root.device} ${root.source}`;
}

/** Device and source of a path without symbolic links, given the mountinfo of a process that sees it there. */
export function placeOfPath(path: string, text: string): Place | undefined {
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
 * Mounted files of engines, each with the container it names. A process that may mount can forge such a line, so the
 * caller must check that the file really is the engine's. Empty if the lines name different containers.
 */
export function engineFiles(text: string): EngineFile[] {
  const files = mountedPlaces(text).flatMap((place) => {
    const match = MOUNTED_FILES.has(place.destination) ? ID_IN_SOURCE.exec(place.source) : null;
    const id = match?.[1] ?? match?.[2];
    return id !== undefined && isEngineId(id) ? [{ ...place, id }] : [];
  });
  return new Set(files.map(({ id }) => id)).size === 1 ? files : [];
}

/** Mount points of file systems that programs implement (FUSE) or mount on demand (autofs). */
export function programFileSystems(text: string): ReadonlySet<string> {
  const lines = text.split('\n').filter((line) => / - (?:fuse(?:\.\S*|blk)?|autofs) /.test(line));
  return new Set(lines.flatMap((line) => mountedPlaces(line).map(({ destination }) => destination)));
}

/** The kernel escapes spaces, tabs, line feeds and backslashes as octal numbers. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
