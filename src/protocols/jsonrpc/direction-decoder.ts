import type { Direction } from '../direction.js';
import { isOpening, LEFT_BRACKET, SPACE, skipBlank } from '../framing/bytes.js';
import { BODY, UNDECIDED, UNFINISHED, UNFRAMED } from '../framing/framer.js';
import { Carrier, opensResponse } from '../http/carrier.js';
import { PartialUnit } from '../partial-unit.js';
import type { DecoderMemory, UndecodableReason } from '../protocol.js';
import type { Envelope } from './envelope.js';
import { HEADERS, JSON_TEXTS, JsonRpcFramer, LINES } from './framing/framer.js';
import { MessageReader, type MessageTaker } from './message-reader.js';
import type { Conversation } from './plausibility.js';
import type { Reporter } from './reporter.js';

/** No more than that is missing of a line that was captured up to its end. */
const LINE_END_BYTES_MAX = 2;

/**
 * One direction of a conversation: puts units together and has them read. A unit that comes in one piece is
 * read where it is; of any other, its beginning and end are copied.
 */
export class DirectionDecoder implements MessageTaker {
  readonly #direction: Direction;
  readonly #conversation: Conversation;
  readonly #reporter: Reporter;
  readonly #reader = new MessageReader(this);
  readonly #framer = new JsonRpcFramer();
  readonly #carrier = new Carrier();
  readonly #unit: PartialUnit;
  #isBody = false;
  /** The unit came after a loss and may be the inside of something. */
  #isSuspect = false;
  #endMs = 0;
  #hasLost = false;

  constructor(
    direction: Direction,
    conversation: Conversation,
    reporter: Reporter,
    memory: DecoderMemory | undefined,
  ) {
    this.#unit = new PartialUnit(memory);
    this.#direction = direction;
    this.#conversation = conversation;
    this.#reporter = reporter;
  }

  data(bytes: Uint8Array, from: number, to: number, timeMs: number): void {
    const framer = this.#framer;
    let at = from;
    while (at < to && !this.#conversation.hasGivenUp) {
      const begins = framer.isBetween;
      if (begins) this.#begin(timeMs);
      const end = framer.next(bytes, at, to);
      // Blanks between two units.
      if (end === UNFINISHED && framer.isBetween) return;
      if (begins) at = skipBlank(bytes, at, end === UNFINISHED ? to : end);
      if (framer.framing === UNFRAMED) this.#conversation.giveUp(this.#direction);
      else if (end === UNFINISHED) this.#unit.append(bytes, at, to);
      else this.#finish(bytes, at, end, to, begins, timeMs);
      if (end === UNFINISHED) return;
      at = end;
    }
  }

  gap(count: number, endsUnit: boolean, timeMs: number): void {
    const framer = this.#framer;
    const begins = framer.isBetween;
    if (begins && count <= (endsUnit ? LINE_END_BYTES_MAX : 0)) {
      framer.skip(count, endsUnit);
      return;
    }
    if (begins) this.#begin(timeMs);
    framer.skip(count, endsUnit);
    this.#unit.skip(count);
    if (framer.framing === UNFRAMED) this.#conversation.giveUp(this.#direction);
    else if (endsUnit || framer.isBetween) this.#readUnit(timeMs);
  }

  end(timeMs: number): void {
    if (this.#framer.isBetween || this.#conversation.hasGivenUp) return;
    // Only a line ends with the stream for sure: of anything else, what came last may not be the end.
    if (this.#framer.framing !== LINES) this.#unit.tailBytes = 0;
    this.#readUnit(timeMs);
  }

  release(): void {
    this.#unit.release();
  }

  lose(): void {
    this.#framer.lose();
    this.#unit.clear();
    this.#hasLost = true;
    this.#conversation.missed();
  }

  message(envelope: Envelope, length: number): UndecodableReason | undefined {
    return this.#reporter.report(envelope, {
      beginMs: this.#unit.beginMs,
      endMs: this.#endMs,
      bytes: length,
    });
  }

  undecodable(reason: UndecodableReason): void {
    // A suspect may have been no unit at all.
    if (!this.#isSuspect) this.#conversation.undecodable(this.#direction, reason);
  }

  #begin(timeMs: number): void {
    this.#conversation.begins(this.#direction);
    this.#isBody = this.#framer.kind === BODY;
    this.#isSuspect = this.#hasLost && this.#framer.framing === UNDECIDED;
    this.#unit.begin(this.#isBody ? this.#carrier.beginMs : timeMs);
  }

