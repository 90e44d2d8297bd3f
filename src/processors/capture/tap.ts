import type { NativeMemory } from '../../linux/memory.js';
import type { Direction } from '../../protocols/direction.js';
import {
  BODY,
  type Framer,
  MESSAGE,
  NO_TERMINATOR,
  UNDECIDED,
  UNFINISHED,
  UNFRAMED,
  type UnitKind,
} from '../../protocols/framing/framer.js';
import { areWhole, NO_GLANCE } from '../../protocols/framing/glance.js';
import { OperationFramer } from '../../protocols/framing/operation-framer.js';
import { DROPPED_BY_BUDGET } from './drops.js';
import { OperationRecord } from './operation-record.js';
import { CROWDED, HAS_HEAD, PIECE_BYTES } from './ring/record.js';
import type { RecordWriter } from './ring/record-writer.js';
import { type CompleteStrategy, SKIP } from './strategies/strategy.js';
import type { TapState } from './tap-state.js';

/**
 * Units of one operation that are told apart at most. No program has messages that are so short; one that sends them
 * would keep the thread busy with them while others wait.
 */
const MAX_UNITS = 8192;

/** Bytes that are framed before the tap looks whether the client may have more of the thread's time. */
const STEP_BYTES = 16 * 1024;

/** Steps of a Meter that a unit takes beside its framing, and one that is cut once more. */
const UNIT_STEPS = 80;

/** What looking for the end of a unit may come to, besides what a framer returns. */
const OUT_OF_BUDGET = -3;

export interface TapSettings {
  strategy: CompleteStrategy;
  /** Makes what finds the units that the strategy decides about, in one direction of a connection. */
  createFramer(direction: Direction): Framer;
  directions: readonly Direction[];
  /** Trailing bytes that are kept of a unit that was cut. */
  tailBytes: number;
  /** Leading bytes that are kept of everything, where the strategy is as simple as that; else SKIP. */
  plainLimit: number;
}

/**
 * Captures what one listener's connections carry: shows the bytes of each operation to the framer of its
 * stream, asks the strategy about each unit that begins, and has what is to be kept recorded.
 *
 * Runs on the relay thread for every operation, after the bytes have been passed on. Other clients wait meanwhile. When
 * telling a client's messages apart takes more than its budget, what it sends is not captured until there is some again.
 */
export class Tap {
  readonly #settings: TapSettings;
  readonly #strategy: CompleteStrategy;
  readonly #state: TapState;
  readonly #record: OperationRecord;
  /** So much of an operation is kept of every unit, in one record. */
  readonly #wholeBytes: number;
  /** Where the operation at hand was read. */
  #end = 0;
  /** Whether it is a message of a socket that keeps their bounds. */
  #isMessage = false;

  constructor(writer: RecordWriter, state: TapState, settings: TapSettings) {
    this.#state = state;
    this.#settings = settings;
    this.#strategy = settings.strategy;
    this.#record = new OperationRecord(writer, state, settings.strategy);
    this.#wholeBytes = Math.min(settings.plainLimit, writer.maxRecordBytes - 2 * PIECE_BYTES);
  }

