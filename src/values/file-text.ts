import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const { O_NONBLOCK, O_RDONLY } = constants;

/** Why a file cannot be read, in words that follow its path. */
export class FileTextError extends Error {
  override readonly name = 'FileTextError';
  readonly code = 'UDSCOPE_FILE_TEXT';
}

/**
 * Reads a small file as UTF-8. A pipe or a device is not read: it might never end, or never begin.
 *
 * @throws FileTextError
 */
export function readFileText(path: string, maxBytes: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(readBytes(path, maxBytes));
  } catch (error) {
    if (error instanceof FileTextError) throw error;
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new FileTextError(REFUSALS[code] ?? `cannot be read: ${code}`);
  }
}

const REFUSALS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist: a part of the path is no directory',
  EISDIR: 'is a directory; give a file',
  EACCES: 'cannot be read: permission denied',
  ELOOP: 'cannot be read: its symbolic links go in a circle',
  ERR_INVALID_ARG_VALUE: 'is no path: it contains a NUL byte',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8 text',
};

function readBytes(path: string, maxBytes: number): Buffer {
  // Without O_NONBLOCK, opening a named pipe would wait for its writer.
  const fd = openSync(path, O_RDONLY | O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    if (stats.isDirectory()) throw new FileTextError('is a directory; give a file');
    if (!stats.isFile()) throw new FileTextError('is no regular file');
    const bytes = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (let more = -1; more !== 0 && length < bytes.length; length += more) {
      more = readSync(fd, bytes, length, bytes.length - length, null);
    }
    if (length > maxBytes) throw new FileTextError(`has more than ${maxBytes} bytes`);
    return bytes.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}
