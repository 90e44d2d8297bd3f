import { isDigit, SPACE } from '../framing/bytes.js';

/** https://opentelemetry.io/docs/specs/semconv/db/database-spans/#generating-a-summary-of-the-query: in UTF-16 units; these are bytes. */
const BYTES_MAX = 255;
/** A longer name is none that a database takes: 63 bytes, or 64 characters, for each part of it. */
const NAME_BYTES_MAX = 160;
/** A word has one number in it, of so many digits, or it is a number itself. */
const WORD_DIGITS_MAX = 2;
const DELETE = 0x7f;
const LEFT_BRACE = 0x7b;
const LETTER_N = 0x6e;
const RIGHT_BRACE = 0x7d;
const DOT = 0x2e;

/** The summary while it is written: words and names with a blank between them. */
export class SummaryText {
  readonly bytes = new Uint8Array(BYTES_MAX + 1);
  length = 0;
  isFull = false;
  #wordFrom = 0;

  restart(): void {
    this.length = 0;
    this.isFull = false;
  }

  /** Begins a word or a name. */
  begin(): void {
    this.#wordFrom = this.length;
    if (this.length > 0) this.#put(SPACE);
  }

  /** Takes it back. */
  drop(): void {
    this.length = this.#wordFrom;
  }

  dot(): void {
    this.#put(DOT);
  }

  word(from: Uint8Array, at: number, to: number): void {
    for (let i = at; i < to; i++) this.#put(from[i]);
  }

  /** A part of a name, or all of it. What is in it of numbers is `{n}`: tables of days, of shards, of sessions. */
  name(from: Uint8Array, at: number, to: number): void {
    if (to - at > NAME_BYTES_MAX) this.isFull = true;
    for (let i = at; i < to && !this.isFull; ) {
      if (from[i] < SPACE || from[i] === DELETE) this.isFull = true;
      let end = i;
      while (end < to && isAlphanumeric(from[end])) end++;
      if (end === i) this.#put(from[i++]);
      else {
        this.#segment(from, i, end);
        i = end;
      }
    }
  }

  /** Whether it stands whole; if not it is taken back. */
  end(): boolean {
    if (this.isFull) this.drop();
    return !this.isFull;
  }

  /** Whether what begins at `middle` is what stands between `from` and there. */
  repeats(from: number, middle: number): boolean {
    const first = from === 0 ? 0 : from + 1;
    const second = middle + 1;
    if (this.length - second !== middle - first) return false;
    for (let i = 0; i < middle - first; i++)
      if (this.bytes[first + i] !== this.bytes[second + i]) return false;
    return true;
  }

  #segment(from: Uint8Array, at: number, to: number): void {
    let numbers = 0;
    let longest = 0;
    for (let i = at, digits = 0; i < to; i++) {
      digits = isDigit(from[i]) ? digits + 1 : 0;
      if (digits === 1) numbers++;
      longest = Math.max(longest, digits);
    }
    if (numbers === 0 || (numbers === 1 && longest <= WORD_DIGITS_MAX && !isDigit(from[at]))) {
      this.word(from, at, to);
      return;
    }
    // What has several numbers in it is one.
    let i = at;
    if (numbers === 1) while (!isDigit(from[i])) this.#put(from[i++]);
    this.#put(LEFT_BRACE);
    this.#put(LETTER_N);
    this.#put(RIGHT_BRACE);
    if (numbers > 1) return;
    while (i < to && isDigit(from[i])) i++;
    this.word(from, i, to);
  }

  #put(byte: number): void {
    if (this.length < BYTES_MAX) this.bytes[this.length++] = byte;
    else this.isFull = true;
  }
}

function isAlphanumeric(byte: number): boolean {
  return isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a);
}
