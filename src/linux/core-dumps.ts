import { writeFileSync } from 'node:fs';
import { PR_SET_DUMPABLE } from './constants.js';
import * as libc from './libc.js';

/** core(5): ELF headers and nothing of the memory. */
const HEADERS_ONLY = '0x10';

/**
 * Keeps what is in the memory of this process, and of programs that it starts, out of core dumps: heaps of JavaScript have copies of
 * payload, which cannot be left out one by one. A dump still says where each thread was. Unlike a process that is not dumpable,
 * this one can be looked at by its own user, and no change of credentials brings the memory back into its dumps.
 *
 * Where /proc cannot be written, there are no dumps at all.
 */
export function leaveMemoryOutOfDumps(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', HEADERS_ONLY);
  } catch {
    libc.prctl(PR_SET_DUMPABLE, 0);
  }
}
