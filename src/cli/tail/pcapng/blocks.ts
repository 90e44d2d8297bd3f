/*
 * Blocks of a pcapng file: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html. All numbers are little-endian.
 *
 *   │ type │ length │ body, padded to 4 bytes │ options │ length │
 */

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** The length of a section that goes on: it is not known. */
const UNKNOWN_LENGTH = 0xffff_ffff;

/** LINKTYPE_RAW: packets begin with the header of IP. https://www.tcpdump.org/linktypes.html */
const LINKTYPE_RAW = 101;

const COMMENT = 1;
const SECTION_APPLICATION = 4;
const INTERFACE_NAME = 2;
const INTERFACE_DESCRIPTION_TEXT = 3;

/** The longest text of an option, in bytes. Its length has 16 bits. */
const MAX_TEXT = 1024;

const US_PER_MS = 1000;
const WORD = 2 ** 32;

type Option = readonly [code: number, text: string];

/** The beginning of a file. */
export function sectionBlock(application: string): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
  body.writeUInt16LE(1, 4);
  body.writeUInt32LE(UNKNOWN_LENGTH, 8);
  body.writeUInt32LE(UNKNOWN_LENGTH, 12);
  return block(SECTION_HEADER, body, [[SECTION_APPLICATION, application]]);
}

/** An interface, of which packets come from now on under its number: they are numbered from 0. */
export function interfaceBlock(name: string, description: string): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(LINKTYPE_RAW, 0);
  return block(INTERFACE_DESCRIPTION, body, [
    [INTERFACE_NAME, name],
    [INTERFACE_DESCRIPTION_TEXT, description],
  ]);
}

export interface Packet {
  readonly interface: number;
  /** Wall clock, ms since the epoch. */
  readonly timeMs: number;
  /** What there is of it, and how long it was. */
  readonly bytes: Buffer;
  readonly originalLength: number;
  readonly comment: string | undefined;
}

export function packetBlock({ interface: number, timeMs, bytes, originalLength, comment }: Packet): Buffer {
  const us = Math.max(0, Math.round(timeMs * US_PER_MS));
  const head = Buffer.alloc(20);
  head.writeUInt32LE(number, 0);
  head.writeUInt32LE(Math.floor(us / WORD), 4);
  head.writeUInt32LE(us % WORD, 8);
  head.writeUInt32LE(bytes.length, 12);
  head.writeUInt32LE(originalLength, 16);
  const body = Buffer.concat([head, padded(bytes)]);
  return block(ENHANCED_PACKET, body, comment === undefined ? [] : [[COMMENT, comment]]);
}

function block(type: number, body: Buffer, options: readonly Option[]): Buffer {
  const written = options.map(writeOption);
  // The end of options.
  if (written.length > 0) written.push(Buffer.alloc(4));
  const inner = Buffer.concat([body, ...written]);
  const head = Buffer.alloc(8);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(inner.length + 12);
  head.writeUInt32LE(type, 0);
  length.copy(head, 4);
  return Buffer.concat([head, inner, length]);
}

function writeOption([code, text]: Option): Buffer {
  const room = Buffer.alloc(MAX_TEXT);
  // It cuts no character in two.
  const value = room.subarray(0, new TextEncoder().encodeInto(text, room).written);
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, padded(value)]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
