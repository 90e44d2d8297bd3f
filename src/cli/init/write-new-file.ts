import { randomBytes } from 'node:crypto';
import { closeSync, fchmodSync, fsyncSync, linkSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { quote } from '../../values/quote.js';
import { CommandError } from '../control/failure.js';

/**
 * Writes a file that was not there, whole or not at all: it gets its name when all of it is on the disk.
 *
 * @throws CommandError
 */
export function writeNewFile(path: string, text: string, mode: number): void {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    writeDraft(draft, text, mode);
    // link(2) follows nothing at its new name, and takes no name that there is already.
    linkSync(draft, path);
  } catch (error) {
    throw new CommandError(describe(path, error as NodeJS.ErrnoException), { cause: error });
  } finally {
    remove(draft);
  }
}

function writeDraft(draft: string, text: string, mode: number): void {
  const fd = openSync(draft, 'wx', 0o600);
  try {
    writeFileSync(fd, text);
    // What open(2) makes of a mode depends on the umask.
    fchmodSync(fd, mode);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function remove(draft: string): void {
  try {
    unlinkSync(draft);
  } catch {
    // It was never made.
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'is there already, and is left as it is; give another name, or - to print',
  ENOENT: 'is in a directory that does not exist',
  ENOTDIR: 'is in a directory that does not exist',
  EACCES: 'cannot be written: permission denied',
  EROFS: 'is on a file system that is read-only',
  ENOSPC: 'was not written: the disk is full',
  EDQUOT: 'was not written: the quota is used up',
  EPERM: 'cannot be made on a file system without hard links; write udscope init - > FILE',
  ENAMETOOLONG: 'is too long a name',
};

function describe(path: string, { code = '', message }: NodeJS.ErrnoException): string {
  return `${quote(path)} ${REASONS[code] ?? `cannot be written: ${message}`}`;
}
