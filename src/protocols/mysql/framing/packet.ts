/**
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html: a little-endian length of three bytes, the number
 * of the packet in its exchange, and a payload. One of the greatest length goes on in the next packet.
 */
export const HEADER_BYTES = 4;
export const PAYLOAD_BYTES_MAX = 0xffffff;

/** First bytes of the payloads of a server; `0xfe` is the end of rows, and of a set of them, only in a packet that does not go on. */
export const OK = 0x00;
export const AUTH_MORE_DATA = 0x01;
export const LOCAL_INFILE = 0xfb;
export const END_OF_ROWS = 0xfe;
export const ERROR = 0xff;

/** An `END_OF_ROWS` of so many bytes is the old one: two words follow, of warnings and of the status. */
export const EOF_BYTES = 5;
export const EOF_STATUS_AT = 3;
/** Type, two numbers, status, warnings. */
export const OK_BYTES_MIN = 7;
/** Type, code. */
export const ERROR_BYTES_MIN = 3;

/** Bits of the status. */
export const MORE_RESULTS = 0x0008;
export const CURSOR_EXISTS = 0x0040;

/** So much of a payload tells its status: its type, two numbers of up to nine bytes, and the status. */
export const STATUS_WITHIN = 21;

/** Bits of what a client is capable of. */
export const WITH_DATABASE = 0x8;
export const COMPRESS = 0x20;
export const PROTOCOL_41 = 0x200;
export const SSL = 0x800;
export const SECURE_CONNECTION = 0x8000;
export const LENGTH_ENCODED_AUTH = 0x200000;
export const ZSTD = 0x4000000;

/** Fixed fields of a client's first packet: capabilities, length of packets, character set, zeros. */
export const FIXED_BYTES = 32;
const ZEROS_FROM = 9;
/** MariaDB has more capabilities in the last four of them. */
const ZEROS_TO = 28;

/** The length of a number that takes one byte, three, four or nine, by its first byte. */
export function numberBytes(first: number): number {
  if (first < 0xfb) return 1;
  if (first === 0xfc) return 3;
  return first === 0xfd ? 4 : 9;
}

/** The status in the payload of an OK, or of an end of rows, of `length` bytes; 0 if it is beyond bytes[to]. */
export function statusOf(bytes: Uint8Array, from: number, to: number, length: number): number {
  let at = from + EOF_STATUS_AT;
  if (bytes[from] === OK || length !== EOF_BYTES) {
    at = from + 1;
    at += numberBytes(bytes[at]);
    if (at >= to) return 0;
    at += numberBytes(bytes[at]);
  }
  return at + 2 <= to ? bytes[at] | (bytes[at + 1] << 8) : 0;
}

/** Whether the fixed fields of a client's first packet may begin so, as far as bytes[to]. */
export function mayBeLogin(bytes: Uint8Array, from: number, to: number): boolean {
  if (to > from + 1 && ((bytes[from] | (bytes[from + 1] << 8)) & PROTOCOL_41) === 0) return false;
  const end = Math.min(to, from + ZEROS_TO);
  for (let i = from + ZEROS_FROM; i < end; i++) if (bytes[i] !== 0) return false;
  return true;
}
