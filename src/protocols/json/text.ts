import { BACKSLASH, SPACE } from '../framing/bytes.js';
import { asciiText, decodeUtf8 } from '../text.js';

const DELETE = 0x7f;
/** Up to here, a string is put together sooner than a decoder is asked to. */
const SHORT_BYTES = 32;

const PLAIN = 0;
const UNICODE = 1;
const ESCAPED = 2;
const REFUSED = 3;

/**
 * The text of a JSON string, given without its quotes. undefined for what JSON does not allow: control
 * characters and unknown escapes. Invalid UTF-8 and halves of surrogate pairs become U+FFFD.
 */
export function readText(bytes: Uint8Array, from: number, to: number): string | undefined {
  const kind = kindOf(bytes, from, to);
  if (kind === REFUSED) return undefined;
  if (kind === PLAIN && to - from <= SHORT_BYTES) return asciiText(bytes, from, to);
  const text = decodeUtf8(bytes, from, to);
  return kind === ESCAPED ? withoutEscapes(text) : text;
}

function kindOf(bytes: Uint8Array, from: number, to: number): number {
  let kind = PLAIN;
  for (let i = from; i < to; i++) {
    const byte = bytes[i];
    if (byte === BACKSLASH) kind = ESCAPED;
    else if (byte < SPACE) return REFUSED;
    else if (byte >= DELETE && kind === PLAIN) kind = UNICODE;
  }
  return kind;
}

function withoutEscapes(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(`"${text}"`);
    return typeof parsed === 'string' ? parsed.replace(/\p{Cs}/gu, '\ufffd') : undefined;
  } catch {
    return undefined;
  }
}
