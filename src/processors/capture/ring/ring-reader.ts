import { RECV, SEND } from '../../../protocols/direction.js';
import {
  COPIED,
  FLAG_BITS,
  fence,
  fullFence,
  HEAD,
  READ,
  READER_LOST,
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
} from './layout.js';
import { DIRECTION_BIT, ENDS_UNIT, MAX_SKIPPED, PIECE_BYTES, type RecordView } from './record.js';

const FLAG_MASK = 2 ** FLAG_BITS - 1;

/** The copy of a record has room for one byte more, which framers overwrite. */
const SENTINEL_BYTES = 1;

export interface RingReaderOptions {
  /** Not from the oldest record there is, but from the next one that is written … */
  readonly fromNow?: boolean;
  /** … or from behind the last that a reader before it has let go of. */
  readonly fromRead?: boolean;
  /** Where the ring begins in the memory. */
  readonly offset?: number;
  /** The ring whose overflow this is. */
  readonly beside?: RingReader;
}

/**
 * Reads a ring at its own pace. Each `next` copies one record, whose fields the reader then has until the
 * following one. Readers know nothing of each other, and the writer nothing of them.
 */
export class RingReader implements RecordView {
  sequence = -1;
  timeMs = 0;
  direction: typeof SEND | typeof RECV = SEND;
  size = 0;
  captured = 0;
  weight = 1;
  connection = 0;
  generation = 0;
  ordinal = 0;
  capture = 0;
  flow = 0;
  flags = 0;
  /** The client in whose share of the ring it is, where clients have shares. */
  client = 0;
  /** Pieces of the record. */
  pieces = 0;
  /** Records that were overwritten before this reader came to them. */
  lost = 0;
  /** Where the ring beside it ended at some time between when the record was written and when it may be overwritten. */
  besideEnd = 0;
  readonly #beside: RingReader | undefined;
  readonly #views: RingViews;
  readonly #ownFence = new Int32Array(new SharedArrayBuffer(4));
  #cursor: number;
  /** HEAD as it was last seen. */
  #head = 0;
  #copy: Buffer;
  #copyInts: Int32Array;
  /** Behind the data of the last record, for `sleepUntil`. */
  #end = 0;

