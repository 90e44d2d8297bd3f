import { randomNumbers } from '../../../../support/pattern.js';

/** What record number `sequence` of the stress test is: known to whoever writes it and to whoever reads it. */
export interface RecordShape {
  pieces: number;
  bytes: number;
  /** Where its bytes stand in the pattern. */
  from: number;
}

const PATTERN_BYTES = 2 ** 16;
const MAX_PIECES = 6;
const SMALL_BYTES = 64;

/** Random, and the same in each thread: bytes of another record do not match by chance. */
export const pattern = Buffer.from(Uint8Array.from({ length: PATTERN_BYTES }, randomByte()));

function randomByte(): () => number {
  const random = randomNumbers(1);
  return () => random() * 256;
}

/** Sets `shape` to that of a record. Lengths vary from 0 to `maxBytes`, most are small. */
export function shapeOf(sequence: number, maxBytes: number, shape: RecordShape): void {
  const mixed = mix(sequence);
  const limit = mixed % 4 === 0 ? maxBytes : Math.min(SMALL_BYTES, maxBytes);
  shape.pieces = (mixed >>> 2) % MAX_PIECES;
  shape.bytes = shape.pieces === 0 ? 0 : (mixed >>> 5) % (limit + 1);
  shape.from = mix(sequence + 1) % (PATTERN_BYTES - maxBytes);
}

/** The two words of a piece of a record: the last one has what the others leave. */
export function keptIn(shape: RecordShape, piece: number): number {
  const each = Math.floor(shape.bytes / shape.pieces);
  return piece < shape.pieces - 1 ? each : shape.bytes - each * (shape.pieces - 1);
}

export function skippedAndFlagIn(sequence: number, piece: number): number {
  return mix(sequence * 8 + piece) | 0;
}

/** A number of 32 bits that tells nothing of its neighbours. */
export function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/** All that the flags of a record can be. */
export const FLAGS = 0xff;

/** Clients of a fair ring; the higher the number, the quieter. */
export const CLIENTS = 4;

/** One in ten thousand records is of the quietest. */
export function clientOf(sequence: number): number {
  const mixed = mix(sequence ^ 0x5bd1e995) % 10_000;
  if (mixed === 0) return 3;
  if (mixed < 100) return 2;
  return mixed < 4000 ? 1 : 0;
}
