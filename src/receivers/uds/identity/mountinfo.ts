import { isEngineId } from './container-id.js';

/** The files that an engine mounts over those of the image. */
const MOUNTED_FILES = new Set(['/etc/hostname', '/etc/hosts', '/etc/resolv.conf', '/run/.containerenv']);

/** Where in its file system (column 4) such a file lies: Docker's, and podman's and CRI-O's. */
const ID_IN_SOURCE =
  /\/(?:docker\/containers\/([0-9a-f]{64})\/|overlay-containers\/([0-9a-f]{64})\/userdata\/)/;

/**
 * The container that /proc/PID/mountinfo speaks of, by the files of the engine that are mounted in it. Whoever may
 * mount can make it say anything. Lines that contradict each other say nothing.
 */
export function containerOfMounts(text: string): string | undefined {
  const ids = new Set<string>();
  for (const line of text.split('\n')) {
    const [, , , source = '', destination = ''] = line.split(' ', 5);
    if (!MOUNTED_FILES.has(destination)) continue;
    const match = ID_IN_SOURCE.exec(source);
    const id = match?.[1] ?? match?.[2];
    if (id !== undefined && isEngineId(id)) ids.add(id);
  }
  const [id] = ids;
  return ids.size === 1 ? id : undefined;
}
