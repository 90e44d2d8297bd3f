import * as libc from './libc.js';

const MS_PER_SECOND = 1000;

/**
 * Has the kernel end this process by SIGALRM after so many ms, rounded up to seconds, whatever its threads are doing then;
 * alarm(2). The last call counts.
 */
export function endProcessWithin(ms: number): void {
  libc.alarm(Math.ceil(ms / MS_PER_SECOND));
}
