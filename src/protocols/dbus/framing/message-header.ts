import { bigWordAt, littleWordAt } from '../../framing/words.js';

/** https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol-messages: what stands before the header fields. */
export const HEADER_BYTES = 16;

export const LITTLE_ENDIAN = 0x6c;
export const BIG_ENDIAN = 0x42;

/** Types of messages. */
export const METHOD_CALL = 1;
export const METHOD_RETURN = 2;
export const ERROR = 3;
export const SIGNAL = 4;

export const NO_REPLY_EXPECTED = 1;

const VERSION = 1;
const TYPE_AT = 1;
const FLAGS_AT = 2;
const VERSION_AT = 3;
const BODY_AT = 4;
const SERIAL_AT = 8;
const FIELDS_AT = 12;

/** The specification allows no longer ones. */
const MESSAGE_BYTES_MAX = 2 ** 27;
const FIELDS_BYTES_MAX = 2 ** 26;
const ALIGNMENT = 8;

/** The header of a message, byte by byte. */
export class MessageHeader {
  endian = 0;
  type = 0;
  flags = 0;
  bodyBytes = 0;
  serial = 0;
  fieldsBytes = 0;
  #seen = 0;

  get isWhole(): boolean {
    return this.#seen === HEADER_BYTES;
  }

  get seen(): number {
    return this.#seen;
  }

  /** Where the body begins. */
  get bodyAt(): number {
    return HEADER_BYTES + ((this.fieldsBytes + ALIGNMENT - 1) & -ALIGNMENT);
  }

  restart(): void {
    this.type = this.flags = this.bodyBytes = this.serial = this.fieldsBytes = this.#seen = 0;
  }

  /** The same of all of it at once, which begins at bytes[from]. */
  read(bytes: Uint8Array, from: number): boolean {
    const isBig = bytes[from] === BIG_ENDIAN;
    this.endian = bytes[from];
    this.type = bytes[from + TYPE_AT];
    this.flags = bytes[from + FLAGS_AT];
    this.bodyBytes = wordAt(bytes, from + BODY_AT, isBig);
    this.serial = wordAt(bytes, from + SERIAL_AT, isBig);
    this.fieldsBytes = wordAt(bytes, from + FIELDS_AT, isBig);
    this.#seen = HEADER_BYTES;
    const isFine = isBig || bytes[from] === LITTLE_ENDIAN;
    return isFine && this.type > 0 && bytes[from + VERSION_AT] === VERSION && this.#isInBounds;
  }

  /** Whether a byte may come next. */
  take(byte: number): boolean {
    const at = this.#seen++;
    if (at === 0) {
      this.endian = byte;
      return byte === LITTLE_ENDIAN || byte === BIG_ENDIAN;
    }
    if (at === TYPE_AT) {
      this.type = byte;
      return byte > 0;
    }
    if (at === FLAGS_AT) {
      this.flags = byte;
      return true;
    }
    if (at === VERSION_AT) return byte === VERSION;
    if (at < SERIAL_AT) this.bodyBytes = this.#with(this.bodyBytes, byte, at);
    else if (at < FIELDS_AT) this.serial = this.#with(this.serial, byte, at);
    else this.fieldsBytes = this.#with(this.fieldsBytes, byte, at);
    return !this.isWhole || this.#isInBounds;
  }

  get #isInBounds(): boolean {
    if (this.serial === 0 || this.fieldsBytes > FIELDS_BYTES_MAX) return false;
    return this.bodyAt + this.bodyBytes <= MESSAGE_BYTES_MAX;
  }

  /** A word with one more byte, of which `at` is the place in the header. */
  #with(word: number, byte: number, at: number): number {
    return this.endian === BIG_ENDIAN ? word * 256 + byte : word + byte * 256 ** (at % 4);
  }
}

export function wordAt(bytes: Uint8Array, at: number, isBig: boolean): number {
  return isBig ? bigWordAt(bytes, at) : littleWordAt(bytes, at);
}
