import { NativeMemory } from '../../linux/memory.js';
import { HELD_BYTES_MAX, type HeldTails } from './held-tails.js';
import { ENDS_UNIT, MAX_SKIPPED, PIECE_BYTES } from './ring/record.js';
import type { RecordWriter } from './ring/record-writer.js';

/** Pieces of one record at most. */
const MAX_PIECES = 1024;

/** No piece. */
const NONE = -1;

/** Bytes of earlier operations that the record at hand keeps. A thread gathers one record at a time. */
const carried = new NativeMemory(HELD_BYTES_MAX);

/**
 * The pieces of a record while they are gathered: which bytes of an operation are kept, and how many are
 * skipped behind each run of them. Allocates nothing.
 */
export class Pieces {
  readonly #offset = new Int32Array(MAX_PIECES);
  readonly #kept = new Int32Array(MAX_PIECES);
  readonly #skipped = new Int32Array(MAX_PIECES);
  #count = 0;
  /** The last piece ends a unit that was left out: the next one that is left out makes one gap with it. */
  #isGap = false;
  /** The piece whose bytes were carried over from earlier operations. */
  #carriedPiece = NONE;
  /** Bytes kept in all pieces. */
  keptBytes = 0;

  get count(): number {
    return this.#count;
  }

  /** Whether there is room for what one unit can add. */
  get isFull(): boolean {
    return this.#count > MAX_PIECES - 4;
  }

  /** Bytes of a record as it stands. */
  get recordBytes(): number {
    return this.#count * PIECE_BYTES + this.keptBytes;
  }

  clear(): void {
    this.#count = 0;
    this.keptBytes = 0;
    this.#carriedPiece = NONE;
  }

  /** Keeps `bytes` at `offset` of the operation, right behind what was kept or skipped before. */
  keep(offset: number, bytes: number): void {
    const last = this.#count - 1;
    if (last < 0 || this.#skipped[last] !== 0 || last === this.#carriedPiece) this.#add(offset);
    this.#kept[this.#count - 1] += bytes;
    this.keptBytes += bytes;
  }

  /** Keeps the last `bytes` that are held of an end, in front of what is kept of the operation. Once in a record. */
  carry(held: HeldTails, end: number, bytes: number): void {
    held.copyLast(end, bytes, carried.bytes);
    this.#carriedPiece = this.#count;
    this.#add(0);
    this.#kept[this.#carriedPiece] = bytes;
    this.keptBytes += bytes;
  }

  /** Skips the bytes that follow. */
  skip(bytes: number): void {
    let left = bytes;
    if (this.#count === 0 || (this.endsUnit && !this.#isGap)) this.#add(0);
    while (left > 0) {
      const last = this.#count - 1;
      const room = MAX_SKIPPED - (this.#skipped[last] & MAX_SKIPPED);
      const now = Math.min(left, room);
      // A gap that grows ends where the last unit in it does.
      this.#skipped[last] = (this.#skipped[last] & MAX_SKIPPED) + now;
      left -= now;
      if (left > 0) this.#add(0);
    }
  }

  /** What was kept or skipped last ends a unit of which bytes are missing, or all when it was left out. */
  endUnit(isLeftOut: boolean): void {
    if (this.#count === 0) this.#add(0);
    this.#isGap = isLeftOut;
    this.#skipped[this.#count - 1] |= ENDS_UNIT;
  }

  /** What is skipped from here on makes no gap with units that were left out before. */
  endGap(): void {
    this.#isGap = false;
  }

  /** Whether the last piece ends a unit. */
  get endsUnit(): boolean {
    return this.#count > 0 && (this.#skipped[this.#count - 1] & ENDS_UNIT) !== 0;
  }

  /** Bytes skipped in all pieces. */
  get skippedBytes(): number {
    let bytes = 0;
    for (let i = 0; i < this.#count; i++) bytes += this.#skipped[i] & MAX_SKIPPED;
    return bytes;
  }

  /** Writes the pieces and their bytes, which are in `memory`, to a record that has been begun. */
  write(writer: RecordWriter, memory: NativeMemory): void {
    for (let i = 0; i < this.#count; i++) writer.addPiece(this.#kept[i], this.#skipped[i]);
    for (let i = 0; i < this.#count; i++) {
      const from = i === this.#carriedPiece ? carried : memory;
      if (this.#kept[i] > 0) writer.copy(from, this.#offset[i], this.#kept[i]);
    }
  }

  #add(offset: number): void {
    const index = this.#count++;
    this.#offset[index] = offset;
    this.#kept[index] = 0;
    this.#skipped[index] = 0;
  }
}
