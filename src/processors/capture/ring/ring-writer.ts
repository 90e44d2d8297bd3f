import { monotonicMs } from '../../../linux/clock.js';
import { addressOf, copyMemory, type NativeMemory } from '../../../linux/memory.js';
import {
  align,
  CAPTURED_BYTES,
  FLAG_BITS,
  fence,
  HEAD,
  type RingViews,
  SLOT_CAPTURE,
  SLOT_CLIENT,
  SLOT_CONNECTION,
  SLOT_DOUBLES,
  SLOT_FLOW,
  SLOT_GENERATION,
  SLOT_INTS,
  SLOT_LENGTH,
  SLOT_ORDINAL,
  SLOT_PIECES_AND_FLAGS,
  SLOT_POSITION,
  SLOT_SIZE,
  SLOT_TIME,
  SLOT_WEIGHT,
  TAIL,
  viewRing,
  WAKE_AT_POSITION,
  WAKE_AT_RECORD,
  WRITER_FENCE,
} from './layout.js';
import { PIECE_BYTES } from './record.js';
import type { RecordWriter } from './record-writer.js';
import type { RingShares } from './ring-shares.js';

/**
 * Up to here a loop copies as fast as a call into the C library is made, and without the two numbers that a
 * call with two addresses leaves behind.
 */
const MAX_COPIED_BY_WORD = 1024;
const WORD_MASK = 3;

/** Where clients have no shares. */
const NO_CLIENT = 0;

export interface RingWriterOptions {
  /** Where the ring begins in the memory. */
  readonly offset?: number;
  /** Says what is written. Without it all is, and the oldest dropped for it. */
  readonly shares?: RingShares | undefined;
}

/** No record has more of the data area than this part of it. */
const LARGEST_RECORD = 0.5;

/**
 * Writes records: `begin`, the pieces, `publish`. Nothing in it waits, and nothing allocates. Of the order of
 * its stores speaks layout.ts.
 */
export class RingWriter implements RecordWriter {
  /** Longest data of a record, the pieces' words included. */
  readonly maxRecordBytes: number;
  readonly #memory: SharedArrayBuffer;
  readonly #now: () => number;
  readonly #views: RingViews;
  readonly #fenceWords: Int32Array;
  readonly #dataAddress: number;
  /** What a reader sleeps on until there is enough to read. */
  readonly #doorbell: Int32Array;
  readonly #shares: RingShares | undefined;
  #head = 0;
  #tail = 0;
  /** Slots of the next and of the oldest record. */
  #headSlot = 0;
  #tailSlot = 0;
  /** Nothing has to go for records with smaller sequences that end before this. */
  #roomHead = 0;
  #roomEnd = 0;
  /** Behind the data of the last record, aligned, and where that is in the area: positions outgrow integers. */
  #end = 0;
  #endOffset = 0;
  /** The record at hand: its client, where it begins, and where its next bytes go. */
  #client = NO_CLIENT;
  #position = 0;
  #start = 0;
  #pieceIndex = 0;
  #pieces = 0;
  #offset = 0;
  /** The wake-up point the bell was rung for: once is enough. */
  #rungAt = -1;

