import { NativeMemory } from '../../linux/memory.js';
import type { Direction } from '../../protocols/direction.js';
import type { Pieces } from './pieces.js';
import {
  CONTINUED,
  ENDS_UNIT,
  FIRST,
  HAS_HEAD,
  HAS_TAIL,
  LAST,
  PIECE_BYTES,
  TRUNCATED,
} from './ring/record.js';
import type { RecordWriter } from './ring/record-writer.js';
import type { CompleteStrategy } from './strategies/strategy.js';
import type { TapState } from './tap-state.js';

/** Where it looks before there was anything to see. */
const NO_MEMORY = new NativeMemory(1);

/** What of the operation at hand goes into the ring: one record, or several where it is long. */
export class OperationRecord {
  readonly writer: RecordWriter;
  readonly #state: TapState;
  readonly #pieces: Pieces;
  readonly #strategy: CompleteStrategy;
  #end = 0;
  #generation = 0;
  #memory = NO_MEMORY;
  #size = 0;
  #flags = 0;
  /** Whether the pieces have anything to tell that cannot wait for the next record. */
  #isDue = false;

  constructor(writer: RecordWriter, state: TapState, strategy: CompleteStrategy) {
    this.writer = writer;
    this.#state = state;
    this.#pieces = state.pieces;
    this.#strategy = strategy;
  }

  /** Keeps an operation whole that nothing is to be told before. False where that has to be done as ever. */
  keepWhole(end: number, generation: number, memory: NativeMemory, bytes: number): boolean {
    const { ordinal, isRecorded, capture, flow, client } = this.#state;
    const connection = end >> 1;
    const number = ordinal[connection];
    const isWritten = this.writer.writeWhole(
      memory,
      bytes,
      client[connection],
      capture[connection],
      flow[connection],
      connection,
      generation,
      number,
      (end & 1) | (number === 0 ? HAS_HEAD | FIRST : HAS_HEAD),
      this.#strategy.weight((end & 1) as Direction),
    );
    if (!isWritten) return false;
    ordinal[connection] = number + 1;
    isRecorded[connection] = 1;
    return true;
  }

  /** An operation begins: the first `bytes` of `memory`. Before it goes what was skipped since the last record. */
  begin(end: number, generation: number, memory: NativeMemory, bytes: number): void {
    this.#end = end;
    this.#generation = generation;
    this.#memory = memory;
    this.#size = bytes;
    this.#flags = end & 1;
    const { unreported, unreportedEnds } = this.#state;
    if (unreported[end] === 0) return;
    this.#pieces.skip(unreported[end]);
    if (unreportedEnds[end] === 1) this.#pieces.endUnit(true);
    unreported[end] = 0;
  }

  /** Whether nothing has been kept or skipped yet, and `bytes` can be kept as one piece or two. */
  canKeepAtOnce(bytes: number): boolean {
    return this.#pieces.count === 0 && bytes <= this.#room;
  }

