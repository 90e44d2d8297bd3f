import * as libc from './libc.js';
import { SYS_GETTID } from './system-calls.js';

/** The kernel's number of the calling thread, as /proc/self/task has it. */
export function threadId(): number {
  return libc.gettid(SYS_GETTID);
}
