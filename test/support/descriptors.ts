import { fstatSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 20;
const SETTLED_LOOKS = 10;

/** Descriptors a process has open, its threads' included; of this one, one of them is the look at them itself. */
export function openDescriptors(pid: number | 'self' = 'self'): number[] {
  return readdirSync(`/proc/${pid}/fd`).map(Number);
}

export function countDescriptors(pid?: number): number {
  return openDescriptors(pid).length;
}

/** How many this process has, once what tests before have left is closed: when they have been as many for a while. */
export async function settledDescriptors(): Promise<number> {
  let count = countDescriptors();
  for (let looks = 0; looks < SETTLED_LOOKS; looks++) {
    await sleep(LOOK_MS);
    const now = countDescriptors();
    if (now !== count) looks = 0;
    count = now;
  }
  return count;
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
