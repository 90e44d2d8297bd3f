import { P_ALL, P_PID, WEXITED, WNOHANG, WNOWAIT } from './constants.js';
import * as libc from './libc.js';

/** sizeof(siginfo_t) in words, and which of them is si_pid: behind signo, errno, code and padding. */
const SIGINFO_WORDS = 32;
const PID = 4;

/** So many at a time: a program may leave them behind as fast as it can. */
const MAX_AT_A_TIME = 256;

/**
 * Reaps ended children of this process: as the first process of a PID namespace it is given those that others leave behind. It
 * stops at the first that `isOwn` names, whose end is for its owner to hear of.
 *
 * @returns whether there may be more.
 */
export function reapOrphans(isOwn: (pid: number) => boolean): boolean {
  for (let i = 0; i < MAX_AT_A_TIME; i++) {
    const pid = endedChild(P_ALL, 0, WNOWAIT);
    if (pid === 0) return false;
    if (isOwn(pid)) return true;
    endedChild(P_PID, pid, 0);
  }
  return true;
}

/** The pid of a child that has ended; 0 if there is none. */
function endedChild(which: number, id: number, options: number): number {
  const info = new Int32Array(SIGINFO_WORDS);
  if (libc.waitid(which, id, info, WEXITED | WNOHANG | options) < 0) return 0;
  return info[PID];
}
