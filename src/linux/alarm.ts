import * as libc from './libc.js';

const MS_PER_SECOND = 1000;

/**
 * Lets the kernel end this process by SIGALRM after `ms`, rounded up to seconds, whatever its threads are doing then. A
 * later call replaces an earlier one (alarm(2)).
 */
export function endProcessWithin(ms: number): void {
  libc.alarm(Math.ceil(ms / MS_PER_SECOND));
}
