import koffi from 'koffi';
import {
  M_MMAP_THRESHOLD,
  MADV_DONTDUMP,
  MADV_DONTNEED,
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  PROT_READ,
  PROT_WRITE,
} from './constants.js';
import { SystemCallError } from './errno.js';
import { lastErrno, madvise, mallocTrim, mallopt, memcpy, memcpyInto, mmap } from './libc.js';

/** The largest page size: 64 KiB on some arm64 kernels, and 4 KiB elsewhere. */
const LARGEST_PAGE_BYTES = 64 * 1024;

/** Address and length of each memory of this thread, one behind the other. */
const places: number[] = [];

/**
 * Zeroed native memory that never moves, so that its address can be stored in kernel structures.
 *
 * It stays mapped for the life of the process, because an access through a surviving view would crash otherwise. Pages
 * cost nothing until they are touched, and `discard` returns touched ones. It is left out of core dumps: it may have payload.
 */
export class NativeMemory {
  readonly address: number;
  readonly buffer: ArrayBuffer;
  /** The whole memory as bytes. */
  readonly bytes: Buffer;
  /** The whole memory as 32-bit words, without a rest at its end. */
  readonly words: Int32Array;

  /** @throws SystemCallError if the kernel has no memory left. */
  constructor(readonly byteLength: number) {
    this.address = mmap(0, byteLength, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (this.address === -1) throw new SystemCallError('mmap', lastErrno());
    places.push(this.address, byteLength);
    madvise(this.address, byteLength, MADV_DONTDUMP);
    this.buffer = koffi.view(BigInt(this.address), byteLength);
    this.bytes = Buffer.from(this.buffer);
    this.words = new Int32Array(this.buffer, 0, byteLength >> 2);
  }

  /** Returns the pages to the kernel. The memory reads as zeros afterwards. */
  discard(): void {
    madvise(this.address, this.byteLength, MADV_DONTNEED);
  }
}

/** Returns the pages of all native memory of this thread, which is about to end. It reads as zeros afterwards. */
export function discardThreadMemory(): void {
  for (let i = 0; i < places.length; i += 2) madvise(places[i], places[i + 1], MADV_DONTNEED);
}

/** The native address of shared memory. It never moves, but is only valid while this process references `shared`. */
export function addressOf(shared: SharedArrayBuffer): number {
  return memcpyInto(new Uint8Array(shared), 0, 0);
}

/**
 * Returns the pages of shared memory after the first `from` bytes to the kernel; they read as zeros afterwards. Needed
 * for memory that a relay thread has dropped: a thread that does not allocate does not collect garbage either.
 */
export function discardShared(shared: SharedArrayBuffer, from: number): void {
  const address = addressOf(shared);
  const start = Math.ceil((address + from) / LARGEST_PAGE_BYTES) * LARGEST_PAGE_BYTES;
  const end = Math.floor((address + shared.byteLength) / LARGEST_PAGE_BYTES) * LARGEST_PAGE_BYTES;
  if (end > start) madvise(start, end - start, MADV_DONTNEED);
}

/** Leaves shared memory out of core dumps, with what else is on its pages. */
export function hideFromDumps(shared: SharedArrayBuffer): void {
  const address = addressOf(shared);
  const start = Math.floor(address / LARGEST_PAGE_BYTES) * LARGEST_PAGE_BYTES;
  const end = Math.ceil((address + shared.byteLength) / LARGEST_PAGE_BYTES) * LARGEST_PAGE_BYTES;
  // ENOMEM would say that there are gaps; the rest is done all the same.
  madvise(start, end - start, MADV_DONTDUMP);
}

/** Copies `length` bytes between native addresses, which must not overlap. */
export function copyMemory(target: number, source: number, length: number): void {
  memcpy(target, source, length);
}

/**
 * Makes glibc map every allocation of at least `bytes` separately, for the rest of this process. By default glibc
 * raises that threshold once such an allocation has been freed. It then takes the next one from its heap, zeroes all of
 * it at once instead of page by page as it is used, and keeps it for good.
 */
export function mapLargeMemory(bytes: number): void {
  mallopt?.(M_MMAP_THRESHOLD, bytes);
}

/**
 * Returns what all threads of the process have freed to the kernel. By itself glibc returns only what lies at the end of a heap, and
 * threads that have ended leave holes. Takes some ms; another thread that allocates meanwhile waits for a part of it.
 */
export function returnFreedMemory(): void {
  mallocTrim?.(0);
}
