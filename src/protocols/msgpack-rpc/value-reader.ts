import { ARRAY, IS_INTEGER, IS_TEXT, isValue, KINDS, LENGTH_BYTES, LENGTHS, NIL } from './framing/formats.js';

export type ValueType = 'nil' | 'integer' | 'text' | 'array' | 'other' | 'cut' | 'malformed';

const NOTHING = new Uint8Array(0);

const POSITIVE_MAX = 0x7f;
const NEGATIVE_MIN = 0xe0;
/** The first of the signed integers, behind the unsigned ones. */
const INT8 = 0xd0;
const WORD_BYTES = 4;

/** Reads values one after the other, and goes into arrays. What it does not know it does not pass over: it is the last. */
export class ValueReader {
  /** Of an integer, all its digits. */
  digits = '';
  /** Of an integer whose digits are few, and how many elements an array has. */
  value = 0;
  /** Of a text, which may end beyond the bytes at hand. */
  from = 0;
  end = 0;
  #bytes: Uint8Array = NOTHING;
  #at = 0;
  #to = 0;

  open(bytes: Uint8Array, from: number, to: number): void {
    this.#bytes = bytes;
    this.#at = from;
    this.#to = to;
  }

  next(): ValueType {
    if (this.#at >= this.#to) return 'cut';
    const first = this.#bytes[this.#at++];
    if (first === NIL) return 'nil';
    if (!isValue(first)) return 'malformed';
    if (IS_INTEGER[first] === 1) return this.#integer(first);
    const isText = IS_TEXT[first] === 1;
    if (!isText && KINDS[first] !== ARRAY) return 'other';
    const lengthBytes = LENGTH_BYTES[first];
    if (this.#at + lengthBytes > this.#to) return 'cut';
    this.value = lengthBytes === 0 ? LENGTHS[first] : this.#unsigned(lengthBytes);
    if (!isText) return 'array';
    this.from = this.#at;
    this.end = this.#at + this.value;
    this.#at = this.end;
    return 'text';
  }

  #integer(first: number): ValueType {
    if (first <= POSITIVE_MAX || first >= NEGATIVE_MIN)
      return this.#is(first <= POSITIVE_MAX ? first : first - 256);
    const bytes = LENGTHS[first];
    if (this.#at + bytes > this.#to) return 'cut';
    const isSigned = first >= INT8;
    if (bytes <= WORD_BYTES) {
      const value = this.#unsigned(bytes);
      const range = 256 ** bytes;
      return this.#is(isSigned && value >= range / 2 ? value - range : value);
    }
    const value = BigInt(this.#unsigned(WORD_BYTES)) * 2n ** 32n + BigInt(this.#unsigned(WORD_BYTES));
    this.digits = String(isSigned ? BigInt.asIntN(64, value) : value);
    this.value = Number(this.digits);
    return 'integer';
  }

  #is(value: number): ValueType {
    this.value = value;
    this.digits = String(value);
    return 'integer';
  }

  #unsigned(bytes: number): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value = value * 256 + this.#bytes[this.#at++];
    return value;
  }
}
