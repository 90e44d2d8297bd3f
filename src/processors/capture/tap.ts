import { NativeMemory } from '../../linux/memory.js';
import type { Direction } from './direction.js';
import {
  BODY,
  type Framer,
  HEADER_BLOCK,
  HEADERS,
  LINES,
  UNDECIDED,
  UNFINISHED,
  type UnitKind,
} from './framing/framer.js';
import type { Pieces } from './pieces.js';
import {
  CONTINUED,
  CROWDED,
  ENDS_UNIT,
  FIRST,
  HAS_HEAD,
  HAS_TAIL,
  LAST,
  PIECE_BYTES,
  TRUNCATED,
} from './ring/record.js';
import type { RingWriter } from './ring/ring-writer.js';
import { type CompleteStrategy, SKIP } from './strategies/strategy.js';
import type { TapState } from './tap-state.js';

/** Header blocks are kept up to here whatever the limit is: without them nobody knows what the body is. */
const HEADER_BYTES = 8192;

const LINE_FEED = 10;

/**
 * Units of one operation that are told apart at most. Nobody speaks in messages that are so short; who sends them
 * would have the thread count brackets while others wait.
 */
const MAX_UNITS = 8192;

/** Where a tap looks before it has seen anything. */
const NO_MEMORY = new NativeMemory(1);

export interface TapSettings {
  strategy: CompleteStrategy;
  /** Makes what finds the units that the strategy decides about. */
  createFramer(): Framer;
  directions: readonly Direction[];
  /** Trailing bytes that are kept of a unit that was cut. */
  tailBytes: number;
  /** Leading bytes that are kept of everything, where the strategy is as simple as that; else SKIP. */
  plainLimit: number;
}

/**
 * Captures what one listener's connections carry: shows the bytes of each operation to the framer of its
 * stream, asks the strategy about each unit that begins, and writes a record of what is to be kept.
 *
 * Runs on the relay thread for every operation, after the bytes have been passed on.
 */
export class Tap {
  readonly writer: RingWriter;
  readonly #settings: TapSettings;
  readonly #strategy: CompleteStrategy;
  readonly #state: TapState;
  readonly #pieces: Pieces;
  /** The operation at hand. */
  #end = 0;
  #generation = 0;
  #memory = NO_MEMORY;
  #size = 0;
  #flags = 0;
  /** Whether the pieces have anything to tell that cannot wait for the next record. */
  #isDue = false;

  constructor(writer: RingWriter, state: TapState, settings: TapSettings) {
    this.writer = writer;
    this.#state = state;
    this.#pieces = state.pieces;
    this.#settings = settings;
    this.#strategy = settings.strategy;
  }

  /** Whether operations of that direction are captured at all. */
  captures(direction: Direction): boolean {
    return this.#settings.directions.includes(direction);
  }

  /** Whether anything of a new connection is captured. @throws StrategyError */
  takesConnection(connection: number): boolean {
    return this.#strategy.takesConnection(connection);
  }