  get writer(): RecordWriter {
    return this.#record.writer;
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
   * An operation: the first `bytes` of `memory`, which has one byte more. `isMessage`: the socket keeps the bounds of messages, and
   * this is one, or ends one. Then no framer is needed, and what has begun in it ends with it.
   *
   * @throws StrategyError when the strategy is at fault.
   */
  observe(end: number, generation: number, memory: NativeMemory, bytes: number, isMessage = false): void {
    const glance = this.#state.glance[end];
    if (
      glance !== NO_GLANCE &&
      bytes <= this.#wholeBytes &&
      !isMessage &&
      areWhole(glance, memory.bytes, bytes)
    ) {
      if (this.#record.keepWhole(end, generation, memory, bytes)) return;
    }
    this.#observe(end, generation, memory, bytes, isMessage);
  }

  #observe(end: number, generation: number, memory: NativeMemory, bytes: number, isMessage: boolean): void {
    const framer = this.#state.framers[end] ?? this.#newFramer(end, isMessage);
    this.#end = end;
    this.#isMessage = isMessage;
    this.#record.begin(end, generation, memory, bytes);
    if (
      !isMessage &&
      this.#isWhole(framer, memory.bytes, bytes) &&
      this.#keepAtOnce(framer, memory.bytes, bytes)
    )
      return;
    if (!this.#walk(framer, memory.bytes, bytes)) return;
    this.#record.finish();
    this.#state.glance[end] = this.#isSettled(end) ? framer.glance : NO_GLANCE;
  }

  /** The connection has ended, or is not captured any more. */
  end(connection: number, generation: number): void {
    this.#record.endConnection(connection, generation);
  }

  #newFramer(end: number, isMessage: boolean): Framer {
    const framer = isMessage ? new OperationFramer() : this.#settings.createFramer((end & 1) as Direction);
    if (this.#state.isMidstream[end >> 1] === 1) framer.lose();
    this.#state.framers[end] = framer;
    return framer;
  }

  /** Whether an operation is one or more whole units, of a stream that is captured up to a plain limit. */
  #isWhole(framer: Framer, view: Uint8Array, bytes: number): boolean {
    return (
      this.#settings.plainLimit !== SKIP &&
      framer.terminator !== NO_TERMINATOR &&
      // Blanks that came alone before it are part of the first.
      this.#state.kept[this.#end] === 0 &&
      areWhole(framer.glance, view, bytes)
    );
  }

  /** Whether nothing of a stream waits for its next operation, and it is captured up to a plain limit. */
  #isSettled(end: number): boolean {
    const { kept, damaged, unreported } = this.#state;
    if (this.#settings.plainLimit === SKIP) return false;
    return kept[end] === 0 && damaged[end] === 0 && unreported[end] === 0;
  }

  /**
   * Keeps whole units that make one piece, without what it takes to gather more: because all of them are shorter
   * than the limit, or because they are one unit that is cut. False when it is neither.
   */
  #keepAtOnce(framer: Framer, view: Uint8Array, bytes: number): boolean {
    const { plainLimit, tailBytes } = this.#settings;
    const kept = Math.min(bytes, plainLimit);
    const tail = kept > 0 ? Math.min(bytes - kept, tailBytes) : 0;
    if (!this.#record.canKeepAtOnce(kept + tail)) return false;
    if (kept < bytes && view.indexOf(framer.terminator) !== bytes - 1) return false;
    if (tail > 0) this.#record.keepBothEnds(kept, tail);
    else this.#record.keepAtOnce(kept);
    return true;
  }

  /** Goes over the units of the operation. False when the rest of it was given up. */
  #walk(framer: Framer, view: Uint8Array, bytes: number): boolean {
    let from = 0;
    for (let units = 0; from < bytes; units++) {
      if (units === MAX_UNITS) return this.#giveUpRest();
      const begins = framer.isBetween;
      const { framing } = framer;
      let kind = framer.kind;
      const stop = framing === UNFRAMED ? bytes : this.#endOfUnit(framer, view, from, bytes);
      if (stop === OUT_OF_BUDGET) return this.#runOut(units);
      const to = stop === UNFINISHED ? bytes : stop;
      // What begins may show that the stream is made of something else.
      if (kind !== BODY && framer.framing !== framing) kind = framer.openingKind;
      if (begins && kind !== BODY) this.#begin(to - from);
      this.#take(framer, kind, from, to, stop !== UNFINISHED);
      if (stop !== UNFINISHED) this.#finishUnit(kind, framer);
      from = to;
    }
    return true;
  }

