import { readdirSync } from 'node:fs';

/** Descriptors this process has open, its threads' included; one of them is the look at them itself. */
export function openDescriptors(): number[] {
  return readdirSync('/proc/self/fd').map(Number);
}

export function countDescriptors(): number {
  return openDescriptors().length;
}
