import { readdirSync } from 'node:fs';

/** Descriptors a process has open, its threads' included; of this one, one of them is the look at them itself. */
export function openDescriptors(pid: number | 'self' = 'self'): number[] {
  return readdirSync(`/proc/${pid}/fd`).map(Number);
}

export function countDescriptors(pid?: number): number {
  return openDescriptors(pid).length;
}
