import type { Direction } from '../../direction.js';
import { LINE_FEED } from '../../framing/bytes.js';
import { MALFORMED, UNFINISHED } from '../../framing/framer.js';
import type { Meter } from '../../framing/meter.js';
import { UnitFramer } from '../../framing/unit-framer.js';
import { AuthLine } from './auth-line.js';
import { BIG_ENDIAN, HEADER_BYTES, LITTLE_ENDIAN, MessageHeader, SIGNAL } from './message-header.js';

/** What a header tells is in its fields; more of them is not kept if the user asks for less. */
const KEPT_BYTES_MAX = 1024;

/** What begins a message with the bytes of a large one, and a line, `BEGIN`, is told by the next byte. */
const LETTER_E = 0x45;

/** The fields of a message whose protocol is not known: at least one, and not very long. */
const FIRST_FIELDS_BYTES_MIN = 8;
const FIRST_FIELDS_BYTES_MAX = 4096;
const FIRST_FLAGS_MAX = 7;

const NOTHING = 0;
const LINE = 1;
const HEADER = 2;
const REST = 3;

/** Steps for each header or byte of a line. */
const HEADER_STEPS = 50;
const LINE_BYTE_STEPS = 6;

/** Lines until client and server agree on who the client is, each a unit, and then messages, which say how long they are. */
export class DBusFramer extends UnitFramer {
  readonly #meter: Meter;
  readonly #line: AuthLine;
  readonly #header = new MessageHeader();
  #state = NOTHING;
  #left = 0;
  /** There has been a message: lines are over. */
  #isPastLines = false;
  #keptBytes = KEPT_BYTES_MAX;

  constructor(direction: Direction, meter: Meter) {
    super();
    this.#meter = meter;
    this.#line = new AuthLine(direction);
  }

  override minBytes(): number {
    return this.#keptBytes;
  }

  protected override scan(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    if (this.#state === NOTHING && this.#isPastLines && to - from >= HEADER_BYTES) {
      this.#meter.steps += HEADER_STEPS;
      if (!this.#header.read(bytes, from) || !this.#passHeader()) return MALFORMED;
      at += HEADER_BYTES;
    } else if (this.#state === NOTHING) {
      const mayBeMessage = bytes[at] === LITTLE_ENDIAN || bytes[at] === BIG_ENDIAN;
      if (!mayBeMessage && (this.#isPastLines || this.isInDoubt)) return MALFORMED;
      this.#state = mayBeMessage ? HEADER : LINE;
    }
    if (this.#state === HEADER) {
      this.#meter.steps += HEADER_STEPS;
      while (at < to && this.#state === HEADER) if (!this.#takeHeader(bytes[at++])) return MALFORMED;
      if (this.#state === HEADER) return UNFINISHED;
    }
    if (this.#state === LINE) return this.#takeLine(bytes, at, to);
    const count = Math.min(this.#left, to - at);
    this.#left -= count;
    return this.#left > 0 ? UNFINISHED : at + count;
  }

  protected override restart(): void {
    this.#state = NOTHING;
    this.#header.restart();
    this.#line.restart();
    this.#left = 0;
  }

  protected override pass(count: number): number {
    if (this.#state !== REST || count > this.#left) return MALFORMED;
    this.#left -= count;
    return this.#left > 0 ? UNFINISHED : 0;
  }

  #takeHeader(byte: number): boolean {
    const header = this.#header;
    const mayBeLine = header.seen === 1 && header.endian === BIG_ENDIAN && !this.#isPastLines;
    if (mayBeLine && byte === LETTER_E && !this.isInDoubt) {
      this.#state = LINE;
      return this.#line.take(BIG_ENDIAN) && this.#line.take(LETTER_E);
    }
    if (!header.take(byte)) return false;
    return !header.isWhole || this.#passHeader();
  }

  /** Whether what the header says is likely; then the rest of the message is left. */
  #passHeader(): boolean {
    const header = this.#header;
    if (!this.isRecognised && !this.#isLikely) return false;
    this.recognise();
    this.#isPastLines = true;
    this.#state = REST;
    this.#left = header.bodyAt - HEADER_BYTES + header.bodyBytes;
    this.#keptBytes = Math.min(HEADER_BYTES + header.fieldsBytes, KEPT_BYTES_MAX);
    return true;
  }

  /** Whether a header can hardly be anything else: each type of message has fields, and none of them is long. */
  get #isLikely(): boolean {
    const { type, flags, fieldsBytes } = this.#header;
    const isFine = type <= SIGNAL && flags <= FIRST_FLAGS_MAX;
    return isFine && fieldsBytes >= FIRST_FIELDS_BYTES_MIN && fieldsBytes <= FIRST_FIELDS_BYTES_MAX;
  }

  #takeLine(bytes: Uint8Array, from: number, to: number): number {
    for (let i = from; i < to; i++) {
      const isFine = this.#line.take(bytes[i]);
      if (isFine && bytes[i] !== LINE_FEED) continue;
      this.#meter.steps += LINE_BYTE_STEPS * (i + 1 - from);
      if (!isFine) return MALFORMED;
      if (this.#line.isConvincing) this.recognise();
      return i + 1;
    }
    this.#meter.steps += LINE_BYTE_STEPS * (to - from);
    if (this.#line.isConvincing) this.recognise();
    return UNFINISHED;
  }
}
