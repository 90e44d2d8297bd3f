import koffi from 'koffi';
import { MADV_DONTNEED, MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from './constants.js';
import { SystemCallError } from './errno.js';
import { lastErrno, madvise, memcpy, memcpyInto, mmap } from './libc.js';

/**
 * Zeroed native memory that never moves, so that its address can be stored in kernel structures.
 *
 * It is mapped for the life of the process: unmapping would turn every surviving view into a crash.
 * Pages cost nothing until they are touched, and `discard` gives touched ones back.
 */
export class NativeMemory {
  readonly address: number;
  readonly buffer: ArrayBuffer;

  /** @throws SystemCallError when the kernel has no memory to give. */
  constructor(readonly byteLength: number) {
    this.address = mmap(0, byteLength, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (this.address === -1) throw new SystemCallError('mmap', lastErrno());
    this.buffer = koffi.view(BigInt(this.address), byteLength);
  }

  /** Returns the pages to the kernel; the memory reads as zeros afterwards. */
  discard(): void {
    madvise(this.address, this.byteLength, MADV_DONTNEED);
  }
}

/**
 * The native address of shared memory. It never moves, but lives only as long as somebody in this process
 * holds on to `shared`.
 */
export function addressOf(shared: SharedArrayBuffer): number {
  return memcpyInto(new Uint8Array(shared), 0, 0);
}

/** Copies `length` bytes between native addresses, which must not overlap. */
export function copyMemory(target: number, source: number, length: number): void {
  memcpy(target, source, length);
}
