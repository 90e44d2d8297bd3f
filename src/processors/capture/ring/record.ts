import type { Direction } from '../../../protocols/direction.js';

/** Flags of a record. The lowest bit is its direction. */
export const DIRECTION_BIT = 0x01;
/** It has the first bytes of a message or operation. */
export const HAS_HEAD = 0x02;
/** It has the last bytes of a message of which others are missing. */
export const HAS_TAIL = 0x04;
/** Bytes of the operation are missing. */
export const TRUNCATED = 0x08;
/** The first record of its connection. */
export const FIRST = 0x10;
/** The connection has ended; the record has no bytes. */
export const LAST = 0x20;
/** It continues the operation of the record before it. */
export const CONTINUED = 0x40;
/** What followed in the operation is missing: its messages were too many to be told apart. */
export const CROWDED = 0x80;

/**
 * A record's data is a run of pieces. First, for each piece, two words:
 *
 *   │ bytes kept │ bytes skipped behind them, highest bit: these end a unit │
 *
 * then the kept bytes of all pieces, one behind the other.
 */
export const PIECE_BYTES = 8;

/** In the second word of a piece: the bytes up to here end a message, or the part of one that is limited. */
export const ENDS_UNIT = 0x8000_0000 | 0;

/** Longest count of skipped bytes that a piece can have. */
export const MAX_SKIPPED = 0x7fff_ffff;

/** Where and when the bytes of a record were seen. */
export interface RecordFields {
  /** Number of the record in its ring, from 0. */
  readonly sequence: number;
  /** Monotonic ms with a fraction; one clock for all threads. */
  readonly timeMs: number;
  readonly direction: Direction;
  /** Bytes of the operation; 0 for a record that continues one. */
  readonly size: number;
  /** Captured bytes, pieces' words not counted. */
  readonly captured: number;
  /** Messages, or connections, that each captured one stands for. */
  readonly weight: number;
  /** The connection: a slot of its thread, and how often that has been used. */
  readonly connection: number;
  readonly generation: number;
  /** Number of the record among those of its connection, from 0. */
  readonly ordinal: number;
  /** The capture generation: what is captured under which settings. Introduced to the readers before it is used. */
  readonly capture: number;
  /** The flow: tells the traffic of clients apart. */
  readonly flow: number;
  /** A number of its client on the thread that wrote it, where clients have shares. */
  readonly client: number;
  /** HAS_HEAD and so on: a byte. */
  readonly flags: number;
}

/** A record with what was captured. */
export interface RecordView extends RecordFields {
  readonly pieces: number;
  /** The captured bytes of all pieces, from `bytesFrom` on; there is a byte behind them. The reader's to overwrite. */
  readonly bytes: Buffer;
  readonly bytesFrom: number;
  kept(piece: number): number;
  skipped(piece: number): number;
  endsUnit(piece: number): boolean;
}
