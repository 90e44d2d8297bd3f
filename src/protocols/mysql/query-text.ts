import { decodeUtf8 } from '../text.js';
import { databaseAt } from './session.js';

/** MySQL's clients may send attributes before the text: so many, in so many sets. A text begins with neither. */
const ATTRIBUTE_SETS = 1;
const ATTRIBUTES_BYTES = 2;
const FIRST_OF_TEXT = 9;

const USE_BYTES_MAX = 300;
const USE = /^\s*use\s+(?:`((?:[^`]|``)+)`|([^\s`;]+))\s*;?\s*$/i;

/** Where the text begins in what follows the byte of COM_QUERY; -1 if it is behind attributes. */
export function textFrom(bytes: Uint8Array, from: number, to: number): number {
  if (from >= to || bytes[from] >= FIRST_OF_TEXT) return from;
  return bytes[from] === 0 && bytes[from + 1] === ATTRIBUTE_SETS ? from + ATTRIBUTES_BYTES : -1;
}

/** The database that a text makes the one of the session; undefined if it does not, or what it is cannot be told. */
export function databaseOfUse(bytes: Uint8Array, from: number, to: number): string | undefined {
  if (to - from > USE_BYTES_MAX) return undefined;
  const [, quoted, plain] = USE.exec(decodeUtf8(bytes, from, to)) ?? [];
  const name = quoted?.replaceAll('``', '`') ?? plain;
  if (name === undefined) return undefined;
  const encoded = encoder.encode(name);
  return databaseAt(encoded, 0, encoded.length);
}

const encoder = new TextEncoder();
