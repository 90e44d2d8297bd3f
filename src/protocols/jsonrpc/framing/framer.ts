import {
  isOpening,
  LEFT_BRACKET,
  LINE_FEED,
  RECORD_SEPARATOR,
  SPACE,
  skipBlank,
} from '../../framing/bytes.js';
import {
  BODY,
  FRAMED,
  type Framer,
  HEADER_BLOCK,
  MALFORMED,
  MESSAGE,
  NO_TERMINATOR,
  UNDECIDED,
  UNFINISHED,
  UNFRAMED,
  type UnitKind,
} from '../../framing/framer.js';
import { BLANK_STEPS, Meter, SEARCH_STEPS, SEARCHED_SHIFT } from '../../framing/meter.js';
import { BLOCK_BYTES_KEPT, HeadersFramer } from '../../http/framing/headers-framer.js';
import { TextsFramer } from './texts-framer.js';

/** One message a line. */
export const LINES = FRAMED;
/** JSON texts one after the other, with white space between them or without. */
export const JSON_TEXTS = FRAMED + 1;
/** Header blocks and bodies: HTTP/1.1, or the Content-Length framing of LSP. */
export const HEADERS = FRAMED + 2;

/** A batch is kept up to here, however little is kept of messages: each of its elements is one. */
export const BATCH_BYTES_KEPT = 64 * 1024;

/** A stream may begin with so many blanks before it says what it is; a byte order mark is three of them. */
const LEADING_BLANKS_MAX = 64;

/** After a loss, a stream that goes wrong is not called UNFRAMED until so many units have ended properly. */
const UNITS_IN_DOUBT = 2;

/**
 * Frames a stream by what it looks like.
 *
 *                `{` `[`                 line feed behind the first text
 *               ┌────────► JSON_TEXTS ───────────────────────────────────► LINES
 *   UNDECIDED ──┤ a header or HTTP/1.1
 *               ├────────► HEADERS ──┐ upgrade, or anything that has no place
 *               └────────────────────┴───────────────────────────────────► UNFRAMED
 *
 * - A unit begins with the blanks before it; until another byte of it is seen, the stream still counts as
 *   between two units. So an empty line belongs to the line behind it.
 * - After `lose` the stream is UNDECIDED, but knows what it was. LINES are found again at the next line
 *   feed; the bytes before it are a unit. In any other framing a unit can only begin where a piece
 *   begins, with a byte that such a unit begins with; a piece that begins otherwise is a unit without meaning. An
 *   UNFRAMED stream remains so.
 */
export class JsonRpcFramer implements Framer {
  readonly #meter: Meter;
  readonly #texts: TextsFramer;
  readonly #headers: HeadersFramer;
  #framing = UNDECIDED;
  /** What an UNDECIDED stream was before it lost bytes. */
  #previous = UNDECIDED;
  /** Holds for LINES and for an UNDECIDED stream. */
  #isBetweenLines = true;
  /** The beginning of a unit is yet to be found. */
  #isLost = false;
  #unitsInDoubt = 0;
  #leadingBlanks = 0;

  /** `meter`: counts what it takes. */
  constructor(meter = new Meter()) {
    this.#meter = meter;
    this.#texts = new TextsFramer(meter);
    this.#headers = new HeadersFramer(meter);
  }

  get framing(): number {
    return this.#framing;
  }

