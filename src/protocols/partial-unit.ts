import type { DecoderMemory } from './protocol.js';

/** So much is kept from the beginning of a unit that comes in pieces, … */
export const HEAD_BYTES_MAX = 64 * 1024;
/** … and so much of its end, where an id may stand. */
const TAIL_BYTES_MAX = 1024;
/** With room to gather bytes before the last of them are moved together, and for one byte more. */
const TAIL_BUFFER_BYTES = 2 * TAIL_BYTES_MAX + 1;

const HEAD_BYTES_MIN = 512;
/** A larger buffer is not kept between two units: there may be many conversations. */
const HEAD_BYTES_KEPT = 8 * 1024;

const NOTHING = new Uint8Array(0);

const UNLIMITED_MEMORY: DecoderMemory = { take: () => true, give: () => {}, isScarce: false };

/** The beginning and the end of a unit that comes in pieces, some of which may be missing. */
export class PartialUnit {
  /** bytes[0, headBytes), with room for one byte more. */
  head: Uint8Array = NOTHING;
  headBytes = 0;
  /** tail[0, tailBytes) are the last bytes so far, with room for one more; none where the last are missing. */
  tail: Uint8Array = NOTHING;
  tailBytes = 0;
  /** What follows the head is not what follows it in the unit. */
  hasHole = false;
  /** When its first byte was seen, monotonic ms. */
  beginMs = 0;
  /** Bytes of the unit so far, those that are missing included. */
  length = 0;
  readonly #memory: DecoderMemory;

  constructor(memory = UNLIMITED_MEMORY) {
    this.#memory = memory;
  }

  get isUnseen(): boolean {
    return this.headBytes === 0 && this.tailBytes === 0;
  }

  begin(timeMs: number): void {
    if (this.length > 0 || this.head.length > 0) this.clear();
    this.beginMs = timeMs;
  }

  /** Forgets the bytes. Whether memory was given back, so that nobody is to hold on to it. */
  clear(): boolean {
    this.headBytes = 0;
    this.tailBytes = 0;
    this.hasHole = false;
    this.length = 0;
    const isTooMuch = this.head.length > HEAD_BYTES_KEPT || this.#memory.isScarce;
    if (isTooMuch) this.#dropHead();
    return isTooMuch;
  }

  /** Forgets the bytes, and gives their memory back. */
  release(): void {
    this.clear();
    this.#dropHead();
    this.#memory.give(this.tail.length);
    this.tail = NOTHING;
  }

  append(bytes: Uint8Array, from: number, to: number): void {
    this.length += to - from;
    let at = from;
    if (!this.hasHole) {
      at = Math.min(to, from + HEAD_BYTES_MAX - this.headBytes);
      // What finds no room in memory is a hole from there on.
      if (!this.#reserve(this.headBytes + at - from)) at = from;
      this.head.set(bytes.subarray(from, at), this.headBytes);
      this.headBytes += at - from;
    }
    if (at === to) return;
    this.hasHole = true;
    this.#appendTail(bytes, at, to);
  }

  /** `count` bytes are missing. */
  skip(count: number): void {
    if (count === 0) return;
    this.length += count;
    this.hasHole = true;
    this.tailBytes = 0;
  }

  /** Whether there is room for so many bytes, and one more. */
  #reserve(count: number): boolean {
    if (count < this.head.length) return true;
    let size = Math.max(HEAD_BYTES_MIN, this.head.length);
    while (size <= count) size *= 2;
    size = Math.min(size, HEAD_BYTES_MAX + 1);
    if (!this.#memory.take(size - this.head.length)) return false;
    const larger = new Uint8Array(size);
    larger.set(this.head.subarray(0, this.headBytes));
    this.head = larger;
    return true;
  }

  #dropHead(): void {
    this.#memory.give(this.head.length);
    this.head = NOTHING;
  }

  #appendTail(bytes: Uint8Array, from: number, to: number): void {
    if (this.tail.length === 0 && !this.#takeTail()) return;
    const start = Math.max(from, to - TAIL_BYTES_MAX);
    if (start > from) this.tailBytes = 0;
    if (this.tailBytes + to - start >= this.tail.length) {
      this.tail.copyWithin(0, this.tailBytes - TAIL_BYTES_MAX, this.tailBytes);
      this.tailBytes = TAIL_BYTES_MAX;
    }
    this.tail.set(bytes.subarray(start, to), this.tailBytes);
    this.tailBytes += to - start;
  }

  #takeTail(): boolean {
    if (!this.#memory.take(TAIL_BUFFER_BYTES)) return false;
    this.tail = new Uint8Array(TAIL_BUFFER_BYTES);
    return true;
  }
}
