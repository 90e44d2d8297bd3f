import { NativeMemory } from '../../../linux/memory.js';

/** Room behind each buffer for a byte that ends a search in it. */
const SENTINEL_BYTES = 1;

/** Free buffers whose pages are kept for the next user. More than these give their pages back. */
const WARM_BUFFERS = 8;

/**
 * Read buffers of one size. The thread reads into one of them; when the far side does not take all of a
 * read, the buffer stays with that direction until it has, and the thread goes on with another. Nothing
 * is copied, and a connection that is not blocked owns no buffer at all.
 */
export class BufferPool {
  readonly #buffers: NativeMemory[] = [];
  readonly #free: number[] = [];

  constructor(readonly bufferBytes: number) {}

  /** Takes a buffer and returns its index. @throws SystemCallError when memory is exhausted. */
  take(): number {
    return this.#free.pop() ?? this.#buffers.push(new NativeMemory(this.bufferBytes + SENTINEL_BYTES)) - 1;
  }

  /** Gives a buffer back. */
  give(index: number): void {
    if (this.#free.length >= WARM_BUFFERS) this.#buffers[index].discard();
    this.#free.push(index);
  }

  /** Gives all memory back; nothing may be read or sent after it. */
  discard(): void {
    for (const buffer of this.#buffers) buffer.discard();
  }

  /** A buffer's memory, with the byte behind it. */
  memory(index: number): NativeMemory {
    return this.#buffers[index];
  }

  /** Native address of the first byte. */
  address(index: number): number {
    return this.#buffers[index].address;
  }
}
