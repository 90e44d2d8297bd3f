import type { Direction } from '../direction.js';
import { isClosing, isOpening, LEFT_BRACKET, SPACE, skipBlank, skipToUnit } from '../framing/bytes.js';
import { BODY, UNDECIDED, UNFINISHED, UNFRAMED } from '../framing/framer.js';
import { CarriedBodies } from '../http/carried-bodies.js';
import type { Carrier } from '../http/carrier.js';
import type { HttpExchanges } from '../http/exchanges.js';
import { ABSENT } from '../json/token.js';
import { PartialUnit } from '../partial-unit.js';
import type { DecoderSettings, UndecodableReason } from '../protocol.js';
import type { Envelope } from './envelope.js';
import { HEADERS, JSON_TEXTS, JsonRpcFramer, LINES } from './framing/framer.js';
import { MessageReader, type MessageTaker } from './message-reader.js';
import type { Conversation } from './plausibility.js';
import type { Occurrence, Reporter } from './reporter.js';

/** No more than that is missing of a line that was captured up to its end. */
const LINE_END_BYTES_MAX = 2;

/** So many pieces of a line are looked at for whether it is whole, since each look begins at its beginning. */
const EARLY_LOOKS_MAX = 8;

/** What a direction is decoded with, beside what both directions know together. */
interface Parts {
  readonly reporter: Reporter;
  readonly exchanges: HttpExchanges;
  readonly carrier: Carrier;
}