  /**
   * What the framer says of view[from, bytes), which is shown to it in pieces, as long as the client may have more of
   * the thread's time.
   */
  #endOfUnit(framer: Framer, view: Uint8Array, from: number, bytes: number): number {
    const { budget, meter, client } = this.#state;
    const payer = client[this.#end >> 1];
    for (let at = from; ; ) {
      if (!budget.allows(payer)) return OUT_OF_BUDGET;
      const to = Math.min(bytes, at + STEP_BYTES);
      const before = meter.steps;
      // The framer overwrites it while it searches.
      const behind = view[to];
      const stop = framer.next(view, at, to);
      view[to] = behind;
      budget.pay(payer, meter.steps - before + UNIT_STEPS);
      if (to === bytes) return stop;
      // What has failed to be anything is one unit, up to the end of the operation.
      if (stop === to && (framer.framing === UNDECIDED || framer.framing === UNFRAMED)) return bytes;
      if (stop !== UNFINISHED) return stop;
      at = to;
    }
  }

  /** Leaves a gap in the records where the rest of the operation is: its units are too many. */
  #giveUpRest(): boolean {
    this.#record.publish(CROWDED);
    this.#record.abandon();
    this.#state.lose(this.#end);
    return false;
  }

  /** The same, because the client has had its part of the thread's time. */
  #runOut(units: number): boolean {
    this.#state.dropped(this.#state.account[this.#end >> 1], DROPPED_BY_BUDGET);
    if (units > 0) return this.#giveUpRest();
    this.#record.abandon();
    this.#state.lose(this.#end);
    return false;
  }

  /** Asks the strategy about a message that begins. */
  #begin(bytes: number): void {
    const { limit, kept, damaged } = this.#state;
    const end = this.#end;
    // Blanks in front of a unit have come alone, and not all were kept. They are none of it.
    if (damaged[end] === 1) {
      damaged[end] = 0;
      kept[end] = 0;
      this.#record.skipHeld();
      this.#record.endBlanks();
    }
    limit[end] = this.#strategy.keep(bytes, (end & 1) as Direction, end >> 1);
    if (limit[end] !== SKIP) this.#record.endGap();
  }

  /** Keeps of a part of a unit what is within the limit, and of its end what is to be kept beside. */
  #take(framer: Framer, kind: UnitKind, from: number, to: number, isFinished: boolean): void {
    const { limit: limits, kept, damaged } = this.#state;
    const end = this.#end;
    let limit = limits[end];
    let { tailBytes } = this.#settings;
    // What is captured at all is captured so far that it can be decoded, and of what is not captured whole, no more.
    if (limit > 0 && limit - kept[end] < to - from) limit = Math.max(limit, framer.minBytes(kind));
    if (limit > 0 && limit < Number.POSITIVE_INFINITY && framer.maxBytes(kind) <= limit) {
      limit = framer.maxBytes(kind);
      tailBytes = 0;
    }
    const head = Math.max(0, Math.min(limit - kept[end], to - from));
    if (head > 0) {
      this.#record.skipHeld();
      this.#record.keep(from, head, kept[end] === 0 && damaged[end] === 0 ? HAS_HEAD : 0);
      kept[end] += head;
    }
    const rest = to - from - head;
    // What ends with an earlier operation may have its end there.
    const isTailHeld = to === from && damaged[end] === 1 && tailBytes > 0 && limit > 0;
    if (rest === 0 && !isTailHeld) return;
    damaged[end] = 1;
    if (tailBytes === 0 || limit <= 0) this.#record.skip(rest);
    else if (isFinished) this.#record.keepTail(to, rest, tailBytes);
    else this.#record.hold(to, rest, tailBytes);
  }

  #finishUnit(kind: UnitKind, framer: Framer): void {
    const { limit, kept, damaged, budget, client } = this.#state;
    const end = this.#end;
    kept[end] = 0;
    if (damaged[end] === 0) {
      if (this.#isMessage) this.#record.endUnit(false);
      return;
    }
    budget.pay(client[end >> 1], UNIT_STEPS);
    // A message that is left out is one gap, its header block and all parts of its body.
    const isLeftOut = limit[end] === SKIP;
    if (isLeftOut && kind !== MESSAGE && framer.kind === BODY) return;
    damaged[end] = 0;
    this.#record.endUnit(isLeftOut);
  }
}
