import type { Direction } from '../../../protocols/direction.js';
import { ENDS_UNIT, MAX_SKIPPED, PIECE_BYTES, type RecordView } from '../../capture/ring/record.js';

/** The decoder may overwrite the byte behind what it is shown. */
const SENTINEL_BYTES = 1;

/** A record that can be kept, unlike that of a reader, which is gone with the next one. */
export class RecordCopy implements RecordView {
  readonly sequence: number;
  readonly timeMs: number;
  readonly direction: Direction;
  readonly size: number;
  readonly captured: number;
  readonly weight: number;
  readonly connection: number;
  readonly generation: number;
  readonly ordinal: number;
  readonly source: number;
  readonly flags: number;
  readonly pieces: number;
  readonly bytesFrom = 0;
  readonly bytes: Buffer;
  /** Two for each piece, as in a record. */
  readonly #words: Int32Array;

  constructor(record: RecordView) {
    this.sequence = record.sequence;
    this.timeMs = record.timeMs;
    this.direction = record.direction;
    this.size = record.size;
    this.captured = record.captured;
    this.weight = record.weight;
    this.connection = record.connection;
    this.generation = record.generation;
    this.ordinal = record.ordinal;
    this.source = record.source;
    this.flags = record.flags;
    this.pieces = record.pieces;
    this.bytes = Buffer.alloc(record.captured + SENTINEL_BYTES);
    record.bytes.copy(this.bytes, 0, record.bytesFrom, record.bytesFrom + record.captured);
    this.#words = new Int32Array(record.pieces * 2);
    for (let piece = 0; piece < record.pieces; piece++) {
      this.#words[piece * 2] = record.kept(piece);
      this.#words[piece * 2 + 1] = record.skipped(piece) | (record.endsUnit(piece) ? ENDS_UNIT : 0);
    }
  }

  /** Bytes that it takes, the object itself not counted. */
  get byteLength(): number {
    return this.bytes.length + this.pieces * PIECE_BYTES;
  }

  kept(piece: number): number {
    return this.#words[piece * 2];
  }

  skipped(piece: number): number {
    return this.#words[piece * 2 + 1] & MAX_SKIPPED;
  }

  endsUnit(piece: number): boolean {
    return (this.#words[piece * 2 + 1] & ENDS_UNIT) !== 0;
  }
}
