import { copyMemory, type NativeMemory } from '../../../linux/memory.js';
import { BufferPool } from './buffer-pool.js';
import type { RelayThreadData } from './messages.js';
import { WINDOW_BYTES_MIN } from './shares.js';

/** Buffers are named by their pool and their number in it. */
const POOL_BITS = 4;
const POOL_MASK = 2 ** POOL_BITS - 1;

/** The pool of whole read buffers; the others are of narrower windows. */
const WHOLE = 0;

/** So many clients may each have all that one client may have parked; beyond that, each may have only a little. */
const CROWD = 4;

type BuffersSettings = Pick<RelayThreadData, 'bufferBytes' | 'clientShare' | 'threads'>;

/**
 * The buffer that a thread reads into, and those in which the rest of a read waits for the far side.
 *
 * A buffer that was read with a window as wide as itself changes hands: it stays with its direction, and the thread goes
 * on with another. Nothing is copied. What was read with a narrower window is copied into a buffer of that width, since what
 * waits shall take no more memory than the window allows.
 */
export class Buffers {
  readonly bufferBytes: number;
  readonly #pools: BufferPool[];
  /** With more than this parked on the thread, all windows are as narrow as they can be. */
  readonly #crowdedBytes: number;
  #parkedBytes = 0;
  #current: number;

  constructor({ bufferBytes, clientShare, threads }: BuffersSettings) {
    this.bufferBytes = bufferBytes;
    this.#crowdedBytes = (CROWD * clientShare.parkedBytes) / threads;
    this.#pools = [new BufferPool(bufferBytes)];
    for (let bytes = WINDOW_BYTES_MIN; bytes < bufferBytes; bytes *= 2)
      this.#pools.push(new BufferPool(bytes));
    this.#current = this.#pools[WHOLE].take();
  }

  /** The buffer that is read into. */
  get memory(): NativeMemory {
    return this.#pools[WHOLE].memory(this.#current);
  }

  /** How much may be read at a time with a window of so many bytes. */
  readBytes(windowBytes: number): number {
    return this.#parkedBytes < this.#crowdedBytes ? windowBytes : Math.min(windowBytes, WINDOW_BYTES_MIN);
  }

  /**
   * Keeps `bytes` from `offset` on of what was read last with a window of `readBytes`; the buffer that is read into may be
   * another one then. Returns the name of the buffer that has them, at the same offset. @throws SystemCallError when
   * memory is exhausted; nothing has changed then.
   */
  park(readBytes: number, offset: number, bytes: number): number {
    const pool = readBytes === this.bufferBytes ? WHOLE : 1 + Math.log2(readBytes / WINDOW_BYTES_MIN);
    const taken = this.#pools[pool].take();
    this.#parkedBytes += this.#pools[pool].bufferBytes;
    if (pool === WHOLE) {
      const parked = this.#current;
      this.#current = taken;
      return parked << POOL_BITS;
    }
    copyMemory(this.#pools[pool].address(taken) + offset, this.memory.address + offset, bytes);
    return (taken << POOL_BITS) | pool;
  }

  /** Native address of the first byte of a parked buffer. */
  address(parked: number): number {
    return this.#pools[parked & POOL_MASK].address(parked >> POOL_BITS);
  }

  /** Gives a parked buffer back. */
  give(parked: number): void {
    const pool = this.#pools[parked & POOL_MASK];
    this.#parkedBytes -= pool.bufferBytes;
    pool.give(parked >> POOL_BITS);
  }

  /** Gives all memory back; nothing may be read or sent after it. */
  discard(): void {
    for (const pool of this.#pools) pool.discard();
  }
}
