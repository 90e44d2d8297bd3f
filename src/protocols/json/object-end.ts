import {
  BACKSLASH,
  COLON,
  COMMA,
  isDigit,
  LEFT_BRACE,
  QUOTE,
  RIGHT_BRACE,
  RIGHT_BRACKET,
  SPACE,
} from '../framing/bytes.js';
import { ABSENT, ARRAY, OBJECT, type TokenType } from './token.js';

/** What a search towards the beginning returns when it would have to look at bytes that are not there. */
const BEYOND = -1;
/** What it returns when the text is no JSON. */
const WRONG = -2;

/**
 * Finds the members of an object that stand whole at its end: `…},"id":5,"meta":{"a":[1]}}`, read from the last byte.
 *
 * From there nothing is ambiguous. The last bracket is the object's own, so what stands before it is a member of the
 * object. Outside strings a quote ends one; inside, the next quote with an even number of backslashes before it begins
 * it. What began before the bytes at hand ends the search, so nothing inside another value can pose as a member.
 */
export class ObjectEnd {
  /** The quote of the first key that was found; `to` when none was. */
  from = 0;
  /** Behind the last bracket. */
  to = 0;
  /** Whether it is an object or an array that reaches into bytes[from, to) from before; ABSENT where that is not seen. */
  reaching: TokenType = ABSENT;
  /** Behind its last bracket. */
  reachingTo = 0;

  /** Whether bytes[from, to), but for blanks behind it, end an object. */
  find(bytes: Uint8Array, from: number, to: number): boolean {
    const last = beforeBlanks(bytes, from, to);
    if (last < from || bytes[last] !== RIGHT_BRACE) return false;
    this.to = last + 1;
    this.from = this.to;
    this.reaching = ABSENT;
    const stop = this.#members(bytes, from, last);
    if (stop !== WRONG) return true;
    this.reaching = ABSENT;
    return false;
  }

  /** Goes back from the last bracket, member by member. */
  #members(bytes: Uint8Array, from: number, last: number): number {
    for (let end = last; ; ) {
      const key = this.#member(bytes, from, end);
      if (key < 0) return key;
      this.from = key;
      end = beforeBlanks(bytes, from, key);
      if (end < from) return BEYOND;
      // The brace that opens the object was captured before what is missing, so it cannot be here.
      if (bytes[end] !== COMMA) return WRONG;
    }
  }

  /** The quote that begins the member that ends before bytes[end]. */
  #member(bytes: Uint8Array, from: number, end: number): number {
    const value = this.#value(bytes, from, beforeBlanks(bytes, from, end));
    if (value < 0) return value;
    const colon = beforeBlanks(bytes, from, value);
    if (colon < from) return BEYOND;
    if (bytes[colon] !== COLON) return WRONG;
    const quote = beforeBlanks(bytes, from, colon);
    if (quote < from) return BEYOND;
    return bytes[quote] === QUOTE ? openingQuote(bytes, from, quote) : WRONG;
  }

  /** Where the value begins of which bytes[last] is the last byte. */
  #value(bytes: Uint8Array, from: number, last: number): number {
    if (last < from) return BEYOND;
    const byte = bytes[last];
    if (byte === QUOTE) return openingQuote(bytes, from, last);
    if (byte !== RIGHT_BRACE && byte !== RIGHT_BRACKET) return startOfScalar(bytes, from, last);
    const start = openingBracket(bytes, from, last);
    if (start === BEYOND) {
      this.reaching = byte === RIGHT_BRACE ? OBJECT : ARRAY;
      this.reachingTo = last + 1;
    }
    return start;
  }
}

/** Index of the last byte in [from, to) that is not blank, or from - 1. */
function beforeBlanks(bytes: Uint8Array, from: number, to: number): number {
  let i = to - 1;
  while (i >= from && bytes[i] <= SPACE) i--;
  return i;
}

/** The quote that begins the string that bytes[last] ends. */
function openingQuote(bytes: Uint8Array, from: number, last: number): number {
  for (let i = last - 1; i > from; i--) {
    if (bytes[i] !== QUOTE) continue;
    let first = i;
    while (first > from && bytes[first - 1] === BACKSLASH) first--;
    // There may be one more before the bytes at hand.
    if (first === from) return BEYOND;
    if ((i - first) % 2 === 0) return i;
    i = first;
  }
  return BEYOND;
}

/** The bracket that begins the value that bytes[last] ends. Whether brackets match is not looked at, as forwards. */
function openingBracket(bytes: Uint8Array, from: number, last: number): number {
  let depth = 0;
  for (let i = last; i >= from; i--) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      i = openingQuote(bytes, from, i);
      if (i < 0) return i;
      continue;
    }
    // A square bracket is a brace without the bit that makes a letter small.
    const bracket = byte | SPACE;
    if (bracket === RIGHT_BRACE) depth++;
    else if (bracket === LEFT_BRACE && --depth === 0) return i;
  }
  return BEYOND;
}

function startOfScalar(bytes: Uint8Array, from: number, last: number): number {
  let i = last;
  while (i >= from && isScalar(bytes[i])) i--;
  if (i < from) return BEYOND;
  return i < last ? i + 1 : WRONG;
}

/** Whether a number, a word, or what some write for NaN has such a byte. */
function isScalar(byte: number): boolean {
  const lower = byte | SPACE;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x7a) || byte === 0x2b || byte === 0x2d || byte === 0x2e;
}
