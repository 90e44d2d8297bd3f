import { isDigit, SPACE } from '../../framing/bytes.js';
import { ERROR, ERROR_BYTES_MIN } from './packet.js';

/** A greeting: its version, which begins with a digit, is not long. */
const PROTOCOL_VERSION = 0x0a;
const GREETING_BYTES_MIN = 20;
const VERSION_BYTES_MIN = 3;
/** Of an error: those of a server, and so much of the text. */
const FIRST_CODE = 1000;
const FIRST_TEXT_BYTES = 4;
const DELETE = 0x7f;

/** How likely it is that a server of MySQL says so first. */
export const IMPOSSIBLE = 0;
export const POSSIBLE = 1;
export const CERTAIN = 2;

/** Of a payload of `length` bytes that begins with head[0, headBytes), as far as it was seen. */
export function greetingAt(head: Uint8Array, headBytes: number, length: number): number {
  if (head[0] === ERROR) return firstErrorAt(head, headBytes);
  if (length < GREETING_BYTES_MIN) return IMPOSSIBLE;
  if (headBytes > 0 && head[0] !== PROTOCOL_VERSION) return IMPOSSIBLE;
  if (headBytes > 1 && !isDigit(head[1])) return IMPOSSIBLE;
  for (let i = 1; i < headBytes; i++) {
    if (head[i] === 0 && i > VERSION_BYTES_MIN) return CERTAIN;
    if (head[i] < SPACE || head[i] >= DELETE) return IMPOSSIBLE;
  }
  return headBytes < head.length ? POSSIBLE : IMPOSSIBLE;
}

/** A server that takes nobody says so instead of a greeting. */
function firstErrorAt(head: Uint8Array, headBytes: number): number {
  if (headBytes >= ERROR_BYTES_MIN && (head[1] | (head[2] << 8)) < FIRST_CODE) return IMPOSSIBLE;
  const end = ERROR_BYTES_MIN + FIRST_TEXT_BYTES;
  for (let i = ERROR_BYTES_MIN; i < Math.min(headBytes, end); i++) {
    if (head[i] < SPACE || head[i] >= DELETE) return IMPOSSIBLE;
  }
  return headBytes >= end ? CERTAIN : POSSIBLE;
}
