import { FRAMED, MALFORMED, UNDECIDED, UNFINISHED } from '../../framing/framer.js';
import type { Meter } from '../../framing/meter.js';
import { UnitFramer } from '../../framing/unit-framer.js';
import { CONTINUATION, DATA, END_HEADERS, FrameHeader, HEADER_BYTES, holdsHeaders } from './frame-header.js';
import { isAllowed, isLikely, isOpening, LENGTH_MAX, OPENING_LENGTH_MAX } from './plausibility.js';

/** https://www.rfc-editor.org/rfc/rfc9113#section-3.4: what a client begins with. */
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** Of headers, all is kept, up to so much of a block, which may come in several frames: what is missing would be missed later, too. */
const BLOCK_BYTES_KEPT = 64 * 1024;
/** Of other frames, the numbers that RST_STREAM and GOAWAY hold. */
const NUMBERS_BYTES = 8;

/** Steps for each header, and for each piece. */
const HEADER_STEPS = 30;

/** The highest byte of a length, where it is not known yet what is spoken. */
const FIRST_BYTE_MAX = LENGTH_MAX >> 16;

/** None of a preface has been seen. */
const NOWHERE = -1;

/**
 * HTTP/2, either end of a connection: a client begins with a preface, a server with its settings, and then frames say how long they
 * are. So much is kept of each as tells something: all of headers, and of data nothing but that they were there.
 */
export class GrpcFramer extends UnitFramer {
  readonly #meter: Meter;
  readonly #header = new FrameHeader();
  #left = 0;
  #isChecked = false;
  /** Bytes of the preface so far. */
  #preface = NOWHERE;
  #hasOpened = false;
  /** Bytes of the block of headers that has not ended, in the frames before. */
  #blockBytes = 0;
  /** What is kept of the frame at hand, or the last one. */
  #keptBytes = PREFACE.length;

  constructor(meter: Meter) {
    super();
    this.#meter = meter;
  }

  override minBytes(): number {
    return this.#keptBytes;
  }

  override maxBytes(): number {
    return this.framing === FRAMED ? this.#keptBytes : Number.POSITIVE_INFINITY;
  }

  protected override scan(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    if (!this.#isChecked) {
      this.#meter.steps += HEADER_STEPS;
      if (this.#isPreface(bytes[at])) return this.#scanPreface(bytes, at, to);
      at = this.#scanHeader(bytes, at, to);
      if (at < 0) return at;
    }
    const count = Math.min(this.#left, to - at);
    this.#left -= count;
    return this.#left > 0 ? UNFINISHED : at + count;
  }

  protected override restart(): void {
    this.#header.restart();
    this.#left = 0;
    this.#isChecked = false;
    this.#preface = NOWHERE;
  }

  protected override pass(count: number): number {
    if (!this.#isChecked || count > this.#left) return MALFORMED;
    this.#left -= count;
    return this.#left > 0 ? UNFINISHED : 0;
  }

  #isPreface(byte: number): boolean {
    if (this.#preface !== NOWHERE) return true;
    return this.framing === UNDECIDED && this.#header.isEmpty && byte === PREFACE.charCodeAt(0);
  }

  #scanPreface(bytes: Uint8Array, from: number, to: number): number {
    let seen = Math.max(0, this.#preface);
    for (let at = from; at < to; at++) {
      if (bytes[at] !== PREFACE.charCodeAt(seen++)) return MALFORMED;
      if (seen < PREFACE.length) continue;
      this.#keptBytes = PREFACE.length;
      this.recognise();
      return at + 1;
    }
    this.#preface = seen;
    return UNFINISHED;
  }

  /** Goes over the header of a frame. The index behind it, UNFINISHED or MALFORMED. */
  #scanHeader(bytes: Uint8Array, from: number, to: number): number {
    const header = this.#header;
    let at = from;
    // Those that are tried as well wait for the word.
    if (header.isEmpty && this.framing === UNDECIDED && bytes[at] > FIRST_BYTE_MAX) return MALFORMED;
    if (header.isEmpty && to - at >= HEADER_BYTES) {
      header.read(bytes, at);
      at += HEADER_BYTES;
    }
    while (at < to && !header.isWhole) header.take(bytes[at++]);
    if (this.#isOpening && header.length > OPENING_LENGTH_MAX) return MALFORMED;
    if (!header.isWhole) return UNFINISHED;
    if (!this.#isPossible) return MALFORMED;
    // Eight zeros with a 4 between them are what others say, too.
    if (!this.#isOpening || header.length > 0) this.recognise();
    this.#isChecked = this.#hasOpened = true;
    this.#left = header.length;
    this.#keptBytes = HEADER_BYTES + this.#usefulBytes();
    return at;
  }

  #usefulBytes(): number {
    const { type, flags, length } = this.#header;
    if (!holdsHeaders(type)) return type === DATA ? 0 : Math.min(length, NUMBERS_BYTES);
    if (type !== CONTINUATION) this.#blockBytes = 0;
    this.#blockBytes += length;
    const isBounded = this.#blockBytes <= BLOCK_BYTES_KEPT;
    if ((flags & END_HEADERS) !== 0) this.#blockBytes = 0;
    return isBounded ? length : 0;
  }

  /** Whether it is the first frame of a stream that is seen from its beginning. */
  get #isOpening(): boolean {
    return this.framing === UNDECIDED && !this.isInDoubt && !this.#hasOpened;
  }

  get #isPossible(): boolean {
    if (this.#isOpening) return isOpening(this.#header);
    const isSure = this.framing === FRAMED && !this.isInDoubt;
    return isSure ? isAllowed(this.#header) : isLikely(this.#header);
  }
}
