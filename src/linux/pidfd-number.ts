import { arch } from 'node:process';
import * as libc from './libc.js';
import { NativeMemory } from './memory.js';

/** PID_FS_MAGIC (linux/magic.h): since Linux 6.9 each process has an inode of its own there. */
const PID_FS_MAGIC = 0x50494446;

/** Number of fstat(2). */
const SYS_FSTAT = arch === 'x64' ? 5 : 80;

/** st_ino is the second word of 64 bits, on both. struct stat has 144 bytes at most, struct statfs 120. */
const INODE_WORD = 2;
const BYTES = 256;
const HIGH_WORD = 2 ** 32;

/** No number tells the process. */
export const NO_NUMBER = 0;

/** Numbers of processes, which no other process ever has: unlike pids, they are not used again until the machine starts anew. */
export class PidfdNumbers {
  readonly #memory = new NativeMemory(BYTES);
  readonly #words = new Uint32Array(this.#memory.buffer);
  /** Whether the kernel gives them; undefined before the first pidfd. */
  #areThere: boolean | undefined;

  /** That of the process of a pidfd; NO_NUMBER where the kernel gives none. */
  numberOf(pidfd: number): number {
    this.#areThere ??= this.#isOnPidFs(pidfd);
    if (!this.#areThere || libc.fstat(SYS_FSTAT, pidfd, this.#memory.address) < 0) return NO_NUMBER;
    const number = this.#words[INODE_WORD + 1] * HIGH_WORD + this.#words[INODE_WORD];
    return Number.isSafeInteger(number) ? number : NO_NUMBER;
  }

  #isOnPidFs(pidfd: number): boolean {
    return libc.fstatfs(pidfd, this.#memory.address) === 0 && this.#words[0] === PID_FS_MAGIC;
  }
}
