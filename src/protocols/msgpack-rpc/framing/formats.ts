/**
 * https://github.com/msgpack/msgpack/blob/master/spec.md: what the first byte of a value says. Behind it stand the bytes of a length
 * or number of elements, if there are any, and then the value.
 */
export const NIL = 0xc0;
const NEVER_USED = 0xc1;
const FIXMAP = 0x80;
const FIXARRAY = 0x90;
const FIXTEXT = 0xa0;
const NEGATIVE_FIXINT = 0xe0;

export type ValueKind = typeof SCALAR | typeof BYTES | typeof ARRAY | typeof MAP;
/** Of a fixed length, which may be 0: the first byte is all of it. */
export const SCALAR = 0;
export const BYTES = 1;
export const ARRAY = 2;
export const MAP = 3;

/** By first byte: what it begins, how many bytes its length has, and the length itself where that has none. */
export const KINDS = new Uint8Array(256);
export const LENGTH_BYTES = new Uint8Array(256);
export const LENGTHS = new Uint8Array(256);
/** 1 for texts, or bytes that may be meant for one; and for integers. */
export const IS_TEXT = new Uint8Array(256);
export const IS_INTEGER = new Uint8Array(256);

function set(first: number, kind: ValueKind, lengthBytes: number, length = 0): void {
  KINDS[first] = kind;
  LENGTH_BYTES[first] = lengthBytes;
  LENGTHS[first] = length;
}

for (let i = 0; i < 16; i++) {
  set(FIXMAP + i, MAP, 0, i);
  set(FIXARRAY + i, ARRAY, 0, i);
}
for (let i = 0; i < 32; i++) set(FIXTEXT + i, BYTES, 0, i);
// Binary, and text: lengths of one, two and four bytes.
for (const [first, bytes] of [
  [0xc4, 1],
  [0xc5, 2],
  [0xc6, 4],
  [0xd9, 1],
  [0xda, 2],
  [0xdb, 4],
])
  set(first, BYTES, bytes);
// Extensions have a type behind their length, which is counted with it where that is read.
for (const [first, bytes] of [
  [0xc7, 1],
  [0xc8, 2],
  [0xc9, 4],
])
  set(first, BYTES, bytes, 1);
// Floating-point numbers, integers, extensions of fixed lengths.
[4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17].forEach((bytes, i) => {
  set(0xca + i, SCALAR, 0, bytes);
});
set(0xdc, ARRAY, 2);
set(0xdd, ARRAY, 4);
set(0xde, MAP, 2);
set(0xdf, MAP, 4);

IS_TEXT.fill(1, FIXTEXT, NIL).fill(1, 0xc4, 0xc7).fill(1, 0xd9, 0xdc);
IS_INTEGER.fill(1, 0, FIXMAP).fill(1, 0xcc, 0xd4).fill(1, NEGATIVE_FIXINT);

export function isValue(first: number): boolean {
  return first !== NEVER_USED;
}
