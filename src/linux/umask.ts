import { umask } from 'node:process';

/** Does something under another umask. The umask is the whole process's, so nothing may be awaited under it. */
export function withUmask<T>(mask: number, action: () => T): T {
  const previous = umask(mask);
  try {
    return action();
  } finally {
    umask(previous);
  }
}
