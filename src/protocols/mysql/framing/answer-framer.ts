import { FRAMED, MALFORMED, UNFINISHED } from '../../framing/framer.js';
import type { Meter } from '../../framing/meter.js';
import { UnitFramer } from '../../framing/unit-framer.js';
import { CERTAIN, greetingAt, IMPOSSIBLE } from './greeting.js';
import {
  CURSOR_EXISTS,
  END_OF_ROWS,
  EOF_BYTES,
  ERROR,
  HEADER_BYTES,
  LOCAL_INFILE,
  MORE_RESULTS,
  OK,
  OK_BYTES_MIN,
  statusOf,
} from './packet.js';
import { PacketScanner } from './packet-scanner.js';

/** What a unit is, and what the next one may be. */
export const GREETING = 0;
/** A packet of a login. */
export const LOGIN = 1;
/** The first packet of an answer or of a further result in it: all of a unit, or the first of SET. */
export const FIRST = 2;
/** Number of columns and their definitions, up to the header of the packet that ends them. */
export const SET = 3;
/** Rows, up to the header of the packet that ends them. */
export const ROWS = 4;
/** The payload of the packet that ends definitions or rows. */
export const END = 5;
/** What may follow an OK that told of a prepared statement, or was a row: definitions, a packet each, or rows. */
export const BEHIND_OK = 6;

/** None, or one of which nothing was seen. */
export const UNSEEN = -1;

/** The type of a packet without a payload. */
const NO_TYPE = 0x100;

/** So much tells everything but the text of an error. */
const KEPT_BYTES = 128;

/** Nothing else that begins an answer is so short, but for what has a type of its own: how many columns there are. */
const COLUMN_COUNT_BYTES_MAX = 5;
const NUMBER_MAX = 255;

/** Greetings are not long. */
const GREETING_BYTES_MAX = 1024;
/** Of an error, where its state is marked if it is there. */
const STATE_MARK_AT = 3;
const STATE_MARK = 0x23;
/** Both bytes of the code of what is no error but says how far MariaDB has come. */
const PROGRESS = 0xff;
const NEXT_FACTOR = 0x02;
const SMALL_LETTER_A = 0x61;
const DELETE = 0x7f;

/** Steps for each packet that begins a unit, and for each row. */
const PACKET_STEPS = 30;
const ROW_STEPS = 8;

/**
 * What a server sends. A set of rows is three units, or five for clients that know the old end of rows only:
 *
 *   │ columns, definitions, header │ payload of their end │ rows, header │ payload of their end │
 *
 * So however long it is, what tells its outcome is a short unit of its own, and rows take a few bytes of what is captured.
 * That ends a row is told by the first byte of a payload, so the unit ends before it.
 */
export class AnswerFramer extends UnitFramer {
  readonly #meter: Meter;
  readonly #packet = new PacketScanner();
  /** What the next unit may be: GREETING, LOGIN, FIRST, BEHIND_OK, ROWS or END. */
  #state = GREETING;
  /** What the unit at hand is, once its first byte has come. */
  #kind = UNSEEN;
  /** Packets with rows are numbered one after another, and from 0 on again behind 255. */
  #number = 0;
  /** The packet that began the unit is past. */
  #hasRows = false;
  /** The packet at hand is a row, or the rest of one. */
  #isRow = false;
  /** Rows that end here had definitions before them, in the same unit. */
  #isEndOfSet = false;
  #unit = UNSEEN;
  #goesOn = false;
  /** There is, or was, a cursor: an answer may begin with a row that is fetched, however short. */
  #hasCursor = false;

  constructor(meter: Meter) {
    super();
    this.#meter = meter;
  }

  override minBytes(): number {
    return KEPT_BYTES;
  }

  /** What the unit was that ended last: GREETING, LOGIN, FIRST, SET, ROWS or END. */
  get unit(): number {
    return this.#unit;
  }

  /** Whether the answer goes on behind it, as far as can be told without the command. */
  get goesOn(): boolean {
    return this.#goesOn;
  }

  override lose(): void {
    super.lose();
    this.#packet.restart();
    this.#state = FIRST;
    this.#goesOn = false;
  }

