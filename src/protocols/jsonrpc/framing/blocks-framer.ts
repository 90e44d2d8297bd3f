import { CARRIAGE_RETURN, isOfMark, LINE_FEED, lowerCase, SPACE, TAB } from '../../framing/bytes.js';
import { HEADER_BLOCK, MALFORMED, UNFINISHED } from '../../framing/framer.js';
import { type Meter, searchLineFeed } from '../../framing/meter.js';
import type { HeadersFramer } from '../../http/framing/headers-framer.js';
import type { NoiseScanner } from './noise-scanner.js';

/** What `next` returns when the line at hand begins no block: the stream is as if none of it had been shown. */
export const STRAY = -3;

/**
 * Header blocks and bodies, and between them lines that look like the beginning of a block at first: `GET ready for
 * start`. Such a line is only told by its end, so a first line that comes in pieces is shown to the scanner of noise, too.
 */
export class BlocksFramer {
  readonly #headers: HeadersFramer;
  readonly #meter: Meter;
  readonly #noise: NoiseScanner;
  #isInFirstLine = false;
  /** Whether the first line so far may be noise. */
  #isText = true;

  constructor(headers: HeadersFramer, noise: NoiseScanner, meter: Meter) {
    this.#headers = headers;
    this.#noise = noise;
    this.#meter = meter;
  }

  get isBetween(): boolean {
    return this.#headers.isBetween;
  }

  reset(): void {
    this.#headers.reset();
    this.#isInFirstLine = false;
  }

  /** The index after the block or body, UNFINISHED, MALFORMED or STRAY. */
  next(bytes: Uint8Array, from: number, to: number): number {
    const headers = this.#headers;
    const begins = headers.kind === HEADER_BLOCK && headers.isBetween;
    if (!begins)
      return this.#isInFirstLine ? this.#firstLine(bytes, from, to) : headers.next(bytes, from, to);
    const i = skipToBlock(bytes, from, to);
    if (i === to) return UNFINISHED;
    if (!isLetter(bytes[i])) return STRAY;
    const end = headers.next(bytes, i, to);
    if (end === MALFORMED && !headers.isBeforeText && this.#isLineStray(bytes, i, to)) return STRAY;
    if (end === UNFINISHED && searchLineFeed(bytes, i, to, this.#meter) === to) {
      this.#isInFirstLine = true;
      this.#isText = this.#noise.next(bytes, i, to) !== MALFORMED;
    }
    return end;
  }

  /** As of HeadersFramer. */
  skip(count: number, endsUnit: boolean): boolean {
    this.#isInFirstLine = false;
    return this.#headers.skip(count, endsUnit);
  }

  /** Goes on with a first line that came in pieces. */
  #firstLine(bytes: Uint8Array, from: number, to: number): number {
    const feed = searchLineFeed(bytes, from, to, this.#meter);
    const end = this.#show(bytes, from, Math.min(to, feed + 1));
    if (end === MALFORMED) return this.#isText ? STRAY : MALFORMED;
    if (feed === to) {
      this.#isText &&= this.#noise.next(bytes, from, to) !== MALFORMED;
      return UNFINISHED;
    }
    this.#isInFirstLine = false;
    this.#noise.forget();
    if (end !== UNFINISHED || feed + 1 === to) return end;
    return this.#headers.next(bytes, feed + 1, to);
  }

  /** Whether it is the line that begins at bytes[from] that no block can begin with. */
  #isLineStray(bytes: Uint8Array, from: number, to: number): boolean {
    this.#headers.reset();
    const feed = searchLineFeed(bytes, from, to, this.#meter);
    return this.#show(bytes, from, Math.min(to, feed + 1)) === MALFORMED;
  }

  /** Shows a part of what is at hand to the framer, which overwrites the byte behind it. */
  #show(bytes: Uint8Array, from: number, to: number): number {
    const behind = bytes[to];
    const end = this.#headers.next(bytes, from, to);
    bytes[to] = behind;
    return end;
  }
}

export function isLetter(byte: number): boolean {
  const lower = byte | SPACE;
  return lower >= 0x61 && lower <= 0x7a;
}

/** Whether a header of LSP may begin with it: `Content-Length:`. */
export function mayBeHeader(byte: number): boolean {
  return lowerCase(byte) === 0x63;
}

/** Index of the first byte that is no white space before a block, and of no byte order mark, or `to`. */
export function skipToBlock(bytes: Uint8Array, from: number, to: number): number {
  let i = from;
  while (i < to && (isWhite(bytes[i]) || isOfMark(bytes[i]))) i++;
  return i;
}

function isWhite(byte: number): boolean {
  return byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === SPACE || byte === TAB;
}
