import { BACKSLASH, SPACE } from '../framing/bytes.js';
import { asciiText, cut, standsAt } from '../text.js';
import { readText } from './text.js';

/** Longer methods are cut to so many UTF-16 units. */
export const METHOD_LENGTH_MAX = 256;

/** A power of two. What has more methods in use than that gets new strings now and then. */
const SLOTS = 256;
const CACHED_BYTES_MAX = 64;

/** Remembers method names by their bytes, so that a method that comes again costs no new string. */
export class MethodNames {
  readonly #names = new Array<string>(SLOTS).fill('');

  /** The text of a JSON string, given without its quotes; undefined when it is none. */
  read(bytes: Uint8Array, from: number, to: number): string | undefined {
    if (to - from > CACHED_BYTES_MAX) return readAny(bytes, from, to);
    let hash = 0;
    for (let i = from; i < to; i++) {
      const byte = bytes[i];
      if (byte < SPACE || byte > 0x7e || byte === BACKSLASH) return readAny(bytes, from, to);
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    const slot = (hash ^ (hash >>> 8)) & (SLOTS - 1);
    const name = this.#names[slot];
    if (name.length === to - from && standsAt(name, bytes, from)) return name;
    this.#names[slot] = asciiText(bytes, from, to);
    return this.#names[slot];
  }
}

function readAny(bytes: Uint8Array, from: number, to: number): string | undefined {
  const text = readText(bytes, from, to);
  return text === undefined ? undefined : cut(text, METHOD_LENGTH_MAX);
}
