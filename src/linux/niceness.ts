import * as libc from './libc.js';

/** PRIO_PROCESS with 0: on Linux the calling thread, since each has a nice value of its own (setpriority(2), "C library/kernel differences"). */
const PRIO_PROCESS = 0;
const SELF = 0;

/**
 * Sets the nice value of the calling thread, from -20 (urgent) to 19. Returns 0, or -EACCES where neither CAP_SYS_NICE nor
 * RLIMIT_NICE allows it to be so urgent.
 */
export function setNiceness(nice: number): number {
  return libc.result(libc.setpriority(PRIO_PROCESS, SELF, nice));
}