/** A byte order mark. */
const MARK = [0xef, 0xbb, 0xbf] as const;

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
  readonly #bodies: CarriedBodies;
  readonly #exchanges: HttpExchanges;
  readonly #unit: PartialUnit;
  /** Length of the last message, or what may have been one. */
  #length = 0;
  /** The unit came after a loss and may be the inside of something. */
  #isSuspect = false;
  #hasLost = false;
  /** Of the message at hand: one for all, as there are many. */
  readonly #when: Occurrence = {
    beginMs: 0,
    endMs: 0,
    bytes: 0,
    isBrokenOff: false,
    isOverdue: false,
    headers: undefined,
  };
  /** Bytes of the unit that were told of before its end was seen; how often it was looked at for that. */
  #toldBytes = 0;
  #earlyLooks = 0;

  constructor(
    direction: Direction,
    conversation: Conversation,
    { reporter, exchanges, carrier }: Parts,
    { memory, keepPayload }: DecoderSettings,
  ) {
    this.#bodies = new CarriedBodies(direction, exchanges, carrier, this.#framer.headers, keepPayload);
    this.#unit = new PartialUnit(memory);
    this.#direction = direction;
    this.#conversation = conversation;
    this.#reporter = reporter;
    this.#exchanges = exchanges;
  }

  data(bytes: Uint8Array, from: number, to: number, timeMs: number): void {
    const framer = this.#framer;
    let at = from;
    while (at < to && !this.#conversation.hasGivenUp) {
      if (this.#exchanges.calls?.isOver(this.#direction) === true) {
        this.#exchanges.calls.passOver(this.#direction, bytes, at, to, timeMs);
        return;
      }
      const { isBetween: begins, framing } = framer;
      if (begins) this.#begin(timeMs);
      const end = framer.next(bytes, at, to);
      this.#when.isOverdue = end === at;
      // A response to a HEAD went before it of which that was not known.
      if (framer.headers.isBlockInsteadOfBody) this.#bodies.isBody = false;
      // Blanks between two units.
      if (end === UNFINISHED && framer.isBetween && this.#bodies.isPlain) {
        if (framer.kind === BODY) this.#exchanges.calls?.pass(this.#direction, to - at);
        return;
      }
      if (this.#unit.length === 0 && this.#bodies.isPlain)
        at = skipToUnit(bytes, at, end === UNFINISHED ? to : end);
      if (this.#framing === HEADERS)
        this.#exchanges.calls?.pass(this.#direction, (end === UNFINISHED ? to : end) - at);
      if (this.#framing === UNFRAMED) this.#giveUp();
      else if (end === UNFINISHED) {
        this.#bodies.append(this.#unit, bytes, at, to);
        this.#tellEarly(timeMs);
      } else this.#finish(bytes, at, end, to, begins, timeMs);
      if (framing === HEADERS) this.#follow(timeMs);
      if (end === UNFINISHED) return;
      at = end;
    }
  }

  gap(count: number, endsUnit: boolean, timeMs: number): void {
    const framer = this.#framer;
    if (framer.framing === HEADERS || this.#exchanges.calls?.isOver(this.#direction) === true)
      this.#exchanges.calls?.pass(this.#direction, count);
    if (this.#exchanges.calls?.isOver(this.#direction) === true) return;
    const begins = framer.isBetween;
    if (begins && count <= (endsUnit && framer.kind !== BODY ? LINE_END_BYTES_MAX : 0)) {
      framer.skip(count, endsUnit);
      return;
    }
    if (begins) this.#begin(timeMs);
    framer.skip(count, endsUnit);
    this.#bodies.skip(this.#unit, count);
    // More is missing than what was left of the body.
    if (this.#bodies.isBody && this.#bodies.isTold && framer.framing === UNDECIDED)
      this.#exchanges.undecodable(this.#direction, 'truncated');
    if (this.#framing === UNFRAMED) this.#giveUp();
    else if (endsUnit || framer.isBetween) this.#readUnit(timeMs);
    this.#follow(timeMs);
  }

  end(timeMs: number): void {
    if (this.#conversation.hasGivenUp) return;
    if (this.#framer.headers.isOfLength) this.#exchanges.breakOff(this.#direction);
    this.#endUnit(timeMs);
    if (this.#framer.framing === HEADERS && this.#framer.headers.isEnding) this.#endBody(timeMs);
  }

  #endUnit(timeMs: number): void {
    const { isBetween, framing, headers } = this.#framer;
    if (isBetween || this.#exchanges.calls?.isOver(this.#direction) === true) return;
    // Of a request it is not even known what it asks for.
    if (framing === HEADERS && !this.#bodies.isBody && this.#exchanges.calls !== undefined) {
      this.#unit.clear();
      return;
    }
    // Only a line ends with the stream for sure: of anything else, what came last may not be the end.
    if (framing !== LINES) this.#unit.tailBytes = 0;
    const endsAsMeant = framing === HEADERS && headers.endsWithConnection;
    this.#when.isBrokenOff = this.#when.isOverdue = !endsAsMeant;
    // The server may have answered before all of a request was sent; an answer that was broken off is none.
    if (this.#bodies.isBody && this.#bodies.isOfRequest) this.#unit.hasHole = true;
    this.#readUnit(timeMs);
  }

  release(): void {
    this.#unit.release();
  }

  lose(): void {
    this.#framer.lose();
    this.#unit.clear();
    this.#hasLost = true;
    this.#conversation.missed(this.#direction);
  }

  message(envelope: Envelope, length: number): UndecodableReason | undefined {
    if (this.#bodies.isBody && this.#bodies.isTold && !this.#isOfJsonRpc(envelope)) return 'not_a_message';
    const when = this.#when;
    when.beginMs = this.#unit.beginMs;
    when.bytes = length;
    when.headers = this.#exchanges.headersOf(this.#direction);
    return this.#reporter.report(envelope, when);
  }

  undecodable(reason: UndecodableReason): void {
    // After a loss it may have been no unit at all.
    const isNone = this.#isSuspect || (this.#hasLost && this.#framer.isInDoubt);
    if (!this.#bodies.isBody && this.#bodies.isTold) {
      if (!isNone) this.#exchanges.undecodable(this.#direction, reason);
      return;
    }
    if (this.#exchanges.matters(this.#direction, reason) && !isNone)
      this.#conversation.undecodable(this.#direction, reason);
  }

  /** Whether an object in a body is a message. Those of others have ids and methods, too, and are told of as calls of HTTP. */
  #isOfJsonRpc({ version, method, params, id, isConclusive }: Envelope): boolean {
    if (version.type !== ABSENT || this.#exchanges.hasMessages(this.#direction)) return true;
    // The answer to what was not seen, or not yet.
    if (method.type === ABSENT) return this.#bodies.mayBeAnswer;
    return params.type !== ABSENT && (id.type !== ABSENT || !isConclusive);
  }

  /** That of the framer, but for a block behind which nothing is framed any more. */
  get #framing(): number {
    const { framing, headers } = this.#framer;
    return framing === UNFRAMED && headers.isTunnel && this.#bodies.isTold ? HEADERS : framing;
  }

  #giveUp(): void {
    if (this.#bodies.isTold) this.#exchanges.stray(this.#direction);
    else this.#conversation.giveUp(this.#direction);
  }

  #begin(timeMs: number): void {
    this.#conversation.begins(this.#direction);
    this.#toldBytes = this.#earlyLooks = 0;
    this.#isSuspect = this.#hasLost && this.#framer.framing === UNDECIDED;
    this.#unit.begin(this.#bodies.begin(this.#framer.kind === BODY, timeMs));
  }

  /** Tells the exchanges of HTTP that a body has ended, or that messages are missing. */
  #follow(timeMs: number): void {
    if (this.#conversation.hasGivenUp) return;
    const { framing, kind } = this.#framer;
    if (framing === HEADERS && this.#bodies.isBody && kind !== BODY) this.#endBody(timeMs);
    if (framing === UNDECIDED) this.#exchanges.missed(this.#direction, timeMs);
  }

  #endBody(timeMs: number): void {
    this.#bodies.isBody = false;
    this.#exchanges.bodyEnded(this.#direction, this.#length, timeMs);
  }

  /** bytes[from, end) are the last of the unit, and the first if `isAll`. */
  #finish(bytes: Uint8Array, from: number, end: number, to: number, isAll: boolean, timeMs: number): void {
    if (this.#isSuspect && end < to && this.#framer.framing === JSON_TEXTS && !maySeparate(bytes[end]))
      return;
    if (!isAll || !this.#bodies.isPlain) {
      this.#bodies.append(this.#unit, bytes, from, end);
      this.#readUnit(timeMs);
      return;
    }
    const last = withoutBlanks(bytes, from, end);
    this.#read(bytes, from, last, last - from, true, timeMs);
  }

  /** Tells of a line as soon as it is whole: its line feed may come late, or never. */
  #tellEarly(timeMs: number): void {
    const { framing, isNoise } = this.#framer;
    const { head, headBytes, hasHole, length } = this.#unit;
    if (framing !== LINES || isNoise || hasHole || this.#isSuspect || this.#toldBytes > 0) return;
    const from = skipBlank(head, 0, headBytes);
    const to = withoutBlanks(head, from, headBytes);
    if (to === from || !isClosing(head[to - 1]) || this.#earlyLooks++ === EARLY_LOOKS_MAX) return;
    if (!this.#reader.isWhole(head, from, to)) return;
    this.#toldBytes = length;
    this.#read(head, from, to, to - from, true, timeMs);
  }

  #readUnit(timeMs: number): void {
    const unit = this.#unit;
    if (this.#toldBytes > 0) {
      const { head, headBytes, hasHole } = unit;
      if (!hasHole && withoutBlanks(head, 0, headBytes) > this.#toldBytes) this.undecodable('malformed');
      if (unit.clear()) this.#reader.forget();
      return;
    }
    // It was left out on purpose.
    if (unit.isUnseen && !this.#bodies.isBody) {
      this.#conversation.missed(this.#direction);
      return;
    }
    if (!this.#bodies.finish(unit)) return;
    let to = unit.headBytes;
    if (!unit.hasHole) to = withoutBlanks(unit.head, 0, to);
    const from = skipBlank(unit.head, 0, to);
    const length = unit.length - this.#blanksBehind(unit) - from;
    this.#read(unit.head, from, to, length, !unit.hasHole, timeMs);
    if (unit.clear()) this.#reader.forget();
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
    this.#when.endMs = timeMs;
    this.#length = length;
    const { isNoise } = this.#framer;
    const framing = this.#framing;
    if (isNoise) {
      this.undecodable('not_a_message');
      return;
    }
    if (framing === UNDECIDED) {
      // After a loss it is what the framer passed over on its way to a beginning.
      if (!this.#hasLost) this.undecodable(this.#unit.hasHole ? 'truncated' : 'not_a_message');
      return;
    }
    if (framing === HEADERS && !this.#bodies.isBody) {
      this.#readBlock(bytes, from, to, timeMs);
      return;
    }
    // In a batch, nothing shows that it is whole before its elements have been told of.
    if (this.#isSuspect && !(isComplete && bytes[from] !== LEFT_BRACKET)) return;
    const start = bytes[from] === MARK[0] ? skipMarks(bytes, from, to) : from;
    if (framing === HEADERS) {
      this.#bodies.note(bytes, start, to);
      // Of a stream, once: where it ends.
      if (this.#bodies.isEncoded && this.#framer.kind !== BODY) this.undecodable('encoded');
      if (this.#bodies.isEncoded || !this.#bodies.mayBeMessage(bytes, start, to)) return;
    }
    // The byte behind it may be the first of the next message.
    const behind = bytes[to];
    this.#reader.read(bytes, start, to, length - (start - from), isComplete ? undefined : this.#unit);
    bytes[to] = behind;
  }

  #readBlock(bytes: Uint8Array, from: number, to: number, timeMs: number): void {
    const saysBody = this.#framer.kind === BODY;
    const hasBody = this.#bodies.readBlock(bytes, from, to, this.#unit.beginMs, saysBody, timeMs);
    if (this.#exchanges.isHttp) this.#conversation.tellThrough(this.#exchanges);
    if (hasBody) return;
    this.#length = 0;
    this.#endBody(timeMs);
    // What only asks for a file is no message, and others than JSON-RPC speak so.
    if (this.#bodies.isStranger) this.#conversation.stranger(this.#direction);
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
function skipMarks(bytes: Uint8Array, from: number, to: number): number {
  let i = from;
  while (to - i >= 3 && bytes[i] === MARK[0] && bytes[i + 1] === MARK[1] && bytes[i + 2] === MARK[2]) {
    i = skipBlank(bytes, i + 3, to);
  }
  return i;
}
