import { OTHER } from '../conventions.js';
import type { FramedMessage } from '../framed-decoder.js';
import { decodeUtf8 } from '../text.js';
import { HEADER_BYTES, OPENING_BYTES } from './framing/messages.js';

/** Index of the next NUL, or `to`. Overwrites bytes[to]. */
export function endOfText(bytes: Uint8Array, from: number, to: number): number {
  if (from >= to) return to;
  bytes[to] = 0;
  return bytes.indexOf(0, from);
}

/** The longest name of a database that PostgreSQL keeps is 63 bytes; poolers have longer ones. */
const NAMESPACE_BYTES_MAX = 128;

/**
 * The database that a client wants to work on: that of a StartupMessage, or the one that is called like the user. undefined where that was
 * not captured, or none is wanted, as for the replication of all of them.
 */
export function databaseOf({ bytes, from, to, isWhole }: FramedMessage): string | undefined {
  let user: string | undefined;
  let isReplication = false;
  for (let at = from + OPENING_BYTES; at < to && bytes[at] !== 0; ) {
    const nameEnd = endOfText(bytes, at, to);
    const valueEnd = endOfText(bytes, nameEnd + 1, to);
    if (valueEnd >= to) break;
    const name = decodeUtf8(bytes, at, Math.min(nameEnd, at + NAMESPACE_BYTES_MAX));
    const value = decodeUtf8(bytes, nameEnd + 1, Math.min(valueEnd, nameEnd + 1 + NAMESPACE_BYTES_MAX));
    if (name === 'database' && value !== '') return value;
    if (name === 'user') user = value;
    isReplication ||= name === 'replication';
    at = valueEnd + 1;
  }
  return isWhole && !isReplication ? user : undefined;
}

const CODE_BYTES = 5;

/** The field of an ErrorResponse with a type, as bytes[from, to) of it; undefined where it was not captured. */
function fieldOf({ bytes, from, to }: FramedMessage, type: string): { from: number; to: number } | undefined {
  for (let at = from + HEADER_BYTES; at < to && bytes[at] !== 0; ) {
    const end = endOfText(bytes, at + 1, to);
    if (end >= to) return undefined;
    if (bytes[at] === type.charCodeAt(0)) return { from: at + 1, to: end };
    at = end + 1;
  }
  return undefined;
}

/** Its SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html */
export function sqlState(message: FramedMessage): string {
  const field = fieldOf(message, 'C');
  if (field === undefined || field.to - field.from !== CODE_BYTES) return OTHER;
  const code = decodeUtf8(message.bytes, field.from, field.to);
  return /^[0-9A-Z]{5}$/.test(code) ? code : OTHER;
}

/** What it says to people. */
export function errorText(message: FramedMessage, bytesMax: number): string | undefined {
  const field = fieldOf(message, 'M');
  return field && decodeUtf8(message.bytes, field.from, Math.min(field.to, field.from + bytesMax));
}
