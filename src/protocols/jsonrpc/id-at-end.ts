import { BACKSLASH, COLON, COMMA, isDigit, QUOTE, RIGHT_BRACE, SPACE } from '../framing/bytes.js';
import { NULL, NUMBER, STRING, type Token } from './token.js';

/**
 * Finds the id of a message by its last bytes: `…,"id":123}`, read from the end.
 *
 * The last bracket of an object is its own, so a member that stands directly before it is a member of the
 * message, and of two members with the same key the last counts. For strings: the quote before the bracket
 * ends one, so the next quote towards the beginning begins it unless it is escaped, and ids with escapes
 * are left alone. So what is found is the id, if the message is JSON; nothing inside a result can pose as it.
 */
export function findIdAtEnd(bytes: Uint8Array, from: number, to: number, token: Token): boolean {
  const bracket = beforeBlanks(bytes, from, to);
  if (bracket < from || bytes[bracket] !== RIGHT_BRACE) return false;
  const last = beforeBlanks(bytes, from, bracket);
  const first = startOfValue(bytes, from, last);
  if (first < from || !isAfterKey(bytes, from, first)) return false;
  if (bytes[last] === QUOTE) {
    token.begin(STRING, first + 1, last);
    token.end(last);
  } else {
    token.begin(isDigit(bytes[last]) ? NUMBER : NULL, first, last + 1);
    token.end(last + 1);
  }
  return true;
}

/** Index of the last byte in [from, to) that is not blank, or from - 1. */
function beforeBlanks(bytes: Uint8Array, from: number, to: number): number {
  let i = to - 1;
  while (i >= from && bytes[i] <= SPACE) i--;
  return i;
}

/** Where the string or scalar that ends with bytes[last] begins, or from - 1. */
function startOfValue(bytes: Uint8Array, from: number, last: number): number {
  let i = last;
  if (bytes[last] === QUOTE) {
    i--;
    while (i >= from && bytes[i] !== QUOTE && bytes[i] !== BACKSLASH) i--;
    return i >= from && bytes[i] === QUOTE ? i : from - 1;
  }
  while (i >= from && isScalar(bytes[i])) i--;
  return i < last ? i + 1 : from - 1;
}

/** Whether `,"id":` stands before bytes[first]. */
function isAfterKey(bytes: Uint8Array, from: number, first: number): boolean {
  const colon = beforeBlanks(bytes, from, first);
  if (colon < from || bytes[colon] !== COLON) return false;
  const quote = beforeBlanks(bytes, from, colon);
  const isKey =
    quote - 3 >= from &&
    bytes[quote] === QUOTE &&
    bytes[quote - 1] === 0x64 &&
    bytes[quote - 2] === 0x69 &&
    bytes[quote - 3] === QUOTE;
  if (!isKey) return false;
  const comma = beforeBlanks(bytes, from, quote - 3);
  return comma >= from && bytes[comma] === COMMA;
}

function isScalar(byte: number): boolean {
  return (
    isDigit(byte) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e ||
    ((byte | SPACE) >= 0x61 && (byte | SPACE) <= 0x7a)
  );
}
