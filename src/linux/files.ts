import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from 'node:fs';

/** Default limit on the size of a file: 1 MiB. */
export const MAX_FILE_BYTES = 2 ** 20;

const CHUNK_BYTES = 65_536;

/** A link could lead to a device, which may act when it is opened. A pipe would block the agent. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Reads a file of /proc. undefined if it cannot be read or is too long. */
export function readKernelText(path: string, maxBytes = MAX_FILE_BYTES): string | undefined {
  return readRegularFile(path, maxBytes, () => true);
}

/**
 * Reads a regular file if `isTrusted` accepts its status. undefined if it does not, or if the file cannot be read or is
 * too long.
 */
export function readRegularFile(
  path: string,
  maxBytes: number,
  isTrusted: (stats: Stats) => boolean,
): string | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, FLAGS);
    const stats = fstatSync(descriptor);
    const isWanted = stats.isFile() && stats.size <= maxBytes && isTrusted(stats);
    return isWanted ? readAll(descriptor, maxBytes) : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Files in /proc report no size, so they have to be read to the end. */
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

/** Whether `path` exists. True if that cannot be determined, because callers only act on its absence. */
export function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // A directory on the way has become a file.
    return (error as NodeJS.ErrnoException).code !== 'ENOTDIR';
  }
}
