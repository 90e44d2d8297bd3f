const VARINT_BYTES_MAX = 10;
const VARINT_BITS = 7;
const CONTINUES = 0x80;
/** More than any field number, and any length of a message. */
const NUMBER_MAX = 2 ** 32;

const NOTHING = new Uint8Array(0);

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** Walks over the fields of a protobuf message in place. https://protobuf.dev/programming-guides/encoding/ */
export class FieldReader {
  /** Of the field at hand: its number, and its value if that is a number; of one with a length, where it stands. */
  field = 0;
  value = 0;
  from = 0;
  /** Where it ends, maybe beyond the bytes at hand. */
  end = 0;
  hasLength = false;
  /** What was read is no protobuf. */
  isMalformed = false;
  #bytes: Uint8Array = NOTHING;
  #at = 0;
  #to = 0;

  open(bytes: Uint8Array, from: number, to: number): void {
    this.#bytes = bytes;
    this.#at = from;
    this.#to = to;
    this.isMalformed = false;
  }

  /** Goes to the next field; false behind the last, where a field does not begin within the bytes, and where it is malformed. */
  next(): boolean {
    if (this.isMalformed || this.#at >= this.#to) return false;
    const tag = this.#varint();
    if (tag < 0) return false;
    this.field = Math.floor(tag / 8);
    if (this.field === 0) return this.#fail();
    const type = tag % 8;
    this.hasLength = type === LENGTH_DELIMITED;
    if (type === VARINT || type === LENGTH_DELIMITED) {
      this.value = this.#varint();
      if (this.value < 0) return false;
    } else if (type !== FIXED64 && type !== FIXED32) return this.#fail();
    this.from = this.#at;
    const fixed = type === FIXED64 ? 8 : 4;
    if (type !== VARINT) this.#at += type === LENGTH_DELIMITED ? this.value : fixed;
    this.end = this.#at;
    return true;
  }

  /** A number of up to 32 bits, more of one being cut off; -1 if it does not end within the bytes. */
  #varint(): number {
    let value = 0;
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      if (this.#at >= this.#to) return -1;
      const byte = this.#bytes[this.#at++];
      value = (value + (byte & (CONTINUES - 1)) * 2 ** (i * VARINT_BITS)) % NUMBER_MAX;
      if (byte < CONTINUES) return value;
    }
    this.isMalformed = true;
    return -1;
  }

  #fail(): false {
    this.isMalformed = true;
    return false;
  }
}