  /** Keeps the first bytes of the operation, and nothing else of it, without what it takes to gather pieces. */
  keepAtOnce(bytes: number): void {
    const { writer } = this;
    const skipped = this.#size - bytes;
    this.#beginRecord(1, bytes);
    this.#flags |= skipped > 0 ? HAS_HEAD | TRUNCATED : HAS_HEAD;
    writer.addPiece(bytes, skipped > 0 ? skipped | ENDS_UNIT : 0);
    writer.copy(this.#memory, 0, bytes);
    this.#publishRecord();
  }

  /** The same of the first and the last bytes of the operation, which is one unit. */
  keepBothEnds(head: number, tail: number): void {
    const { writer } = this;
    const skipped = this.#size - head - tail;
    this.#beginRecord(2, head + tail);
    this.#flags |= skipped > 0 ? HAS_HEAD | HAS_TAIL | TRUNCATED : HAS_HEAD | HAS_TAIL;
    writer.addPiece(head, skipped);
    writer.addPiece(tail, ENDS_UNIT);
    writer.copy(this.#memory, 0, head);
    writer.copy(this.#memory, this.#size - tail, tail);
    this.#publishRecord();
  }

  /** `flag` is that of the record that the first of the bytes are in. */
  keep(offset: number, bytes: number, flag: number): void {
    if (this.#room <= 0) this.publish(0);
    this.#flags |= flag;
    let at = offset;
    let left = bytes;
    for (let room = this.#room; left > room; room = this.#room) {
      this.#pieces.keep(at, room);
      at += room;
      left -= room;
      this.publish(0);
    }
    this.#pieces.keep(at, left);
    this.#isDue = true;
  }

  skip(bytes: number): void {
    this.#flags |= TRUNCATED;
    this.#pieces.skip(bytes);
  }

  /** Of `bytes` before `to`, the operation's end, which a unit goes beyond, holds the last `tailBytes`. */
  hold(to: number, bytes: number, tailBytes: number): void {
    const skipped = this.#state.held.hold(this.#end, this.#memory.bytes, to - bytes, to, tailBytes);
    this.#flags |= TRUNCATED;
    if (skipped > 0) this.#pieces.skip(skipped);
  }

  /** Of `bytes` before `to`, with which a unit ends, and of what is held of it, keeps the last `tailBytes`. */
  keepTail(to: number, bytes: number, tailBytes: number): void {
    const { held } = this.#state;
    const end = this.#end;
    const tail = Math.min(bytes, tailBytes);
    const carried = Math.min(held.count(end), tailBytes - tail);
    const skipped = held.count(end) - carried + bytes - tail;
    if (skipped > 0) this.skip(skipped);
    if (carried > 0) this.#carry(carried);
    if (tail > 0) this.keep(to - tail, tail, HAS_TAIL);
    held.forget(end);
  }

  /** What is held is none of the end of a unit. */
  skipHeld(): void {
    const { held } = this.#state;
    const bytes = held.count(this.#end);
    if (bytes === 0) return;
    this.#pieces.skip(bytes);
    held.forget(this.#end);
  }

  /** What was kept or skipped last ends a unit of which bytes are missing, or all when it was left out. */
  endUnit(isLeftOut: boolean): void {
    this.#pieces.endUnit(isLeftOut);
    if (!isLeftOut) this.#isDue = true;
    if (this.#pieces.isFull && this.#isDue) this.publish(0);
  }

  /** Blanks that were skipped in front of a unit are none of it. */
  endBlanks(): void {
    this.#pieces.endUnit(true);
  }

  /** What is skipped from here on makes no gap with units that were left out before. */
  endGap(): void {
    this.#pieces.endGap();
  }

  /** The operation is over. What waits for the next record is one gap. */
  finish(): void {
    if (this.#isDue || this.#pieces.count > 1) this.publish(0);
    else this.#postpone();
  }

  /** Writes what there is so far. What may follow of the same operation continues it. */
  publish(flags: number): void {
    this.#flags |= flags;
    this.#beginRecord(this.#pieces.count, this.#pieces.keptBytes);
    this.#pieces.write(this.writer, this.#memory);
    this.#publishRecord();
    this.#pieces.clear();
    this.#isDue = false;
    this.#size = 0;
    this.#flags = (this.#end & 1) | CONTINUED;
  }

  /** Forgets what was not written of the operation. Nothing is known of what is missing, but that it is. */
  abandon(): void {
    this.#pieces.clear();
    this.#isDue = false;
    this.#state.ordinal[this.#end >> 1]++;
  }

  /** The connection has ended, or is not captured any more. */
  endConnection(connection: number, generation: number): void {
    const { ordinal, isRecorded, capture, flow, client, account } = this.#state;
    if (isRecorded[connection] === 0) return;
    for (let end = 2 * connection; end < 2 * connection + 2; end++) this.#reportRest(end, generation);
    this.writer.begin(0, 0, client[connection], account[connection]);
    const number = ordinal[connection]++;
    this.writer.publish(capture[connection], flow[connection], connection, generation, number, LAST, 0, 1);
  }

  /** Tells what was skipped since the last record, of which no other will. */
  #reportRest(end: number, generation: number): void {
    this.begin(end, generation, NO_MEMORY, 0);
    this.skipHeld();
    if (this.#pieces.count > 0) this.publish(CONTINUED);
  }

  /** Bytes that fit the record, beside the piece that they begin and one for what may be skipped behind. */
  get #room(): number {
    return this.writer.maxRecordBytes - this.#pieces.recordBytes - 2 * PIECE_BYTES;
  }

  /** It is the first that the record keeps, and any has room for it. */
  #carry(bytes: number): void {
    if (this.#room < bytes) this.publish(0);
    this.#pieces.carry(this.#state.held, this.#end, bytes);
    this.#flags |= HAS_TAIL;
    this.#isDue = true;
  }

  #beginRecord(pieces: number, bytes: number): void {
    const { client, account } = this.#state;
    const connection = this.#end >> 1;
    this.writer.begin(pieces, bytes, client[connection], account[connection]);
  }

  #publishRecord(): void {
    const { ordinal, isRecorded, capture, flow } = this.#state;
    const end = this.#end;
    const connection = end >> 1;
    isRecorded[connection] = 1;
    const number = ordinal[connection]++;
    const flags = this.#flags | (number === 0 ? FIRST : 0);
    const weight = this.#strategy.weight((end & 1) as Direction);
    this.writer.publish(
      capture[connection],
      flow[connection],
      connection,
      this.#generation,
      number,
      flags,
      this.#size,
      weight,
    );
  }

  /** Nothing was kept, and nothing ended that is worth a record of its own. */
  #postpone(): void {
    const { unreported, unreportedEnds } = this.#state;
    unreported[this.#end] = this.#pieces.skippedBytes;
    unreportedEnds[this.#end] = this.#pieces.endsUnit ? 1 : 0;
    this.#pieces.clear();
  }
}
