/** Field `message` of `google.rpc.Status`, google/rpc/status.proto. */
const MESSAGE_FIELD = 2;

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** Longest varint of a 64-bit integer. */
const MAX_VARINT_BYTES = 10;

/** The message of a `google.rpc.Status` in protobuf; undefined when it has none or is malformed. */
export function readStatusMessage(bytes: Buffer): string | undefined {
  let position = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES && position < bytes.length; i++) {
      const byte = bytes[position++];
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  // A length or tag that is NaN, or a length beyond the end, ends the loop: no comparison is true of it.
  while (position < bytes.length) {
    const tag = readVarint();
    const length = fieldLength(tag % 8, readVarint);
    if (!(position + length <= bytes.length)) return undefined;
    if (tag === MESSAGE_FIELD * 8 + LENGTH_DELIMITED) {
      return bytes.toString('utf8', position, position + length);
    }
    position += length;
  }
  return undefined;
}

/** Bytes that follow a tag of this wire type, its length prefix having been read; NaN for an unknown type. */
function fieldLength(wireType: number, readVarint: () => number): number {
  switch (wireType) {
    case VARINT:
      return readVarint() * 0;
    case FIXED_64:
      return 8;
    case LENGTH_DELIMITED:
      return readVarint();
    case FIXED_32:
      return 4;
    default:
      return Number.NaN;
  }
}
