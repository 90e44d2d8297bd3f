import { SPACE } from './framing/bytes.js';
import { METHOD_LENGTH_MAX } from './json/method-names.js';
import { cut, decodeUtf8 } from './text.js';

/** A power of two. What has more names in use than that gets new strings now and then. */
const SLOTS = 256;
const CACHED_BYTES_MAX = 160;
const DELETE = 0x7f;

/**
 * Remembers names by their bytes, so that one that comes again costs no new string. A name is two parts with a separator between
 * them, or one part.
 */
export class WireNames {
  readonly #names = new Array<string>(SLOTS).fill('');
  readonly #separator: string;

  constructor(separator = '') {
    this.#separator = separator;
  }

  /** The name that stands in bytes[from, to). */
  one(bytes: Uint8Array, from: number, to: number): string {
    return this.two(bytes, from, from, from, to);
  }

  /** That of bytes[from, to) and bytes[from2, to2); of the second alone where the first is empty. */
  two(bytes: Uint8Array, from: number, to: number, from2: number, to2: number): string {
    const length = to - from + to2 - from2;
    if (length > CACHED_BYTES_MAX) return this.#read(bytes, from, to, from2, to2);
    let hash = 0;
    for (let i = from; i < to; i++) {
      if (isOdd(bytes[i])) return this.#read(bytes, from, to, from2, to2);
      hash = (Math.imul(hash, 31) + bytes[i]) | 0;
    }
    for (let i = from2; i < to2; i++) {
      if (isOdd(bytes[i])) return this.#read(bytes, from, to, from2, to2);
      hash = (Math.imul(hash, 31) + bytes[i]) | 0;
    }
    const slot = (hash ^ (hash >>> 8)) & (SLOTS - 1);
    const name = this.#names[slot];
    const separatorLength = from === to ? 0 : this.#separator.length;
    if (name.length === length + separatorLength) {
      const isFirst =
        from === to || (isAt(name, 0, bytes, from, to) && name.startsWith(this.#separator, to - from));
      if (isFirst && isAt(name, to - from + separatorLength, bytes, from2, to2)) return name;
    }
    this.#names[slot] = this.#read(bytes, from, to, from2, to2);
    return this.#names[slot];
  }

  #read(bytes: Uint8Array, from: number, to: number, from2: number, to2: number): string {
    const [first, second] = [textOf(bytes, from, to), textOf(bytes, from2, to2)];
    return from === to ? second : cut(first + this.#separator + second, METHOD_LENGTH_MAX);
  }
}

/** As much of a text as a name may have. */
function textOf(bytes: Uint8Array, from: number, to: number): string {
  // A character takes up to four bytes.
  return cut(decodeUtf8(bytes, from, Math.min(to, from + 4 * METHOD_LENGTH_MAX)), METHOD_LENGTH_MAX);
}

/** Whether a byte is none of printable ASCII. */
function isOdd(byte: number): boolean {
  return byte < SPACE || byte >= DELETE;
}

function isAt(name: string, at: number, bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (name.charCodeAt(at + i - from) !== bytes[i]) return false;
  return true;
}
