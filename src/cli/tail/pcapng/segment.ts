/** Where one end of a synthetic TCP connection is. */
export interface Address {
  /** IPv4, as a number. */
  readonly ip: number;
  readonly port: number;
}

export interface Segment {
  readonly from: Address;
  readonly to: Address;
  readonly sequence: number;
  readonly acknowledged: number;
  readonly flags: number;
  /** What there is of its bytes, and how many it has. */
  readonly payload: Buffer;
  readonly length: number;
}

/** RFC 9293, section 3.1. */
export const FIN = 0x01;
export const SYN = 0x02;
export const PSH = 0x08;
export const ACK = 0x10;

const IP_HEADER = 20;
const TCP_HEADER = 20;

/** Bytes that a segment has at most: the length of a packet has 16 bits. With room for the options of a SYN. */
export const MAX_SEGMENT = 0xffff - IP_HEADER - TCP_HEADER - 8;

/** The largest window, so that no more can be under way than it allows: RFC 7323, section 2.3. */
const WINDOW = 0xffff;
const WINDOW_SCALE = 14;

/** Maximum segment size, no operation, window scale. */
const SYN_OPTIONS = Buffer.from([2, 4, MAX_SEGMENT >> 8, MAX_SEGMENT & 0xff, 1, 3, 3, WINDOW_SCALE]);

const TCP = 6;
const TIME_TO_LIVE = 64;
const DO_NOT_FRAGMENT = 0x4000;

/** A packet of IPv4 with a segment of TCP, and how long it was. */
export function encodeSegment(segment: Segment): { bytes: Buffer; originalLength: number } {
  const { from, to, sequence, acknowledged, flags, payload, length } = segment;
  const options = (flags & SYN) !== 0 ? SYN_OPTIONS : Buffer.alloc(0);
  const tcp = Buffer.alloc(TCP_HEADER);
  tcp.writeUInt16BE(from.port, 0);
  tcp.writeUInt16BE(to.port, 2);
  tcp.writeUInt32BE(sequence >>> 0, 4);
  tcp.writeUInt32BE(acknowledged >>> 0, 8);
  tcp.writeUInt8(((TCP_HEADER + options.length) / 4) << 4, 12);
  tcp.writeUInt8(flags, 13);
  tcp.writeUInt16BE(WINDOW, 14);
  const originalLength = IP_HEADER + TCP_HEADER + options.length + length;
  const ip = ipHeader(from.ip, to.ip, originalLength);
  // Nobody can check that of bytes that are missing.
  if (payload.length === length) {
    const pseudo = Buffer.alloc(12);
    ip.copy(pseudo, 0, 12, 20);
    pseudo.writeUInt8(TCP, 9);
    pseudo.writeUInt16BE(originalLength - IP_HEADER, 10);
    tcp.writeUInt16BE(checksum(Buffer.concat([pseudo, tcp, options, payload])), 16);
  }
  return { bytes: Buffer.concat([ip, tcp, options, payload]), originalLength };
}

function ipHeader(from: number, to: number, length: number): Buffer {
  const header = Buffer.alloc(IP_HEADER);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(length, 2);
  header.writeUInt16BE(DO_NOT_FRAGMENT, 6);
  header.writeUInt8(TIME_TO_LIVE, 8);
  header.writeUInt8(TCP, 9);
  header.writeUInt32BE(from, 12);
  header.writeUInt32BE(to, 16);
  header.writeUInt16BE(checksum(header), 10);
  return header;
}

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i + 1 < bytes.length; i += 2) sum += bytes.readUInt16BE(i);
  if (bytes.length % 2 === 1) sum += bytes.readUInt8(bytes.length - 1) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
