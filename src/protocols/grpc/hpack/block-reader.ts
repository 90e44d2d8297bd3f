import { METHOD_LENGTH_MAX } from '../../json/method-names.js';
import { decodeUtf8 } from '../../text.js';
import { WireNames } from '../../wire-names.js';
import {
  HEADERS,
  type HeaderField,
  headerAt,
  NAME_BYTES_MAX,
  OTHER,
  PATH,
  TRACEPARENT,
  UNKNOWN,
} from './header-field.js';
import type { HeaderTable } from './header-table.js';
import { decodeHuffman } from './huffman.js';
import { STATIC_TABLE } from './static-table.js';

/** https://www.rfc-editor.org/rfc/rfc7541#section-6: what the first bits of a field say of it, and the bits of its number. */
const INDEXED = 0x80;
const ADDED = 0x40;
const RESIZED = 0x20;
const INDEXED_BITS = 7;
const ADDED_BITS = 6;
const RESIZED_BITS = 5;
const LITERAL_BITS = 4;

const HUFFMAN = 0x80;
const LENGTH_BITS = 7;
const CONTINUES = 0x80;
/** More than any length, and any index. */
const NUMBER_MAX = 2 ** 28;

/** What a number returns instead: it goes on beyond the bytes; it is too large. */
const CUT = -1;
const WRONG = -2;

/** Of a path, or what tells of a trace; … */
const VALUE_BYTES_MAX = 2048;

/** All conversations of a thread share what they are decoded into, and most values. */
const scratch = new Uint8Array(VALUE_BYTES_MAX);
const nameScratch = new Uint8Array(NAME_BYTES_MAX);
const NOWHERE = new Uint8Array(0);
const values = new WireNames();

/** Reads blocks of headers, https://www.rfc-editor.org/rfc/rfc7541, and remembers of the last one what matters. */
export class BlockReader {
  /** The header is not there, or it is not known. */
  readonly #values = new Array<string | undefined>(HEADERS).fill(undefined);
  /** The block refers to headers that were lost: which, is not known. */
  isLost = false;
  /** Its end is missing. */
  isCut = false;
  isMalformed = false;
  #bytes: Uint8Array = NOWHERE;
  #at = 0;
  #to = 0;

  /** What a header says. */
  value(header: number): string | undefined {
    return this.#values[header];
  }

  /** Whether a header that is not there may be all the same. */
  get isPartial(): boolean {
    return this.isLost || this.isCut || this.isMalformed;
  }

  /** Reads bytes[from, to), which is all of a block or its beginning. */
  read(bytes: Uint8Array, from: number, to: number, isWhole: boolean, table: HeaderTable): void {
    this.#values.fill(undefined);
    this.isLost = this.isMalformed = false;
    this.isCut = !isWhole;
    this.#bytes = bytes;
    this.#at = from;
    this.#to = to;
    while (this.#at < to) {
      const problem = this.#readField(table);
      if (problem === 0) continue;
      if (problem === WRONG || isWhole) this.isMalformed = true;
      break;
    }
    this.#bytes = NOWHERE;
    if (this.isCut || this.isMalformed) table.lose();
  }

  /** 0, CUT or WRONG. */
  #readField(table: HeaderTable): number {
    const first = this.#bytes[this.#at];
    if (first >= INDEXED) {
      const index = this.#number(INDEXED_BITS);
      return index < 0 ? index : this.#refer(index, table);
    }
    if (first >= ADDED) return this.#literal(ADDED_BITS, table, true);
    if (first < RESIZED) return this.#literal(LITERAL_BITS, table, false);
    const bytes = this.#number(RESIZED_BITS);
    if (bytes < 0) return bytes;
    table.resize(bytes);
    return 0;
  }

  /** The header is the one that has an index. */
  #refer(index: number, table: HeaderTable): number {
    if (index === 0) return WRONG;
    const field = fieldAt(index, table);
    if (field === undefined || field.header === UNKNOWN) {
      this.isLost = true;
      return field !== undefined || table.isPartial ? 0 : WRONG;
    }
    if (field.header !== OTHER) this.#values[field.header] = field.value;
    return 0;
  }

  #literal(bits: number, table: HeaderTable, isAdded: boolean): number {
    const index = this.#number(bits);
    if (index < 0) return index;
    let header = UNKNOWN;
    let nameBytes = 0;
    if (index === 0) {
      nameBytes = this.#text(nameScratch);
      if (nameBytes < 0) return nameBytes;
      header = nameBytes > NAME_BYTES_MAX ? OTHER : headerAt(nameScratch, 0, nameBytes);
    } else {
      const field = fieldAt(index, table);
      if (field === undefined && !table.isPartial) return WRONG;
      if (field !== undefined) ({ header, nameBytes } = field);
    }
    const isShown = header !== OTHER && header !== UNKNOWN;
    const valueBytes = this.#text(isShown ? scratch : NOWHERE, isShown || isAdded);
    if (valueBytes < 0) return valueBytes;
    const value = isShown ? textOf(header, Math.min(valueBytes, scratch.length)) : '';
    if (isShown) this.#values[header] = value;
    else if (header === UNKNOWN) this.isLost = true;
    if (isAdded) table.add({ header, nameBytes, valueBytes, value });
    return 0;
  }

  /**
   * Decodes a text into `target`, as far as there is room. How many bytes it comes to, if that is asked for; or CUT, or WRONG.
   */
  #text(target: Uint8Array, isCounted = true): number {
    if (this.#at >= this.#to) return CUT;
    const isHuffman = this.#bytes[this.#at] >= HUFFMAN;
    const length = this.#number(LENGTH_BITS);
    if (length < 0) return length;
    const from = this.#at;
    const to = from + length;
    if (to > this.#to) return CUT;
    this.#at = to;
    if (isHuffman) {
      if (!isCounted) return 0;
      const count = decodeHuffman(this.#bytes, from, to, target);
      return count < 0 ? WRONG : count;
    }
    const copied = Math.min(length, target.length);
    for (let i = 0; i < copied; i++) target[i] = this.#bytes[from + i];
    return length;
  }

  /** A number of which the first byte has so many bits; or CUT, or WRONG. */
  #number(bits: number): number {
    const mask = (1 << bits) - 1;
    let value = this.#bytes[this.#at++] & mask;
    if (value < mask) return value;
    for (let factor = 1; this.#at < this.#to; factor *= CONTINUES) {
      const byte = this.#bytes[this.#at++];
      value += (byte & (CONTINUES - 1)) * factor;
      if (value > NUMBER_MAX || factor > NUMBER_MAX) return WRONG;
      if (byte < CONTINUES) return value;
    }
    return CUT;
  }
}

function fieldAt(index: number, table: HeaderTable): HeaderField | undefined {
  return index < STATIC_TABLE.length ? STATIC_TABLE[index] : table.find(index - STATIC_TABLE.length);
}

function textOf(header: number, length: number): string {
  const isLong = header === PATH ? length > METHOD_LENGTH_MAX : header >= TRACEPARENT;
  return isLong ? decodeUtf8(scratch, 0, length) : values.one(scratch, 0, length);
}
