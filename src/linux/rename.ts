import { AT_FDCWD, RENAME_EXCHANGE, RENAME_NOREPLACE } from './constants.js';
import { check, EEXIST } from './errno.js';
import * as libc from './libc.js';
import { SYS_RENAMEAT2 } from './system-calls.js';

/** Has two files change names in one step: there is no moment in which either name leads nowhere. @throws SystemCallError */
export function exchangeNames(one: string, other: string): void {
  check('renameat2', rename(one, other, RENAME_EXCHANGE));
}

/** Renames a file unless there is one of the new name: false then. @throws SystemCallError */
export function renameToFree(from: string, to: string): boolean {
  const result = rename(from, to, RENAME_NOREPLACE);
  if (result === -EEXIST) return false;
  check('renameat2', result);
  return true;
}

function rename(from: string, to: string, flags: number): number {
  return libc.result(libc.renameat2(SYS_RENAMEAT2, AT_FDCWD, from, AT_FDCWD, to, flags));
}
