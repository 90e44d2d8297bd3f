import assert from 'node:assert/strict';
import { fstatSync, readdirSync, readlinkSync } from 'node:fs';

/** Descriptors a process has open, its threads' included; of this one, one of them is the look at them itself. */
export function openDescriptors(pid: number | 'self' = 'self'): number[] {
  return readdirSync(`/proc/${pid}/fd`).map(Number);
}

export function countDescriptors(pid?: number): number {
  return openDescriptors(pid).length;
}

/** This process has left none open since there were `before`; what others before it had may have been closed meanwhile. */
export function assertNoMoreDescriptors(before: number): void {
  const now = countDescriptors();
  assert.ok(now <= before, `${now} descriptors are open, and ${before} were`);
}

/** Descriptors of this process that are of the same file. */
export function countOf(file: number): number {
  const { ino, dev } = fstatSync(file);
  return openDescriptors().filter((fd) => {
    try {
      const stats = fstatSync(fd);
      return stats.ino === ino && stats.dev === dev;
    } catch {
      return false;
    }
  }).length;
}

/** How many descriptors a process has open of files in a directory. */
export function descriptorsIn(directory: string, pid: number | 'self' = 'self'): number {
  return openDescriptors(pid).filter((fd) => pathOf(pid, fd).startsWith(`${directory}/`)).length;
}

/** Empty for one that has been closed since. */
function pathOf(pid: number | 'self', fd: number): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return '';
  }
}
