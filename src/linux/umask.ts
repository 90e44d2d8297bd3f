import { umask } from 'node:process';

/** Runs `action` with another umask. The umask belongs to the whole process, so `action` must be synchronous. */
export function withUmask<T>(mask: number, action: () => T): T {
  const previous = umask(mask);
  try {
    return action();
  } finally {
    umask(previous);
  }
}
