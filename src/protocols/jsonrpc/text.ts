import { BACKSLASH, SPACE } from '../framing/bytes.js';

const DELETE = 0x7f;
/** Up to here, a string is put together sooner than a decoder is asked to. */
const SHORT_BYTES = 32;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const toUtf8 = new TextEncoder();

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

/** The bytes as text, whatever they are. */
export function decodeUtf8(bytes: Uint8Array, from: number, to: number): string {
  return utf8.decode(bytes.subarray(from, to));
}

/** For bytes that are known to be ASCII and few. */
export function asciiText(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i]);
  return text;
}

/** At most `length` UTF-16 units of a text, and no half of a surrogate pair. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  const kept = text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length);
  // A slice keeps the whole text alive, which may be long and the slice with us for minutes; a copy does not.
  return utf8.decode(toUtf8.encode(kept));
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
