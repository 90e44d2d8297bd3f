import { CARRIAGE_RETURN, hexValue, LINE_FEED, SEMICOLON, SPACE, TAB } from '../../framing/bytes.js';
import { MALFORMED, UNFINISHED } from '../../framing/framer.js';

import { CHUNK_BYTE_STEPS, type Meter } from '../../framing/meter.js';

/** 2^52 and more is no length of anything. */
const SIZE_DIGITS_MAX = 13;
/** The most that extensions and white space of one chunk may take, and all trailers together. */
const LINE_BYTES_MAX = 64 * 1024;

const SIZE = 0;
const EXTENSION = 1;
const AFTER_DATA = 2;
const TRAILER = 3;
/** After bytes that are missing, where a chunk may end. */
const LOST_BETWEEN = 4;
/** In all before this, framing stands. */
const DATA = 5;
/** Inside a chunk whose end is not known. */
const LOST = 6;
const DONE = 7;

/**
 * Tells what is data and what is framing in a body in the chunked transfer coding (RFC 9112 section 7.1), and finds its
 * end, trailers included.
 */
export class ChunkedBodyScanner {
  readonly #meter: Meter;
  #state = SIZE;
  #digits = 0;
  #left = 0;
  /** Bytes of the size line or the trailers so far. */
  #bytes = 0;
  /** Bytes of this trailer line, without its end. */
  #lineBytes = 0;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  reset(): void {
    this.#startChunk();
  }

  /** So many of the next bytes are data: 0 where framing stands. */
  get dataLeft(): number {
    return this.#state === DATA || this.#state === LOST ? this.#left : 0;
  }

  get isDone(): boolean {
    return this.#state === DONE;
  }

  /** Where it stands in its chunk is not known. */
  get isLost(): boolean {
    return this.#state === LOST || this.#state === LOST_BETWEEN;
  }

  /** The index after the body, UNFINISHED or MALFORMED. */
  next(bytes: Uint8Array, from: number, to: number): number {
    let i = from;
    while (i < to) {
      const data = Math.min(this.dataLeft, to - i);
      if (data > 0) this.passData(data);
      i = data > 0 ? i + data : this.passFraming(bytes, i, to);
      if (i < 0 || this.#state === DONE) return i;
    }
    return UNFINISHED;
  }

  /** Passes over `count` bytes of data, of those that are left. */
  passData(count: number): void {
    this.#left -= count;
    if (this.#left === 0) this.#state = AFTER_DATA;
  }

  /** Passes over framing: the index of the first byte of data, the one after the body, `to`, or MALFORMED. */
  passFraming(bytes: Uint8Array, from: number, to: number): number {
    let i = from;
    while (i < to && this.#state < DATA) {
      // The other half of a line's end, behind which a chunk may end.
      if (this.#state === LOST_BETWEEN && bytes[i] === LINE_FEED) i++;
      else if (this.#state === LOST_BETWEEN) this.#find(bytes[i]);
      else if (!this.#take(bytes[i++])) return MALFORMED;
    }
    return i;
  }

  /** `count` bytes are missing. Within the data of one chunk that does no harm. */
  skip(count: number): void {
    if (count === 0) return;
    if (count <= this.dataLeft) {
      this.passData(count);
      return;
    }
    this.#state = LOST;
    this.#left = Infinity;
  }

  /** What is told apart in the data has ended here; if it is lost, the chunk may have ended, too. */
  endPart(): void {
    if (this.#state === LOST) this.#state = LOST_BETWEEN;
  }

  #find(byte: number): void {
    this.#state = byte === CARRIAGE_RETURN ? AFTER_DATA : LOST;
  }

  #take(byte: number): boolean {
    this.#meter.steps += CHUNK_BYTE_STEPS;
    if (++this.#bytes > LINE_BYTES_MAX) return false;
    switch (this.#state) {
      case SIZE:
        return this.#size(byte);
      case EXTENSION:
        if (byte === LINE_FEED) this.#endSize();
        return true;
      case AFTER_DATA:
        if (byte === CARRIAGE_RETURN) return true;
        this.#startChunk();
        return byte === LINE_FEED;
      default:
        this.#trailer(byte);
        return true;
    }
  }

  #size(byte: number): boolean {
    const digit = hexValue(byte);
    if (digit >= 0) {
      this.#left = this.#left * 16 + digit;
      return ++this.#digits <= SIZE_DIGITS_MAX;
    }
    if (byte === LINE_FEED) this.#endSize();
    else this.#state = EXTENSION;
    const isEnd = byte === LINE_FEED || byte === CARRIAGE_RETURN;
    return this.#digits > 0 && (isEnd || byte === SEMICOLON || byte === SPACE || byte === TAB);
  }

  #endSize(): void {
    this.#state = this.#left === 0 ? TRAILER : DATA;
    this.#bytes = 0;
    this.#lineBytes = 0;
  }

  #trailer(byte: number): void {
    if (byte === LINE_FEED) {
      if (this.#lineBytes === 0) this.#state = DONE;
      this.#lineBytes = 0;
    } else if (byte !== CARRIAGE_RETURN) this.#lineBytes++;
  }

  #startChunk(): void {
    this.#state = SIZE;
    this.#digits = 0;
    this.#left = 0;
    this.#bytes = 0;
  }
}
