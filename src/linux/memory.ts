import koffi from 'koffi';
import {
  M_MMAP_THRESHOLD,
  MADV_DONTNEED,
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  PROT_READ,
  PROT_WRITE,
} from './constants.js';
import { SystemCallError } from './errno.js';
import { lastErrno, madvise, mallopt, memcpy, memcpyInto, mmap } from './libc.js';

/** Pages have 4 KiB, or on arm64 up to so many bytes; a multiple of it is one of any. */
const LARGEST_PAGE_BYTES = 64 * 1024;

/**
 * Zeroed native memory that never moves, so that its address can be stored in kernel structures.
 *
 * It is mapped for the life of the process: unmapping would turn every surviving view into a crash.
 * Pages cost nothing until they are touched, and `discard` gives touched ones back.
 */
export class NativeMemory {
  readonly address: number;
  readonly buffer: ArrayBuffer;
  /** The whole of it as bytes. */
  readonly bytes: Buffer;
  /** As much of it as there is in words of 32 bits. */
  readonly words: Int32Array;

  /** @throws SystemCallError when the kernel has no memory to give. */
  constructor(readonly byteLength: number) {
    this.address = mmap(0, byteLength, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (this.address === -1) throw new SystemCallError('mmap', lastErrno());
    this.buffer = koffi.view(BigInt(this.address), byteLength);
    this.bytes = Buffer.from(this.buffer);
    this.words = new Int32Array(this.buffer, 0, byteLength >> 2);
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

/**
 * Returns the pages of shared memory behind its first `from` bytes to the kernel; they read as zeros afterwards. A
 * thread that allocates nothing collects no garbage either: what it has let go of would stay in memory.
 */
export function discardShared(shared: SharedArrayBuffer, from: number): void {
  const address = addressOf(shared);
  const start = Math.ceil((address + from) / LARGEST_PAGE_BYTES) * LARGEST_PAGE_BYTES;
  const end = Math.floor((address + shared.byteLength) / LARGEST_PAGE_BYTES) * LARGEST_PAGE_BYTES;
  if (end > start) madvise(start, end - start, MADV_DONTNEED);
}

/** Copies `length` bytes between native addresses, which must not overlap. */
export function copyMemory(target: number, source: number, length: number): void {
  memcpy(target, source, length);
}

/**
 * Has memory of so many bytes and more mapped by itself, now and later, for this whole process. Shared memory is touched as it
 * is used; but glibc, having seen one such large piece freed, takes the next from its heap, where it is zeroed by hand, all
 * of it, and kept for good.
 */
export function mapLargeMemory(bytes: number): void {
  mallopt?.(M_MMAP_THRESHOLD, bytes);
}
