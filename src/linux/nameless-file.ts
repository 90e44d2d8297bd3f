import { constants, openSync } from 'node:fs';
import { AT_FDCWD, AT_SYMLINK_FOLLOW, O_TMPFILE_BIT } from './constants.js';
import { check } from './errno.js';
import * as libc from './libc.js';

/** What file systems say that have no files without names: open(2). */
const WITHOUT: readonly (string | undefined)[] = ['ENOTSUP', 'EOPNOTSUPP', 'EISDIR', 'EINVAL'];

/**
 * Opens a new file that has no name yet, on the file system of a directory: it goes with the process if it gets none. undefined where
 * the file system has no such files.
 *
 * @throws an error with a code, as `openSync`
 */
export function openNameless(directory: string, mode: number): number | undefined {
  try {
    return openSync(directory, O_TMPFILE_BIT | constants.O_DIRECTORY | constants.O_WRONLY, mode);
  } catch (error) {
    if (WITHOUT.includes((error as NodeJS.ErrnoException).code)) return undefined;
    throw error;
  }
}

/** Gives it a name that there is not yet, and follows no link there. @throws SystemCallError */
export function nameFile(fd: number, path: string): void {
  const file = `/proc/self/fd/${fd}`;
  check('linkat', libc.result(libc.linkat(AT_FDCWD, file, AT_FDCWD, path, AT_SYMLINK_FOLLOW)));
}