  /**
   * The one writer of a ring in `memory`; it must be empty. `doorbell`: one word that a reader waits on. `now`:
   * monotonic ms.
   */
  constructor(
    memory: SharedArrayBuffer,
    doorbell: SharedArrayBuffer,
    now: () => number = monotonicMs,
    { offset = 0, shares }: RingWriterOptions = {},
  ) {
    this.#memory = memory;
    this.#now = now;
    this.#views = viewRing(memory, offset);
    this.#shares = shares;
    this.#fenceWords = new Int32Array(memory, offset);
    this.#dataAddress = addressOf(memory) + this.#views.dataOffset;
    this.#doorbell = new Int32Array(doorbell);
    this.maxRecordBytes = align(Math.floor(this.#views.dataBytes * LARGEST_RECORD)) - PIECE_BYTES;
  }

  /** The memory it writes to. Its native address is in use as long as the writer is. */
  get memory(): SharedArrayBuffer {
    return this.#memory;
  }

  /** Sequence of the next record. */
  get head(): number {
    return this.#head;
  }

  /** Sequence of the oldest record that is intact. */
  get tail(): number {
    return this.#tail;
  }

  /**
   * Makes room for a record: legal when the pieces' words and bytes are at most `maxRecordBytes`. False when it has no
   * room in the share of `client`: then nothing is to be written.
   */
  begin(pieces: number, bytes: number, client = NO_CLIENT): boolean {
    const { dataBytes } = this.#views;
    const length = pieces * PIECE_BYTES + bytes;
    let position = this.#end;
    let start = this.#endOffset;
    if (start + length > dataBytes) {
      position += dataBytes - start;
      start = 0;
    }
    const end = position + align(length);
    if (this.#shares?.admits(client, this.#head, position, end) === false) return false;
    this.#client = client;
    this.#position = position;
    this.#start = start;
    if (this.#head >= this.#roomHead || position + length > this.#roomEnd) this.#makeRoom(position + length);
    this.#pieceIndex = start >> 2;
    this.#pieces = pieces;
    this.#offset = start + pieces * PIECE_BYTES;
    return true;
  }

  /** The next piece's words; their bytes follow in the same order by `copy` or `copyBytes`. */
  addPiece(kept: number, skippedAndFlag: number): void {
    const { dataInts } = this.#views;
    dataInts[this.#pieceIndex++] = kept;
    dataInts[this.#pieceIndex++] = skippedAndFlag;
  }

  /** Appends bytes of native memory. */
  copy(from: NativeMemory, offset: number, bytes: number): void {
    const at = this.#offset;
    if (bytes <= MAX_COPIED_BY_WORD && ((at | offset) & WORD_MASK) === 0) {
      const { dataInts } = this.#views;
      const { words } = from;
      const shift = (at - offset) >> 2;
      // Up to three bytes more than were asked for: records end at a multiple of eight.
      const end = (offset + bytes + WORD_MASK) >> 2;
      for (let i = offset >> 2; i < end; i++) dataInts[i + shift] = words[i];
    } else {
      copyMemory(this.#dataAddress + at, from.address + offset, bytes);
    }
    this.#offset = at + bytes;
  }

  /** Appends bytes of this thread's. */
  copyBytes(bytes: Uint8Array): void {
    this.#views.data.set(bytes, this.#offset);
    this.#offset += bytes.length;
  }

  /**
   * Writes a record of one piece that ends no unit: all bytes of an operation, each of which stands for itself. False, and nothing
   * is written, where something has to go for it, or would be left out: it takes the long way then.
   */
  writeWhole(
    from: NativeMemory,
    bytes: number,
    client: number,
    capture: number,
    flow: number,
    connection: number,
    generation: number,
    ordinal: number,
    flags: number,
    weight: number,
  ): boolean {
    const { dataInts, dataBytes } = this.#views;
    const position = this.#end;
    const start = this.#endOffset;
    const length = PIECE_BYTES + bytes;
    const end = position + align(length);
    if (this.#head >= this.#roomHead || end > this.#roomEnd || start + length > dataBytes) return false;
    if (this.#shares?.admits(client, this.#head, position, end) === false) return false;
    this.#client = client;
    this.#position = position;
    this.#start = start;
    this.#pieces = 1;
    this.#offset = start + length;
    const index = start >> 2;
    dataInts[index] = bytes;
    dataInts[index + 1] = 0;
    if (bytes <= MAX_COPIED_BY_WORD) copyWords(from.words, dataInts, index + 2, bytes);
    else copyMemory(this.#dataAddress + start + PIECE_BYTES, from.address, bytes);
    this.#publish(capture, flow, connection, generation, ordinal, flags, bytes, weight);
    return true;
  }

  /** Gives the record, as of now, to the readers. The arguments are those of RecordFields. */
  publish(
    capture: number,
    flow: number,
    connection: number,
    generation: number,
    ordinal: number,
    flags: number,
    size: number,
    weight: number,
  ): void {
    this.#publish(capture, flow, connection, generation, ordinal, flags, size, weight);
  }

  /** The same for one that was not begun. */
  #publish(
    capture: number,
    flow: number,
    connection: number,
    generation: number,
    ordinal: number,
    flags: number,
    size: number,
    weight: number,
  ): void {
    const { words, slotDoubles, slotInts, dataBytes, entries } = this.#views;
    const position = this.#position;
    const length = this.#offset - this.#start;
    const double = this.#headSlot * SLOT_DOUBLES;
    slotDoubles[double + SLOT_TIME] = this.#now();
    slotDoubles[double + SLOT_POSITION] = position;
    slotDoubles[double + SLOT_SIZE] = size;
    slotDoubles[double + SLOT_WEIGHT] = weight;
    const int = this.#headSlot * SLOT_INTS;
    slotInts[int + SLOT_LENGTH] = length;
    slotInts[int + SLOT_PIECES_AND_FLAGS] = (this.#pieces << FLAG_BITS) | flags;
    slotInts[int + SLOT_CONNECTION] = connection;
    slotInts[int + SLOT_GENERATION] = generation;
    slotInts[int + SLOT_CAPTURE] = capture;
    slotInts[int + SLOT_FLOW] = flow;
    slotInts[int + SLOT_ORDINAL] = ordinal;
    slotInts[int + SLOT_CLIENT] = this.#client;
    words[CAPTURED_BYTES] += length - this.#pieces * PIECE_BYTES;
    const alignedLength = align(length);
    this.#end = position + alignedLength;
    this.#endOffset = this.#start + alignedLength < dataBytes ? this.#start + alignedLength : 0;
    this.#shares?.added(this.#client, this.#headSlot, this.#end);
    this.#head++;
    this.#headSlot = this.#headSlot + 1 === entries ? 0 : this.#headSlot + 1;
    fence(this.#fenceWords, WRITER_FENCE * 2);
    words[HEAD] = this.#head;
    if (this.#head >= words[WAKE_AT_RECORD] || this.#end >= words[WAKE_AT_POSITION]) this.#ring();
  }

  /** Lets go of the records whose slot or data the one at hand takes, which ends there; with shares, of all that may go. */
  #makeRoom(end: number): void {
    const { words, dataBytes, entries } = this.#views;
    const before = this.#tail;
    if (this.#shares === undefined) this.#roomEnd = this.#evict(end) + dataBytes;
    else {
      this.#tail = this.#shares.settled;
      this.#roomEnd = this.#shares.settledEnd + dataBytes;
    }
    this.#roomHead = this.#tail + entries;
    if (this.#tail === before) return;
    words[TAIL] = this.#tail;
    fence(this.#fenceWords, WRITER_FENCE * 2);
  }

  /** Returns where the data begins that is kept. */
  #evict(end: number): number {
    const { slotDoubles, dataBytes, entries } = this.#views;
    while (this.#tail < this.#head) {
      const position = slotDoubles[this.#tailSlot * SLOT_DOUBLES + SLOT_POSITION];
      if (this.#head - this.#tail < entries && end - position <= dataBytes) return position;
      this.#tail++;
      this.#tailSlot = this.#tailSlot + 1 === entries ? 0 : this.#tailSlot + 1;
    }
    return this.#position;
  }

  #ring(): void {
    const wakeAt = this.#views.words[WAKE_AT_RECORD];
    if (wakeAt === this.#rungAt) return;
    this.#rungAt = wakeAt;
    Atomics.store(this.#doorbell, 0, 1);
    Atomics.notify(this.#doorbell, 0);
  }
}

/** Up to three bytes more than were asked for: records end at a multiple of eight. */
function copyWords(from: Int32Array, to: Int32Array, index: number, bytes: number): void {
  const count = (bytes + WORD_MASK) >> 2;
  for (let i = 0; i < count; i++) to[index + i] = from[i];
}
