import {
  isOfMark,
  isOpening,
  LEFT_BRACE,
  LEFT_BRACKET,
  LINE_FEED,
  RECORD_SEPARATOR,
  SPACE,
  skipBlank,
  skipToUnit,
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
import { type Glance, JSON_LINES, NO_GLANCE } from '../../framing/glance.js';
import { BLANK_STEPS, Meter, searchLineFeed } from '../../framing/meter.js';
import { BLOCK_BYTES_KEPT, HeadersFramer } from '../../http/framing/headers-framer.js';
import { BlocksFramer, isLetter, mayBeHeader, STRAY, skipToBlock } from './blocks-framer.js';
import { Certainty } from './certainty.js';
import { LinesFramer } from './lines-framer.js';
import { NoiseScanner } from './noise-scanner.js';
import { TextsFramer } from './texts-framer.js';

/** One message a line. */
export const LINES = FRAMED;
/** JSON texts one after the other, with white space between them or without. */
export const JSON_TEXTS = FRAMED + 1;
/** Header blocks and bodies: HTTP/1.1, or the Content-Length framing of LSP. */
export const HEADERS = FRAMED + 2;

/**
 * A batch is kept up to here, however little is kept of messages: each of its elements is a call, and what is cut off can
 * not even be counted.
 */
const BATCH_BYTES_KEPT = 64 * 1024;

/**
 * Frames a stream by what it looks like, and goes on doing so:
 *
 *                 `{"` `[{`                    a line feed behind the first text, or many
 *               ┌──────────────► JSON_TEXTS ◄─────────────────────────────────► LINES
 *   UNDECIDED ──┤                   ▲   │      a text that is no line             │
 *     ▲    │    │    `{"`, in LSP   │   │ `Content-Length:`                       │
 *     └────┘    │                   │   ▼                                         │
 *     noise     ├──────────────► HEADERS ◄────────────────────────────────────────┘
 *               │ a header, HTTP    │ upgrade, or a block that is broken
 *               └───────────────────┴─────────────────────────────────────────► UNFRAMED
 *                 what is no text, or too much noise
 *
 * - A line that begins as no message begins is noise, a unit of its own: a banner, or what a server logs between
 *   messages. It does not change what the stream is. Behind a block of HTTP, where answers come in order, there is none.
 * - What begins like a header block is on trial until that has ended: it may be noise after all.
 * - A unit begins with the blanks and byte order marks before it; until another byte of it is seen, the stream still
 *   counts as between two units. So an empty line belongs to the line behind it.
 * - After `lose` the stream is UNDECIDED, but knows what it was. LINES are found again at the next line
 *   feed; the bytes before it are a unit. In any other framing a unit can only begin where a piece
 *   begins, with a byte that such a unit begins with; a piece that begins otherwise is a unit without meaning. An
 *   UNFRAMED stream remains so.
 */
export class JsonRpcFramer implements Framer {
  readonly #meter: Meter;
  readonly #noise: NoiseScanner;
  readonly #texts: TextsFramer;
  readonly #lines: LinesFramer;
  readonly #blocks: BlocksFramer;
  readonly #certainty = new Certainty();
  /** What the stream has of HTTP, or of LSP. */
  readonly headers: HeadersFramer;
  #framing = UNDECIDED;
  #isNoise = false;
  #isInNoise = false;
  /** Among LINES of which bytes were lost, the rest of one has begun. */
  #isInRest = false;

  /** `meter`: counts what it takes. */
  constructor(meter = new Meter()) {
    this.#meter = meter;
    this.#noise = new NoiseScanner(meter);
    this.#texts = new TextsFramer(meter);
    this.#lines = new LinesFramer(this.#texts, meter);
    this.headers = new HeadersFramer(meter);
    this.#blocks = new BlocksFramer(this.headers, this.#noise, meter);
  }

  get framing(): number {
    return this.#framing;
  }

  get isRecognised(): boolean {
    if (this.#framing !== HEADERS) return this.#framing >= FRAMED;
    return this.#certainty.known !== UNDECIDED || this.headers.isOpened;
  }

  get isTunnel(): boolean {
    return this.headers.isTunnel;
  }

  get kind(): UnitKind {
    return this.#framing === HEADERS ? this.headers.kind : MESSAGE;
  }

  get openingKind(): UnitKind {
    return this.#framing === HEADERS ? HEADER_BLOCK : MESSAGE;
  }

  get terminator(): number {
    return this.#framing === LINES ? LINE_FEED : NO_TERMINATOR;
  }

  /** Whether the unit at hand, or the one that has just ended, is a line of noise. */
  get isNoise(): boolean {
    return this.#framing === LINES ? this.#lines.isNoise : this.#isNoise;
  }

  /** Whether units of a stream that lost bytes may not be what they seem. */
  get isInDoubt(): boolean {
    return this.#certainty.isInDoubt;
  }

  minBytes(kind: UnitKind): number {
    if (kind === HEADER_BLOCK) return BLOCK_BYTES_KEPT;
    if (kind === BODY) return this.#minBytesOfBody();
    const isBatch = this.#framing === LINES ? this.#lines.isBatch : this.#texts.isBatch;
    return isBatch && !this.isNoise ? BATCH_BYTES_KEPT : 0;
  }

  maxBytes(): number {
    return Number.POSITIVE_INFINITY;
  }

  get isBetween(): boolean {
    if (this.#isInNoise) return false;
    if (this.#framing === LINES) return this.#lines.isBetween;
    if (this.#framing === JSON_TEXTS) return this.#texts.isBetween;
    if (this.#framing === HEADERS) return this.#blocks.isBetween;
    return !this.#isInRest;
  }

  get glance(): Glance {
    return this.#framing === LINES && this.#lines.isBetween ? JSON_LINES : NO_GLANCE;
  }

  next(bytes: Uint8Array, from: number, to: number): number {
    if (this.#isInNoise) return this.#nextNoise(bytes, from, to);
    if (this.#texts.isPending) this.#settle(bytes, from, to);
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
    if (this.#isInNoise) {
      this.#noise.skip(count, endsUnit);
      this.#isInNoise = !endsUnit;
      return;
    }
    switch (this.#framing) {
      case LINES:
        this.#lines.skip(count, endsUnit);
        break;
      case JSON_TEXTS:
        this.#texts.skip(count, endsUnit);
        if (this.#texts.isLines) this.#becomeLines(this.#texts.isBatch);
        break;
      case HEADERS:
        if (!this.#blocks.skip(count, endsUnit)) this.lose();
        else if (this.headers.isTunnel) this.#becomeUnframed();
        break;
      case UNDECIDED:
        // What is missing may have been a block or a text.
        this.#certainty.doubt();
        if (endsUnit) this.#find();
        else this.lose();
    }
  }

  lose(): void {
    if (this.#framing === UNFRAMED) return;
    this.#certainty.lose(this.#framing);
    this.#framing = UNDECIDED;
    this.#isNoise = this.#isInNoise = this.#isInRest = false;
    this.#texts.startOver();
  }

  /** A unit has ended in a stream that was lost: the next byte begins another. */
  #find(): void {
    const { isLost, known } = this.#certainty;
    // With headers that is not enough: the next unit may be a block or a body.
    if (!isLost || known === HEADERS) return;
    this.#certainty.find();
    this.#isInRest = false;
    if (known === LINES) this.#becomeLines();
    if (known === JSON_TEXTS) this.#becomeTexts();
  }

  #decide(bytes: Uint8Array, from: number, to: number): number {
    const { isLost, known } = this.#certainty;
    if (isLost && known === LINES) return this.#restOfLine(bytes, from, to);
    let start = from;
    while (start < to && isLeading(bytes[start])) start++;
    this.#meter.steps += BLANK_STEPS * (start - from);
    if (start === to) return UNFINISHED;
    if (known !== HEADERS && isOpening(bytes[start])) {
      this.#becomeTexts();
      return this.#nextText(bytes, start, to);
    }
    if (known !== JSON_TEXTS && isLetter(bytes[start])) return this.#tryBlock(bytes, start, to);
    return this.#takeForNoise(bytes, start, to);
  }

  /** Looks for the end of a line after a loss. */
  #restOfLine(bytes: Uint8Array, from: number, to: number): number {
    const i = this.#isInRest ? from : skipBlank(bytes, from, to);
    if (i === to) return UNFINISHED;
    this.#isInRest = true;
    const feed = searchLineFeed(bytes, i, to, this.#meter);
    if (feed === to) return UNFINISHED;
    this.#becomeLines();
    return feed + 1;
  }

  #nextLine(bytes: Uint8Array, from: number, to: number): number {
    const end = this.#lines.next(bytes, from, to);
    if (end === STRAY) return this.#tryBlock(bytes, from, to);
    if (end !== UNFINISHED && !this.#texts.isLines) this.#leaveLines();
    return end;
  }

  #nextText(bytes: Uint8Array, from: number, to: number): number {
    this.#isNoise = false;
    const begins = this.#texts.isBetween;
    const end = this.#texts.next(bytes, from, to);
    if (end === MALFORMED) return this.#strayText(bytes, from, to, begins);
    if (end === UNFINISHED) return UNFINISHED;
    if (this.#texts.isBroken && this.isInDoubt) this.lose();
    else this.#certainty.conclude(JSON_TEXTS);
    if (this.#texts.isLines) this.#becomeLines(this.#texts.isBatch);
    return end;
  }

  /** What stands where a text should begin, or began like one, is none. */
  #strayText(bytes: Uint8Array, from: number, to: number, begins: boolean): number {
    const { stoppedAt } = this.#texts;
    const first = begins ? bytes[skipToUnit(bytes, from, to)] : LEFT_BRACE;
    if (this.isInDoubt && !isOpening(first)) {
      // What began like a text after a loss was a block, or the inside of something.
      this.lose();
      return this.#decide(bytes, from, to);
    }
    if (begins && mayBeHeader(first)) return this.#tryBlock(bytes, stoppedAt, to);
    return this.#takeForNoise(bytes, stoppedAt, to);
  }

  #tryBlock(bytes: Uint8Array, from: number, to: number): number {
    this.#framing = HEADERS;
    this.#certainty.find();
    this.#blocks.reset();
    return this.#nextPart(bytes, from, to);
  }

  #nextPart(bytes: Uint8Array, from: number, to: number): number {
    this.#isNoise = false;
    const begins = this.#blocks.isBetween;
    const end = this.#blocks.next(bytes, from, to);
    if (end === STRAY) return this.#strayPart(bytes, from, to, begins);
    if (end === MALFORMED) return this.#breakBlock(bytes, to);
    if (end !== UNFINISHED) this.#certainty.conclude(HEADERS);
    if (this.headers.isTunnel) this.#becomeUnframed();
    return end;
  }

  /** What stands where a block should begin, or began like one, is none. */
  #strayPart(bytes: Uint8Array, from: number, to: number, begins: boolean): number {
    this.#blocks.reset();
    // HTTP answers in order: of what is no block it is not known how many requests it was, nor whether another protocol begins.
    if (this.headers.isHttp && !this.isInDoubt) {
      this.#becomeUnframed();
      return to;
    }
    const start = begins ? skipToBlock(bytes, from, to) : from;
    // A length may have been wrong, and what a program logs may be JSON.
    const mayBeText = begins && isOpening(bytes[start]);
    if (!mayBeText || this.isInDoubt) return this.#takeForNoise(bytes, start, to);
    this.#becomeTexts();
    return this.#nextText(bytes, start, to);
  }

  /** A block is broken behind its first line. */
  #breakBlock(bytes: Uint8Array, to: number): number {
    const { stoppedAt, isBeforeText } = this.headers;
    const { known, isInDoubt } = this.#certainty;
    if (!isInDoubt && isBeforeText) return this.#endNoise(stoppedAt);
    if (known === UNDECIDED || known === HEADERS) return this.#fail(to);
    return this.#takeForNoise(bytes, stoppedAt, to);
  }

  /** Takes what begins at bytes[from], or is the rest of what began before, for noise up to the end of its line. */
  #takeForNoise(bytes: Uint8Array, from: number, to: number): number {
    if (this.isInDoubt) return this.#fail(to);
    this.#framing = this.#certainty.known;
    if (this.#framing === LINES) return this.#lines.takeForNoise(bytes, from, to);
    if (this.#framing === JSON_TEXTS) this.#texts.startOver();
    this.#isNoise = this.#isInNoise = true;
    return this.#nextNoise(bytes, from, to);
  }

  /** What came before bytes[at] was noise. */
  #endNoise(at: number): number {
    this.#blocks.reset();
    this.#framing = this.#certainty.known;
    this.#isNoise = true;
    this.#texts.startOver();
    if (this.#framing === LINES) this.#lines.passNoise();
    return at;
  }

  #nextNoise(bytes: Uint8Array, from: number, to: number): number {
    const end = this.#noise.next(bytes, from, to, this.#framing === JSON_TEXTS);
    const isTooMuch = this.#certainty.known === UNDECIDED && this.#noise.isTooMuch;
    if (end === MALFORMED || isTooMuch) return this.#fail(to);
    this.#isInNoise = end === UNFINISHED;
    return end;
  }

  #minBytesOfBody(): number {
    if (this.headers.isBlockInsteadOfBody) return BLOCK_BYTES_KEPT;
    return this.headers.firstByte === LEFT_BRACKET ? BATCH_BYTES_KEPT : 0;
  }

  /** The byte behind the last text says whether that was a line. */
  #settle(bytes: Uint8Array, from: number, to: number): void {
    this.#texts.settle(bytes, from, to);
    if (this.#texts.isLines) this.#becomeLines(this.#texts.isBatch);
  }

  /** `isBatch`: what has just ended, and shows that there are lines, is one. */
  #becomeLines(isBatch = false): void {
    this.#framing = LINES;
    this.#isInRest = false;
    this.#certainty.settle(LINES);
    this.#lines.startOver(isBatch);
  }

  /** The texts go on, but they are no lines. */
  #leaveLines(): void {
    this.#framing = JSON_TEXTS;
    this.#certainty.settle(JSON_TEXTS);
    this.#isNoise = this.#lines.isNoise;
  }

  #becomeTexts(): void {
    this.#framing = JSON_TEXTS;
    this.#certainty.find();
    this.#texts.startOver();
  }

  #becomeUnframed(): void {
    this.#framing = UNFRAMED;
    this.#isNoise = this.#isInNoise = this.#isInRest = false;
  }

  /** A stream that has just lost bytes may have seemed to be something: it goes on looking. */
  #fail(to: number): number {
    if (this.isInDoubt) this.lose();
    else this.#becomeUnframed();
    return to;
  }
}

/** JSON's white space, a record separator, or a byte of a byte order mark. */
function isLeading(byte: number): boolean {
  if (byte === SPACE || byte === RECORD_SEPARATOR || (byte >= 0x09 && byte <= 0x0d)) return true;
  return isOfMark(byte);
}