  constructor(memory: SharedArrayBuffer, options: RingReaderOptions = {}) {
    const { fromNow, fromRead, offset, beside } = options;
    this.#beside = beside;
    this.#views = viewRing(memory, offset);
    const { words } = this.#views;
    this.#cursor = fromNow === true ? words[HEAD] : words[TAIL];
    if (fromRead === true) {
      // What is overwritten by now of what it had to read is found to be lost with the first record.
      this.#cursor = words[READ];
      this.lost = words[READER_LOST];
    }
    [this.#copy, this.#copyInts] = newCopy(4096);
  }

  get entries(): number {
    return this.#views.entries;
  }

  get dataBytes(): number {
    return this.#views.dataBytes;
  }

  /** Number of the record that comes next. */
  get position(): number {
    return this.#cursor;
  }

  /** Records that are there and have not been read. */
  get waiting(): number {
    return this.#views.words[HEAD] - this.#cursor;
  }

  /** Number of the record that will be written next. */
  get end(): number {
    return this.#views.words[HEAD];
  }

  /** The captured bytes of all pieces, from `bytesFrom` on: valid until `next`, and the caller's to overwrite. */
  get bytes(): Buffer {
    return this.#copy;
  }

  get bytesFrom(): number {
    return this.pieces * PIECE_BYTES;
  }

  kept(piece: number): number {
    return this.#copyInts[piece * 2];
  }

  skipped(piece: number): number {
    return this.#copyInts[piece * 2 + 1] & MAX_SKIPPED;
  }

  endsUnit(piece: number): boolean {
    return (this.#copyInts[piece * 2 + 1] & ENDS_UNIT) !== 0;
  }

  /** Takes the next record; false when there is none. */
  next(): boolean {
    const { words } = this.#views;
    for (;;) {
      // Looked at only when what is known of it is read: each look takes the word from the writer's processor.
      if (this.#cursor >= this.#head) this.#head = words[HEAD];
      const head = this.#head;
      if (this.#cursor >= head) return false;
      fence(this.#ownFence, 0);
      this.#jumpTo(words[TAIL]);
      // Everything up to HEAD may have gone since it was read.
      if (this.#cursor >= head) continue;
      const isWhole = this.#copyRecord();
      if (this.#beside !== undefined) this.besideEnd = this.#beside.end;
      fence(this.#ownFence, 0);
      const tail = words[TAIL];
      if (isWhole && tail <= this.#cursor) {
        this.sequence = this.#cursor++;
        return true;
      }
      // A slot that makes no sense although nothing has overwritten it is as good as lost.
      this.#jumpTo(Math.max(tail, isWhole ? 0 : this.#cursor + 1));
    }
  }

  /** Tells the writer that the last record was copied. For one reader of a ring, like `release`. */
  claim(): void {
    this.#views.words[COPIED] = this.#cursor;
  }

  /** Tells the writer that the last record was given out. Its copy is behind a fence: its place may be used again. */
  release(): void {
    this.#views.words[READ] = this.#cursor;
  }

  /**
   * Asks the writer to ring its bell once so many records, or bytes of data, are waiting. For one reader of a
   * ring. A bell may be missed that is rung in this moment: do not sleep for ever.
   */
  wakeAfter(records: number, bytes: number): void {
    const { words } = this.#views;
    words[WAKE_AT_POSITION] = this.#end + bytes;
    words[WAKE_AT_RECORD] = this.#cursor + records;
    words[READER_LOST] = this.lost;
    fullFence(this.#ownFence, 0);
  }

  #jumpTo(tail: number): void {
    if (tail <= this.#cursor) return;
    this.lost += tail - this.#cursor;
    this.#cursor = tail;
  }

  /** False when what the slot says cannot be: it was overwritten meanwhile. */
  #copyRecord(): boolean {
    const { slotDoubles, slotInts, data, dataBytes, entries } = this.#views;
    const slot = this.#cursor % entries;
    const double = slot * SLOT_DOUBLES;
    const int = slot * SLOT_INTS;
    const position = slotDoubles[double + SLOT_POSITION];
    const length = slotInts[int + SLOT_LENGTH];
    const offset = position % dataBytes;
    const piecesAndFlags = slotInts[int + SLOT_PIECES_AND_FLAGS];
    this.pieces = piecesAndFlags >>> FLAG_BITS;
    this.captured = length - this.pieces * PIECE_BYTES;
    if (!(offset + length <= dataBytes) || length < 0 || this.captured < 0) return false;
    this.timeMs = slotDoubles[double + SLOT_TIME];
    this.size = slotDoubles[double + SLOT_SIZE];
    this.weight = slotDoubles[double + SLOT_WEIGHT];
    this.connection = slotInts[int + SLOT_CONNECTION];
    this.generation = slotInts[int + SLOT_GENERATION];
    this.capture = slotInts[int + SLOT_CAPTURE];
    this.flow = slotInts[int + SLOT_FLOW];
    this.flags = piecesAndFlags & FLAG_MASK;
    this.client = slotInts[int + SLOT_CLIENT];
    this.ordinal = slotInts[int + SLOT_ORDINAL];
    this.direction = (this.flags & DIRECTION_BIT) === 0 ? SEND : RECV;
    if (length + SENTINEL_BYTES > this.#copy.length) [this.#copy, this.#copyInts] = newCopy(2 * length);
    if (length > 0) this.#copy.set(data.subarray(offset, offset + length));
    this.#end = position + length;
    return true;
  }
}

function newCopy(bytes: number): [Buffer, Int32Array] {
  const memory = new ArrayBuffer(Math.ceil((bytes + SENTINEL_BYTES) / 8) * 8);
  return [Buffer.from(memory), new Int32Array(memory)];
}
