import { isDigit, isOpening, LINE_FEED, SPACE } from '../../framing/bytes.js';
import { MALFORMED, UNFINISHED } from '../../framing/framer.js';
import type { Meter } from '../../framing/meter.js';

/**
 * Before anything is recognised, no more than this is taken for noise: a banner of a screen's height, drawn in characters of
 * three bytes. What goes on longer is text of another protocol.
 */
const LINES_MAX = 32;
const BYTES_MAX = 16 * 1024;

/** 1 for bytes that no text has: control characters but for white space, bell, backspace and escape; and what UTF-8 never has. */
const BINARY = new Uint8Array(256).fill(1, 0, SPACE).fill(0, 0x07, 0x0e).fill(1, 0xf5);
BINARY[0x1b] = 0;
BINARY[0x7f] = BINARY[0xc0] = BINARY[0xc1] = 1;

/** The preface of HTTP/2 (RFC 9113 section 3.4), with which every client of gRPC begins. */
const PREFACE = 'PRI * HTTP/2';

/** Steps for each byte. */
const NOISE_STEPS = 2;

/**
 * Passes over lines that are no messages: a banner, a log line. Only text is; what begins like another protocol is not.
 */
export class NoiseScanner {
  readonly #meter: Meter;
  #lines = 0;
  #bytes = 0;
  #bytesOfLine = 0;
  #prefaceBytes = 0;
  #isArray = false;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** Whether it is more than is believed before anything is recognised. */
  get isTooMuch(): boolean {
    return this.#lines > LINES_MAX || this.#bytes > BYTES_MAX;
  }

  /** The bytes so far, shown to it to be sure, are none. */
  forget(): void {
    this.#lines = this.#bytes = 0;
    this.#endLine();
  }

  /**
   * The index after the line, UNFINISHED or MALFORMED. `isAmongTexts`: nothing need be a line, so one that is too long ends
   * before what may begin a text. That may be at `from`.
   */
  next(bytes: Uint8Array, from: number, to: number, isAmongTexts = false): number {
    let i = from;
    let end = UNFINISHED;
    while (i < to && end === UNFINISHED) {
      const byte = bytes[i++];
      if (byte === LINE_FEED) end = i;
      else if (isAmongTexts && this.#bytesOfLine > BYTES_MAX && isOpening(byte)) end = --i;
      else if (BINARY[byte] === 1 || this.#isOfAnother(byte)) end = MALFORMED;
      else this.#bytesOfLine++;
    }
    this.#meter.steps += NOISE_STEPS * (i - from);
    this.#bytes += i - from;
    if (end !== UNFINISHED) this.#endLine();
    if (end >= 0) this.#lines++;
    return end;
  }

  /** As of a framer. */
  skip(count: number, endsUnit: boolean): void {
    this.#bytes += count;
    this.#bytesOfLine += count;
    if (!endsUnit) return;
    this.#endLine();
    this.#lines++;
  }

  /** Whether the line begins like one of HTTP/2 or of Redis, whose requests are arrays: `*1`. */
  #isOfAnother(byte: number): boolean {
    const at = this.#bytesOfLine;
    if (at >= PREFACE.length) return false;
    if (at === 0) this.#isArray = byte === 0x2a;
    if (this.#prefaceBytes === at && byte === PREFACE.charCodeAt(at)) this.#prefaceBytes++;
    return this.#prefaceBytes === PREFACE.length || (at === 1 && this.#isArray && isDigit(byte));
  }

  #endLine(): void {
    this.#bytesOfLine = this.#prefaceBytes = 0;
    this.#isArray = false;
  }
}
