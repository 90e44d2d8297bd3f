import { randomBytes } from 'node:crypto';
import { closeSync, fchmodSync, fsyncSync, linkSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nameFile, openNameless } from '../../linux/nameless-file.js';
import { quote } from '../../values/quote.js';
import { CommandError } from '../control/failure.js';

const DRAFT_MODE = 0o600;

/**
 * Writes a file that was not there, whole or not at all: it gets its name when all of it is on the disk. Until then it has none, so that
 * nothing is left when the command is ended; on a file system without such files, it is a draft beside it.
 *
 * @throws CommandError
 */
export function writeNewFile(path: string, text: string, mode: number): void {
  try {
    const fd = openNameless(dirname(path), DRAFT_MODE);
    if (fd === undefined) writeByDraft(path, text, mode);
    else writeAndClose(fd, text, mode, () => nameFile(fd, path));
  } catch (error) {
    throw new CommandError(describe(path, error as NodeJS.ErrnoException), { cause: error });
  }
}

/** The same by a draft. @throws the error of a system call */
export function writeByDraft(path: string, text: string, mode: number): void {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    // link(2) follows nothing at its new name, and takes no name that there is already.
    writeAndClose(openSync(draft, 'wx', DRAFT_MODE), text, mode, () => linkSync(draft, path));
  } finally {
    remove(draft);
  }
}

function writeAndClose(fd: number, text: string, mode: number, name: () => void): void {
  try {
    writeFileSync(fd, text);
    // What open(2) makes of a mode depends on the umask.
    fchmodSync(fd, mode);
    fsyncSync(fd);
    name();
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
