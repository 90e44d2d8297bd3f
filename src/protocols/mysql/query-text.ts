import { decodeUtf8 } from '../text.js';
import { databaseAt } from './session.js';

const USE_BYTES_MAX = 300;
const USE = /^\s*use\s+(?:`((?:[^`]|``)+)`|([^\s`;]+))\s*;?\s*$/i;

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