  /** bytes[from, end) are the last of the unit, and the first if `isAll`. */
  #finish(bytes: Uint8Array, from: number, end: number, to: number, isAll: boolean, timeMs: number): void {
    const unit = this.#unit;
    if (this.#isSuspect && end < to && this.#framer.framing === JSON_TEXTS && !maySeparate(bytes[end]))
      return;
    if (!isAll || (this.#isBody && this.#carrier.isChunked)) {
      unit.append(bytes, from, end);
      this.#readUnit(timeMs);
      return;
    }
    const last = withoutBlanks(bytes, from, end);
    this.#read(bytes, from, last, last - from, true, timeMs);
  }

  #readUnit(timeMs: number): void {
    const unit = this.#unit;
    // It was left out on purpose.
    if (unit.isUnseen && !this.#isBody) {
      this.#conversation.missed();
      return;
    }
    let to = unit.headBytes;
    if (this.#isBody) to = this.#carrier.unwrap(unit.head, to);
    if (!unit.hasHole) to = withoutBlanks(unit.head, 0, to);
    const from = skipBlank(unit.head, 0, to);
    const length = unit.length - this.#blanksBehind(unit) - from;
    this.#read(unit.head, from, to, length, !unit.hasHole, timeMs);
    unit.clear();
  }

  /** Blanks at the end of a unit that is kept in pieces; of a line whose end is missing, the line feed. */
  #blanksBehind({ hasHole, head, headBytes, tail, tailBytes }: PartialUnit): number {
    if (!hasHole) return headBytes - withoutBlanks(head, 0, headBytes);
    if (tailBytes === 0) return this.#framer.framing === LINES ? 1 : 0;
    return tailBytes - withoutBlanks(tail, 0, tailBytes);
  }

  /** Reads a unit of which bytes[from, to) is the beginning, or all of it. */
  #read(
    bytes: Uint8Array,
    from: number,
    to: number,
    length: number,
    isComplete: boolean,
    timeMs: number,
  ): void {
    this.#endMs = timeMs;
    const { framing } = this.#framer;
    if (framing === UNDECIDED) {
      // Without a hole it is what the framer passed over on its way to a beginning.
      this.undecodable(this.#unit.hasHole ? 'truncated' : 'not_a_message');
      return;
    }
    if (framing === HEADERS && (!this.#isBody || opensResponse(bytes, from, to))) {
      this.#carrier.readBlock(bytes, from, to, this.#unit.beginMs);
      return;
    }
    // In a batch, nothing shows that it is whole before its elements have been told of.
    if (this.#isSuspect && !(isComplete && bytes[from] !== LEFT_BRACKET)) return;
    const start = skipMark(bytes, from, to);
    if (framing === HEADERS && !this.#isReadable(bytes, start, to)) return;
    // The byte behind it may be the first of the next message.
    const behind = bytes[to];
    this.#reader.read(bytes, start, to, length - (start - from), isComplete ? undefined : this.#unit);
    bytes[to] = behind;
  }

  /** Whether a body may be JSON. */
  #isReadable(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.#carrier.isEncoded) {
      this.undecodable('encoded');
      return false;
    }
    // What a web server says of a failure is no answer to a call.
    return !this.#carrier.isFailure || from === to || isOpening(bytes[from]);
  }
}

function withoutBlanks(bytes: Uint8Array, from: number, to: number): number {
  let i = to;
  while (i > from && bytes[i - 1] <= SPACE) i--;
  return i;
}

/** Whether a text that stands before `byte` may be one of a sequence, and not the inside of another. */
function maySeparate(byte: number): boolean {
  return byte <= SPACE || isOpening(byte);
}

/** Passes over byte order marks, which some programs write before each text. */
function skipMark(bytes: Uint8Array, from: number, to: number): number {
  let i = from;
  while (to - i >= 3 && bytes[i] === 0xef && bytes[i + 1] === 0xbb && bytes[i + 2] === 0xbf) {
    i = skipBlank(bytes, i + 3, to);
  }
  return i;
}
