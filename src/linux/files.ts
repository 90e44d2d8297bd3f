import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from 'node:fs';

/** What a file may have unless its reader says otherwise: 1 MiB. */
export const MAX_FILE_BYTES = 2 ** 20;

const CHUNK_BYTES = 65_536;

/** A link could lead to a device, where opening is doing; a pipe would make the agent wait. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** The text of a file that the kernel makes, in /proc; undefined when there is none, or it is too long. */
export function readKernelText(path: string, maxBytes = MAX_FILE_BYTES): string | undefined {
  return readRegularFile(path, maxBytes, () => true);
}

/** The text of a regular file that is believed when its status is seen; undefined when there is none, or it is too long. */
export function readRegularFile(
  path: string,
  maxBytes: number,
  isBelieved: (stats: Stats) => boolean,
): string | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, FLAGS);
    const stats = fstatSync(descriptor);
    const isWanted = stats.isFile() && stats.size <= maxBytes && isBelieved(stats);
    return isWanted ? readAll(descriptor, maxBytes) : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Files in /proc have no size: only the end says how long they are. */
function readAll(descriptor: number, maxBytes: number): string | undefined {
  const chunks: Buffer[] = [];
  for (let total = 0; total <= maxBytes; ) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const count = readSync(descriptor, chunk);
    if (count === 0) return Buffer.concat(chunks).toString('utf8');
    chunks.push(chunk.subarray(0, count));
    total += count;
  }
  return undefined;
}

/** Whether something is at `path`. What cannot be looked at counts as there: only its absence has consequences. */
export function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // A folder on the way to it has become a file.
    return (error as NodeJS.ErrnoException).code !== 'ENOTDIR';
  }
}
