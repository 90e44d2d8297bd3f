const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const toUtf8 = new TextEncoder();

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

/** Whether such a text, of ASCII, stands at bytes[from]. */
export function standsAt(text: string, bytes: Uint8Array, from: number): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** At most `length` UTF-16 units of a text, and no half of a surrogate pair. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  const kept = text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length);
  // A slice keeps the whole text alive, which may be long and the slice with us for minutes; a copy does not.
  return utf8.decode(toUtf8.encode(kept));
}