  /** Whether bytes are missing, and where a packet begins is not certain. */
  get isUnsure(): boolean {
    return this.isInDoubt;
  }

  /** The unit that ended last, rows that were not captured, ended with the header in bytes[to - 4, to). */
  endsWith(bytes: Uint8Array, to: number): void {
    if (to < HEADER_BYTES) return;
    this.#packet.restart();
    this.#packet.takeHeader(bytes, to - HEADER_BYTES, to);
    this.#number = this.#packet.number;
    this.#state = END;
    this.recognise();
  }

  protected override scan(bytes: Uint8Array, from: number, to: number): number {
    const packet = this.#packet;
    let at = from;
    if (this.#kind === UNSEEN) {
      if (this.#state === ROWS) this.#kind = ROWS;
      else if (this.#state === END) this.#kind = END;
      else {
        at = packet.takeHeader(bytes, at, to);
        if (!this.#isPossible) return MALFORMED;
        if (!packet.hasHeader || (at === to && packet.length > 0)) return UNFINISHED;
        this.#meter.steps += PACKET_STEPS;
        const type = packet.length > 0 ? bytes[at] : NO_TYPE;
        this.#kind = this.#kindOf(type);
        if (this.#kind === LOGIN && !isOfLogin(type)) return MALFORMED;
      }
    }
    if (this.#kind === ROWS || this.#hasRows) return this.#rows(bytes, at, to);
    at = packet.takePayload(bytes, at, to);
    if (this.framing !== FRAMED && !this.#check()) return MALFORMED;
    if (!packet.isWhole) return UNFINISHED;
    if (this.framing !== FRAMED) return MALFORMED;
    if (this.#kind === SET || packet.goesOn) return this.#begin(bytes, at, to);
    this.#pass();
    return at;
  }

  protected override restart(): void {
    this.#kind = UNSEEN;
    this.#isRow = this.#hasRows = false;
    if (this.#state !== END) this.#packet.restart();
  }

  protected override pass(count: number): number {
    const kind = this.#kind;
    if (kind === UNSEEN || kind === SET || kind === ROWS || !this.#packet.skip(count)) return MALFORMED;
    if (!this.#packet.isWhole) return UNFINISHED;
    this.#pass();
    return 0;
  }

  protected override cut(isWhole: boolean): void {
    const kind = this.#kind;
    const isOfRows = kind === ROWS || this.#hasRows;
    // All was captured; the first byte behind it, by which rows end, comes next.
    const isAtEnd = isWhole && isOfRows && this.#packet.hasHeader && !this.#isRow;
    if ((kind !== UNSEEN && kind !== SET && kind !== ROWS) || isAtEnd) {
      this.#pass();
      return;
    }
    this.lose();
    this.#unit = kind;
    this.#isEndOfSet = kind === SET;
    this.#goesOn = kind !== UNSEEN;
  }

  /** Whether the header may be one, as far as it was seen. */
  get #isPossible(): boolean {
    const { hasHeader, headerBytes, length, number } = this.#packet;
    if (this.framing === FRAMED) return true;
    if (this.isInDoubt) return !hasHeader || (number === 1 && length > 0);
    return headerBytes < 2 || (length <= GREETING_BYTES_MAX && (!hasHeader || number === 0));
  }

  /** What a unit is whose packet begins with that byte. */
  #kindOf(type: number): number {
    const { length, number } = this.#packet;
    if (this.#state === GREETING || this.#state === LOGIN) return this.#state;
    if (this.#state === BEHIND_OK && type === OK && number !== 1) {
      this.#isRow = true;
      this.#number = number;
      return ROWS;
    }
    const isRow = type === OK && this.#hasCursor;
    const hasType = isRow || type === LOCAL_INFILE || type === END_OF_ROWS || type === ERROR;
    return length > 0 && length <= COLUMN_COUNT_BYTES_MAX && !hasType ? SET : FIRST;
  }

  /** The unit goes on with the packets behind the one that began it. */
  #begin(bytes: Uint8Array, from: number, to: number): number {
    this.#number = this.#packet.number;
    this.#hasRows = true;
    this.#isRow = this.#packet.goesOn;
    if (this.#isRow) this.#kind = ROWS;
    this.#packet.restart();
    return from === to ? UNFINISHED : this.#rows(bytes, from, to);
  }

  #rows(bytes: Uint8Array, from: number, to: number): number {
    const packet = this.#packet;
    for (let at = from; at < to; ) {
      if (!packet.hasHeader) {
        at = packet.takeHeader(bytes, at, to);
        if (!packet.hasHeader) return UNFINISHED;
        if (packet.number !== ((this.#number + 1) & NUMBER_MAX)) return MALFORMED;
        this.#number = packet.number;
        this.#meter.steps += ROW_STEPS;
      }
      if (!this.#isRow && packet.length > 0) {
        if (at === to) return UNFINISHED;
        if (this.#isEnd(bytes[at])) {
          this.#pass();
          return at;
        }
        this.#isRow = true;
      }
      const count = Math.min(packet.left, to - at);
      packet.left -= count;
      at += count;
      if (packet.left > 0) return UNFINISHED;
      // What goes on in the next packet has no type there.
      this.#isRow = packet.goesOn;
      packet.restart();
    }
    return UNFINISHED;
  }

  /** Whether a packet that begins so ends the rows before it. */
  #isEnd(type: number): boolean {
    return type === ERROR || (type === END_OF_ROWS && !this.#packet.goesOn);
  }

  /** The unit has ended. */
  #pass(): void {
    const { head, headBytes, length } = this.#packet;
    const before = this.#state;
    this.#unit = this.#kind;
    this.#goesOn = false;
    this.#state = FIRST;
    if (this.#kind === GREETING) this.#goOn(LOGIN);
    else if (this.#kind === LOGIN) {
      if (head[0] !== OK && head[0] !== ERROR) this.#goOn(LOGIN);
    } else if (this.#kind === SET || this.#kind === ROWS) {
      this.#isEndOfSet = this.#kind === SET;
      this.#goOn(END);
    } else if (head[0] === OK || head[0] === END_OF_ROWS)
      this.#passStatus(statusOf(head, 0, headBytes, length), before);
    else if (head[0] === LOCAL_INFILE) this.#goOn(FIRST);
    else if (head[0] === ERROR) this.#goesOn = head[1] === PROGRESS && head[2] === PROGRESS;
    else this.#state = before;
  }

  #passStatus(status: number, before: number): void {
    const { head, length } = this.#packet;
    const isOk = head[0] === OK;
    this.#hasCursor ||= this.#kind === END && (status & CURSOR_EXISTS) !== 0;
    // The name of a plugin.
    if (this.#kind === FIRST && !isOk && length > EOF_BYTES && head[1] >= SMALL_LETTER_A && head[1] < DELETE)
      this.#goOn(LOGIN);
    else if (this.#kind === END && length === EOF_BYTES && this.#isEndOfSet) {
      if ((status & CURSOR_EXISTS) === 0) this.#goOn(ROWS);
    } else if ((status & MORE_RESULTS) !== 0) this.#goOn(FIRST);
    else if (this.#kind === FIRST) this.#state = isOk || before === BEHIND_OK ? BEHIND_OK : FIRST;
  }

  #goOn(state: number): void {
    this.#goesOn = true;
    this.#state = state;
  }

  /** Whether the payload may begin so, where it is not certain that it is one; recognises it. */
  #check(): boolean {
    const { head, headBytes, length } = this.#packet;
    if (this.#kind === GREETING) {
      const likelihood = greetingAt(head, headBytes, length);
      if (likelihood === CERTAIN) this.recognise();
      return likelihood !== IMPOSSIBLE;
    }
    const isFine =
      this.#kind === SET ||
      (head[0] === OK && length >= OK_BYTES_MIN) ||
      (head[0] === END_OF_ROWS && length === EOF_BYTES);
    if (isFine) this.recognise();
    if (isFine || head[0] !== ERROR || length < STATE_MARK_AT) return isFine;
    if (headBytes <= STATE_MARK_AT) return true;
    if (head[STATE_MARK_AT] !== STATE_MARK) return false;
    this.recognise();
    return true;
  }
}

/** Whether a packet of a login may begin so: also with what a server asks for next. */
function isOfLogin(type: number): boolean {
  return type <= NEXT_FACTOR || type === END_OF_ROWS || type === ERROR;
}
