/** The bytes that framing turns on. */
export const TAB = 0x09;
export const LINE_FEED = 0x0a;
export const CARRIAGE_RETURN = 0x0d;
/** RFC 7464 puts one before each JSON text. */
export const RECORD_SEPARATOR = 0x1e;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const LEFT_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const RIGHT_BRACKET = 0x5d;
export const LEFT_BRACE = 0x7b;
export const RIGHT_BRACE = 0x7d;

/** Whether a JSON text that is no scalar may begin with it. */
export function isOpening(byte: number): boolean {
  return byte === LEFT_BRACE || byte === LEFT_BRACKET;
}

/** Whether such a text may end with it. */
export function isClosing(byte: number): boolean {
  return byte === RIGHT_BRACE || byte === RIGHT_BRACKET;
}

export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** A capital letter of ASCII as a small one, any other byte as it is. */
export function lowerCase(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

/** The value of a hexadecimal digit, or -1. */
export function hexValue(byte: number): number {
  if (isDigit(byte)) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Index of the first byte that is neither a space nor a control character, or `to`. */
export function skipBlank(bytes: Uint8Array, from: number, to: number): number {
  let i = from;
  while (i < to && bytes[i] <= SPACE) i++;
  return i;
}

/**
 * Index of the first byte that is not blank either, nor of a byte order mark (EF BB BF), or `to`. Which byte of a mark
 * it is does not matter: so a mark may come in pieces, and none needs to be remembered.
 */
export function skipToUnit(bytes: Uint8Array, from: number, to: number): number {
  let i = skipBlank(bytes, from, to);
  while (i < to && (bytes[i] <= SPACE || isOfMark(bytes[i]))) i++;
  return i;
}

export function isOfMark(byte: number): boolean {
  return byte >= 0xbb && (byte === 0xef || byte === 0xbb || byte === 0xbf);
}