  /**
   * An operation: the first `bytes` of `memory`, which has one byte more.
   *
   * @throws StrategyError when the strategy is at fault.
   */
  observe(end: number, generation: number, memory: NativeMemory, bytes: number): void {
    const framer = this.#state.framers[end] ?? this.#newFramer(end);
    this.#end = end;
    this.#generation = generation;
    this.#memory = memory;
    this.#size = bytes;
    this.#flags = end & 1;
    if (this.#state.unreported[end] > 0) this.#reportSkipped();
    if (this.#isWhole(framer, memory.bytes, bytes) && this.#keepAtOnce(memory.bytes, bytes)) return;
    this.#walk(framer, memory.bytes, bytes);
    // What waits for the next record is one gap.
    if (this.#isDue || this.#pieces.count > 1) this.#publish();
    else this.#postpone();
  }

  /** The connection has ended, or is not captured any more. */
  end(connection: number, generation: number): void {
    const { ordinal, isRecorded, source } = this.#state;
    if (isRecorded[connection] === 0) return;
    this.writer.begin(0, 0);
    this.writer.publish(source[connection], connection, generation, ordinal[connection]++, LAST, 0, 1);
  }

  #newFramer(end: number): Framer {
    const framer = this.#settings.createFramer();
    if (this.#state.isMidstream[end >> 1] === 1) framer.lose();
    this.#state.framers[end] = framer;
    return framer;
  }

  /** Whether an operation is one or more whole lines, of a stream that is captured up to a plain limit. */
  #isWhole(framer: Framer, view: Uint8Array, bytes: number): boolean {
    return (
      this.#settings.plainLimit !== SKIP &&
      framer.framing === LINES &&
      framer.isBetween &&
      // Blanks that came alone before it are part of the first.
      this.#state.kept[this.#end] === 0 &&
      view[bytes - 1] === LINE_FEED
    );
  }

  #walk(framer: Framer, view: Uint8Array, bytes: number): void {
    let from = 0;
    for (let units = 0; from < bytes; units++) {
      if (units === MAX_UNITS) {
        this.#giveUpRest(framer);
        return;
      }
      const begins = framer.isBetween;
      const { framing } = framer;
      let kind = framer.kind;
      const stop = framer.next(view, from, bytes);
      const to = stop === UNFINISHED ? bytes : stop;
      if (framing === UNDECIDED && framer.framing === HEADERS) kind = HEADER_BLOCK;
      if (begins && kind !== BODY) this.#begin(to - from);
      this.#take(kind, from, to, stop !== UNFINISHED);
      if (stop !== UNFINISHED) this.#finishUnit(kind, framer);
      from = to;
    }
  }

  /** Leaves a gap in the records where the rest of the operation is: its units are too many. */
  #giveUpRest(framer: Framer): void {
    const { ordinal, limit, kept, damaged } = this.#state;
    this.#flags |= CROWDED;
    this.#publish();
    ordinal[this.#end >> 1]++;
    framer.lose();
    limit[this.#end] = 0;
    kept[this.#end] = 0;
    damaged[this.#end] = 0;
  }

  /**
   * Keeps whole lines that make one piece, without what it takes to gather more: because all of them are shorter
   * than the limit, or because they are one line that is cut. False when it is neither.
   */
  #keepAtOnce(view: Uint8Array, bytes: number): boolean {
    const { plainLimit, tailBytes } = this.#settings;
    const kept = Math.min(bytes, plainLimit);
    if (this.#pieces.count > 0 || kept > this.#room) return false;
    const isCut = kept < bytes;
    if (isCut && (tailBytes > 0 || view.indexOf(LINE_FEED) < bytes - 1)) return false;
    const { writer } = this;
    this.#flags |= isCut ? HAS_HEAD | TRUNCATED : HAS_HEAD;
    writer.begin(1, kept);
    writer.addPiece(kept, isCut ? (bytes - kept) | ENDS_UNIT : 0);
    writer.copy(this.#memory, 0, kept);
    this.#publishRecord();
    return true;
  }

  /** Asks the strategy about a message that begins. */
  #begin(bytes: number): void {
    const { limit, kept, damaged } = this.#state;
    const end = this.#end;
    // Blanks in front of a unit have come alone, and not all were kept. They are none of it.
    if (damaged[end] === 1) {
      damaged[end] = 0;
      kept[end] = 0;
      this.#pieces.endUnit(true);
    }
    limit[end] = this.#strategy.keep(bytes, (end & 1) as Direction, end >> 1);
    if (limit[end] !== SKIP) this.#pieces.endGap();
  }

  /** Keeps of a part of a unit what is within the limit, and of its end what is to be kept beside. */
  #take(kind: UnitKind, from: number, to: number, isFinished: boolean): void {
    const { limit: limits, kept, damaged } = this.#state;
    const end = this.#end;
    const limit = effectiveLimit(limits[end], kind);
    const head = Math.max(0, Math.min(limit - kept[end], to - from));
    if (head > 0) {
      this.#keep(from, head, kept[end] === 0 && damaged[end] === 0 ? HAS_HEAD : 0);
      kept[end] += head;
    }
    const rest = to - from - head;
    if (rest === 0) return;
    damaged[end] = 1;
    const tail = isFinished && limit > 0 ? Math.min(rest, this.#settings.tailBytes) : 0;
    if (rest > tail) this.#skip(rest - tail);
    if (tail > 0) this.#keep(to - tail, tail, HAS_TAIL);
  }

  #finishUnit(kind: UnitKind, framer: Framer): void {
    const { limit, kept, damaged } = this.#state;
    const end = this.#end;
    kept[end] = 0;
    if (damaged[end] === 0) return;
    // A message that is left out is one gap, its header block and its body.
    const isLeftOut = limit[end] === SKIP;
    if (isLeftOut && kind === HEADER_BLOCK && framer.kind === BODY) return;
    damaged[end] = 0;
    this.#pieces.endUnit(isLeftOut);
    if (!isLeftOut) this.#isDue = true;
    if (this.#pieces.isFull && this.#isDue) this.#publish();
  }

  /** `flag` is that of the record that the first of the bytes are in. */
  #keep(offset: number, bytes: number, flag: number): void {
    if (this.#room <= 0) this.#publish();
    this.#flags |= flag;
    let at = offset;
    let left = bytes;
    for (let room = this.#room; left > room; room = this.#room) {
      this.#pieces.keep(at, room);
      at += room;
      left -= room;
      this.#publish();
    }
    this.#pieces.keep(at, left);
    this.#isDue = true;
  }

  /** Bytes that fit the record, beside the piece that they begin and one for what may be skipped behind. */
  get #room(): number {
    return this.writer.maxRecordBytes - this.#pieces.recordBytes - 2 * PIECE_BYTES;
  }

  #skip(bytes: number): void {
    this.#flags |= TRUNCATED;
    this.#pieces.skip(bytes);
  }

  #publish(): void {
    this.#pieces.write(this.writer, this.#memory);
    this.#publishRecord();
    this.#pieces.clear();
    this.#isDue = false;
    // What may follow of the same operation.
    this.#size = 0;
    this.#flags = (this.#end & 1) | CONTINUED;
  }

  #publishRecord(): void {
    const { ordinal, isRecorded, source } = this.#state;
    const end = this.#end;
    const connection = end >> 1;
    isRecorded[connection] = 1;
    const number = ordinal[connection]++;
    const flags = this.#flags | (number === 0 ? FIRST : 0);
    const weight = this.#strategy.weight((end & 1) as Direction);
    this.writer.publish(source[connection], connection, this.#generation, number, flags, this.#size, weight);
  }

  /** Puts what was skipped since the last record in front of this one. */
  #reportSkipped(): void {
    const { unreported, unreportedEnds } = this.#state;
    this.#pieces.skip(unreported[this.#end]);
    if (unreportedEnds[this.#end] === 1) this.#pieces.endUnit(true);
    unreported[this.#end] = 0;
  }

  /** Nothing was kept, and nothing ended that is worth a record of its own. */
  #postpone(): void {
    const { unreported, unreportedEnds } = this.#state;
    unreported[this.#end] = this.#pieces.skippedBytes;
    unreportedEnds[this.#end] = this.#pieces.endsUnit ? 1 : 0;
    this.#pieces.clear();
  }
}

/** Header blocks of a message that is captured are kept whole, as far as they are of a sane length. */
function effectiveLimit(limit: number, kind: UnitKind): number {
  return kind === HEADER_BLOCK && limit > 0 ? Math.max(limit, HEADER_BYTES) : limit;
}