  get isRecognised(): boolean {
    if (this.#framing === HEADERS) return this.#headers.isOpened;
    return this.#framing >= FRAMED;
  }

  get kind(): UnitKind {
    return this.#framing === HEADERS ? this.#headers.kind : MESSAGE;
  }

  get openingKind(): UnitKind {
    return this.#framing === HEADERS ? HEADER_BLOCK : MESSAGE;
  }

  get terminator(): number {
    return this.#framing === LINES ? LINE_FEED : NO_TERMINATOR;
  }

  minBytes(kind: UnitKind): number {
    if (kind === HEADER_BLOCK) return BLOCK_BYTES_KEPT;
    return kind === BODY ? this.#minBytesOfBody() : 0;
  }

  /** What has headers has a body that is a stream of events. */
  get isEventStream(): boolean {
    return this.#headers.isEventStream;
  }

  /** A body is at hand, or about to begin, that ends when the connection does, or that has begun. */
  get isEnding(): boolean {
    return this.#framing === HEADERS && this.#headers.isEnding;
  }

  /** What has just been looked at seemed to be a body, and is a block. */
  get isBlockInsteadOfBody(): boolean {
    return this.#headers.isBlockInsteadOfBody;
  }

  /** The block that has just ended has no body, whatever it says: it answers a HEAD. */
  expectNoBody(): void {
    this.#headers.expectNoBody();
  }

  get isBetween(): boolean {
    if (this.#framing === JSON_TEXTS) return this.#texts.isBetween;
    if (this.#framing === HEADERS) return this.#headers.isBetween;
    return this.#isBetweenLines;
  }

  next(bytes: Uint8Array, from: number, to: number): number {
    switch (this.#framing) {
      case LINES:
        return this.#nextLine(bytes, from, to);
      case JSON_TEXTS:
        return this.#nextText(bytes, from, to);
      case HEADERS:
        return this.#nextPart(bytes, from, to);
      case UNDECIDED:
        return this.#decide(bytes, from, to);
      default:
        return to;
    }
  }

  skip(count: number, endsUnit: boolean): void {
    if (count === 0 && !endsUnit) return;
    switch (this.#framing) {
      case LINES:
        this.#isBetweenLines = endsUnit;
        break;
      case JSON_TEXTS:
        this.#texts.skip(count, endsUnit);
        if (this.#texts.isLines) this.#becomeLines();
        break;
      case HEADERS:
        if (!this.#headers.skip(count, endsUnit)) this.lose();
        else if (this.#headers.isTunnel) this.#becomeUnframed();
        break;
      case UNDECIDED:
        // What is missing may have been a block or a text.
        this.#unitsInDoubt = UNITS_IN_DOUBT;
        if (endsUnit) this.#find();
        else this.lose();
    }
  }

  lose(): void {
    if (this.#framing === UNFRAMED) return;
    if (this.#framing !== UNDECIDED && this.#unitsInDoubt === 0) this.#previous = this.#framing;
    this.#framing = UNDECIDED;
    this.#isLost = true;
    this.#isBetweenLines = true;
    this.#unitsInDoubt = UNITS_IN_DOUBT;
  }

  /** A unit has ended in a stream that was lost: the next byte begins another. */
  #find(): void {
    // With headers that is not enough: the next unit may be a block or a body.
    if (!this.#isLost || this.#previous === HEADERS) return;
    this.#isLost = false;
    this.#isBetweenLines = true;
    if (this.#previous === LINES) this.#framing = LINES;
    if (this.#previous === JSON_TEXTS) this.#becomeTexts();
  }

  #decide(bytes: Uint8Array, from: number, to: number): number {
    if (this.#isLost && this.#previous === LINES) return this.#nextLine(bytes, from, to);
    const start = this.#skipLeading(bytes, from, to);
    if (this.#leadingBlanks > LEADING_BLANKS_MAX) return this.#fail(to);
    if (start === to) return UNFINISHED;
    const mayBeTexts = this.#previous !== HEADERS && isOpening(bytes[start]);
    const mayBeHeaders = this.#previous !== JSON_TEXTS && isLetter(bytes[start]);
    if (mayBeTexts) {
      this.#becomeTexts();
      return this.#nextText(bytes, start, to);
    }
    if (!mayBeHeaders) return this.#fail(to);
    this.#framing = HEADERS;
    this.#headers.reset();
    return this.#nextPart(bytes, start, to);
  }

  /** Passes over what may stand before the first unit. */
  #skipLeading(bytes: Uint8Array, from: number, to: number): number {
    let i = from;
    // No more than needs to be seen to know that they are too many.
    const most = Math.min(to, from + LEADING_BLANKS_MAX + 1);
    while (i < most && isLeading(bytes[i])) i++;
    // After a loss each piece is looked at for itself.
    this.#leadingBlanks = i === to && this.#isLost ? 0 : this.#leadingBlanks + i - from;
    return i;
  }

  #nextLine(bytes: Uint8Array, from: number, to: number): number {
    let i = from;
    if (this.#isBetweenLines) {
      i = skipBlank(bytes, from, to);
      this.#meter.steps += BLANK_STEPS * (i - from);
      if (i === to) return UNFINISHED;
      this.#isBetweenLines = false;
    }
    bytes[to] = LINE_FEED;
    const end = bytes.indexOf(LINE_FEED, i);
    this.#meter.steps += SEARCH_STEPS + ((end - i) >> SEARCHED_SHIFT);
    if (end === to) return UNFINISHED;
    this.#becomeLines();
    return end + 1;
  }

  #nextText(bytes: Uint8Array, from: number, to: number): number {
    const end = this.#texts.next(bytes, from, to);
    if (end === MALFORMED && this.#texts.isBetween && this.#unitsInDoubt > 0) {
      // What began like a text was the body behind a block, or the inside of a text.
      this.lose();
      return this.#decide(bytes, from, to);
    }
    if (this.#texts.isLines) {
      this.#becomeLines();
      return end === UNFINISHED ? this.#nextLine(bytes, from, to) : end;
    }
    return this.#conclude(end, to);
  }

  #nextPart(bytes: Uint8Array, from: number, to: number): number {
    const end = this.#headers.next(bytes, from, to);
    if (this.#headers.isTunnel) this.#becomeUnframed();
    return this.#conclude(end, to);
  }

  #conclude(end: number, to: number): number {
    if (end === MALFORMED) return this.#fail(to);
    if (end > 0 && this.#unitsInDoubt > 0) this.#unitsInDoubt--;
    return end;
  }

  #minBytesOfBody(): number {
    if (this.#headers.isBlockInsteadOfBody) return BLOCK_BYTES_KEPT;
    return this.#headers.firstByte === LEFT_BRACKET ? BATCH_BYTES_KEPT : 0;
  }

  #becomeLines(): void {
    this.#framing = LINES;
    this.#isLost = false;
    this.#unitsInDoubt = 0;
    this.#isBetweenLines = true;
  }

  #becomeTexts(): void {
    this.#framing = JSON_TEXTS;
    this.#isLost = false;
    this.#texts.startOver();
  }

  #becomeUnframed(): void {
    this.#framing = UNFRAMED;
    this.#isBetweenLines = true;
  }

  /** A stream that has just lost bytes may have seemed to be something: it goes on looking. */
  #fail(to: number): number {
    this.#leadingBlanks = 0;
    if (this.#isLost || this.#unitsInDoubt > 0) this.lose();
    else this.#becomeUnframed();
    return to;
  }
}

function isLetter(byte: number): boolean {
  const lower = byte | SPACE;
  return lower >= 0x61 && lower <= 0x7a;
}

/** JSON's white space, a record separator, or a byte of a byte order mark. */
function isLeading(byte: number): boolean {
  if (byte === SPACE || byte === RECORD_SEPARATOR || (byte >= 0x09 && byte <= 0x0d)) return true;
  return byte === 0xef || byte === 0xbb || byte === 0xbf;
}
