import { BIG_ENDIAN, HEADER_BYTES, wordAt } from './framing/message-header.js';

/** How reading went: all were read, or they go on beyond the bytes at hand, or they are none. */
export type FieldsStatus = 'whole' | 'cut' | 'malformed';

/** https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol-header-fields */
const INTERFACE = 2;
const MEMBER = 3;
const ERROR_NAME = 4;
const REPLY_SERIAL = 5;
const DESTINATION = 6;
const SENDER = 7;

/** Types of values that fields have: a text or path, a signature, a number. */
const TEXT = 0x73;
const PATH = 0x6f;
const SIGNATURE = 0x67;
const NUMBER = 0x75;

const ALIGNMENT = 8;
const WORD_BYTES = 4;
/** A field is its code, and its value behind a signature of one type: `1`, the type, and a NUL. */
const VALUE_AT = 4;
const FIELDS_MAX = 64;

/** Where a text stands; nowhere if it is empty. */
export class TextPlace {
  from = 0;
  to = 0;

  get isEmpty(): boolean {
    return this.from === this.to;
  }

  at(from: number, to: number): void {
    this.from = from;
    this.to = to;
  }
}

/** Finds the header fields of a message in its bytes. */
export class HeaderFields {
  readonly interface = new TextPlace();
  readonly member = new TextPlace();
  readonly errorName = new TextPlace();
  readonly destination = new TextPlace();
  readonly sender = new TextPlace();
  replySerial = 0;

  /** Of a message that begins at bytes[from], and whose fields have so many bytes; bytes[to] is not there. */
  read(bytes: Uint8Array, from: number, to: number, fieldsBytes: number): FieldsStatus {
    for (const place of [this.interface, this.member, this.errorName, this.destination, this.sender])
      place.at(0, 0);
    this.replySerial = 0;
    const isBig = bytes[from] === BIG_ENDIAN;
    const end = from + HEADER_BYTES + fieldsBytes;
    let at = from + HEADER_BYTES;
    for (let count = 0; at < end; count++) {
      if (at + VALUE_AT >= to) return to < end ? 'cut' : 'malformed';
      if (count === FIELDS_MAX || bytes[at + 1] !== 1 || bytes[at + 3] !== 0) return 'malformed';
      const next = this.#field(bytes, at, bytes[at + 2], isBig, Math.min(end, to));
      if (next === 0) return to < end ? 'cut' : 'malformed';
      // The next field begins at a multiple of eight bytes.
      at = from + Math.ceil((next - from) / ALIGNMENT) * ALIGNMENT;
    }
    return 'whole';
  }

  /** Where a field ends that begins at bytes[at], or 0 if that is not before `end`. */
  #field(bytes: Uint8Array, at: number, type: number, isBig: boolean, end: number): number {
    const value = at + VALUE_AT;
    if (type === SIGNATURE) return endOf(value + 1 + bytes[value] + 1, end);
    if (value + WORD_BYTES > end) return 0;
    const word = wordAt(bytes, value, isBig);
    if (type === NUMBER) {
      if (bytes[at] === REPLY_SERIAL) this.replySerial = word;
      return value + WORD_BYTES;
    }
    if (type !== TEXT && type !== PATH) return 0;
    const from = value + WORD_BYTES;
    const to = from + word;
    // With the NUL behind it.
    if (to >= end) return 0;
    this.#placeOf(bytes[at])?.at(from, to);
    return to + 1;
  }

  #placeOf(code: number): TextPlace | undefined {
    switch (code) {
      case INTERFACE:
        return this.interface;
      case MEMBER:
        return this.member;
      case ERROR_NAME:
        return this.errorName;
      case DESTINATION:
        return this.destination;
      case SENDER:
        return this.sender;
      default:
        return undefined;
    }
  }
}

function endOf(at: number, end: number): number {
  return at <= end ? at : 0;
}
