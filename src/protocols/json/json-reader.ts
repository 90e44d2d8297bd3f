import {
  BACKSLASH,
  COLON,
  COMMA,
  LEFT_BRACE,
  LEFT_BRACKET,
  QUOTE,
  RIGHT_BRACE,
  RIGHT_BRACKET,
  SPACE,
  skipBlank,
} from '../framing/bytes.js';
import { endOfString } from '../framing/json-string.js';
import { ABSENT, ARRAY, BOOLEAN, NULL, NUMBER, OBJECT, STRING, type Token, type TokenType } from './token.js';

/** How reading went. */
export const FINE = 0;
/** The text goes on beyond the bytes at hand. */
export const CUT = 1;
/** The text is no JSON. */
export const MALFORMED = 2;

export type ReadingStatus = typeof FINE | typeof CUT | typeof MALFORMED;

const MINUS = 0x2d;

/** The type of a value by its first byte; ABSENT where none begins so. */
const TYPES = new Uint8Array(256).fill(NUMBER, 0x30, 0x3a);
TYPES[MINUS] = NUMBER;
// NaN and Infinity, which Python writes unless it is told not to.
TYPES[0x4e] = TYPES[0x49] = NUMBER;
TYPES[QUOTE] = STRING;
TYPES[LEFT_BRACE] = OBJECT;
TYPES[LEFT_BRACKET] = ARRAY;
TYPES[0x6e] = NULL;
TYPES[0x74] = TYPES[0x66] = BOOLEAN;

/** 1 for what stands behind a scalar. */
const ENDS_SCALAR = new Uint8Array(256).fill(1, 0, SPACE + 1);
for (const byte of [COMMA, RIGHT_BRACE, RIGHT_BRACKET]) ENDS_SCALAR[byte] = 1;

const NOTHING = new Uint8Array(1);

/**
 * Walks through JSON in place, as deep as the caller wants to. A value that the caller passes over is only searched
 * for its end. Nothing is recursive. After anything but FINE, every method returns false.
 *
 * Overwrites bytes[to].
 */
export class JsonReader {
  bytes: Uint8Array = NOTHING;
  at = 0;
  to = 0;
  status: ReadingStatus = FINE;
  /** Between the quotes of the key that `nextMember` found. */
  keyFrom = 0;
  keyTo = 0;

  open(bytes: Uint8Array, from: number, to: number): void {
    this.bytes = bytes;
    this.at = from;
    this.to = to;
    this.status = FINE;
  }

  /** Lets go of the bytes. */
  forget(): void {
    this.open(NOTHING, 0, 0);
  }

  /** Passes over a byte that must come next. */
  expect(byte: number): boolean {
    const next = this.#peek();
    if (next === byte) this.at++;
    else if (next >= 0) this.status = MALFORMED;
    return next === byte;
  }

  /** Goes to the value of the next member of an object; false behind the object, and when it cannot. */
  nextMember(isFirst: boolean): boolean {
    if (!this.#continues(isFirst, RIGHT_BRACE)) return false;
    const { bytes, at, to } = this;
    if (bytes[at] !== QUOTE) return this.#stop(MALFORMED);
    const end = endOfString(bytes, at + 1, to);
    const colon = skipBlank(bytes, end + 1, to);
    if (colon >= to) return this.#stop(CUT);
    if (bytes[colon] !== COLON) return this.#stop(MALFORMED);
    this.keyFrom = at + 1;
    this.keyTo = end;
    this.at = colon + 1;
    return true;
  }

  /** Goes to the next element of an array; false behind the array, and when it cannot. */
  nextElement(isFirst: boolean): boolean {
    return this.#continues(isFirst, RIGHT_BRACKET);
  }

  /** Starts `token` at the value that comes next, without passing over it. */
  begin(token: Token): boolean {
    const first = this.#peek();
    if (first < 0) return false;
    const type = TYPES[first] as TokenType;
    if (type === ABSENT) return this.#stop(MALFORMED);
    token.begin(type, this.bytes, type === STRING ? this.at + 1 : this.at, this.to);
    return true;
  }

  /** Passes over the value at which `token` was begun, and ends the token with it. */
  pass(token: Token): boolean {
    if (token.type === STRING) return this.#passString(token);
    if (token.type === OBJECT || token.type === ARRAY) return this.#passNested(token);
    return this.#passScalar(token);
  }

  /** The rest is not worth reading: it is cut. Always false. */
  stopCut(): false {
    return this.#stop(CUT);
  }

  #passString(token: Token): boolean {
    const end = endOfString(this.bytes, this.at + 1, this.to);
    if (end >= this.to) return this.#stop(CUT);
    token.end(end);
    this.at = end + 1;
    return true;
  }

  /** Whether brackets match is not looked at: a counter is all that depth costs. */
  #passNested(token: Token): boolean {
    const { bytes, to } = this;
    let depth = 0;
    let i = this.at;
    while (i < to) {
      const byte = bytes[i++];
      if (byte === QUOTE) {
        i = endOfString(bytes, i, to) + 1;
        continue;
      }
      // A square bracket is a brace without the bit that makes a letter small.
      const bracket = byte | SPACE;
      if (bracket === LEFT_BRACE) depth++;
      else if (bracket === RIGHT_BRACE && --depth === 0) {
        this.at = i;
        token.end(i);
        return true;
      }
    }
    return this.#stop(CUT);
  }

  #passScalar(token: Token): boolean {
    const { bytes, to } = this;
    let i = this.at;
    while (i < to && ENDS_SCALAR[bytes[i]] === 0) i++;
    // Without what ends it, it may be longer.
    if (i === to) return this.#stop(CUT);
    token.end(i);
    this.at = i;
    return true;
  }

  #continues(isFirst: boolean, closing: number): boolean {
    const next = this.#peek();
    if (next === closing) {
      this.at++;
      return false;
    }
    if (isFirst || next < 0) return next >= 0;
    if (next !== COMMA) return this.#stop(MALFORMED);
    this.at++;
    return this.#peek() >= 0;
  }

  /** The next byte that is not blank, where the reader then stands; -1 when there is none. */
  #peek(): number {
    if (this.status !== FINE) return -1;
    const { bytes, to } = this;
    const at = skipBlank(bytes, this.at, to);
    this.at = at;
    if (at < to) return bytes[at];
    this.status = CUT;
    return -1;
  }

  #stop(status: ReadingStatus): false {
    this.status = status;
    return false;
  }
}

/** Whether a string or key, given without its quotes, has escapes. */
export function hasEscapes(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] === BACKSLASH) return true;
  return false;
}
