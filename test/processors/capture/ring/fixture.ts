import { monotonicMs } from '../../../../src/linux/clock.js';
import { CheckedRingWriter } from '../../../../src/processors/capture/ring/checked-ring-writer.js';
import { createRing, type RingSettings } from '../../../../src/processors/capture/ring/layout.js';
import { RingReader } from '../../../../src/processors/capture/ring/ring-reader.js';

export interface Piece {
  bytes: Uint8Array;
  /** Skipped bytes behind them, and the mark of the end of a unit. */
  skippedAndFlag: number;
}

export interface Fields {
  capture: number;
  flow: number;
  connection: number;
  generation: number;
  ordinal: number;
  flags: number;
  size: number;
  timeMs: number;
  weight: number;
}

const NO_FIELDS: Fields = {
  capture: 0,
  flow: 0,
  connection: 0,
  generation: 0,
  ordinal: 0,
  flags: 0,
  size: 0,
  timeMs: 0,
  weight: 1,
};

/** A ring with its writer. */
export class Ring {
  readonly memory: SharedArrayBuffer;
  readonly doorbell = new SharedArrayBuffer(4);
  readonly writer: CheckedRingWriter;
  /** When the record is to have been written that `write` is writing. */
  #nowMs: number | undefined;

  constructor(settings: RingSettings) {
    this.memory = createRing(settings);
    this.writer = new CheckedRingWriter(this.memory, this.doorbell, () => this.#nowMs ?? monotonicMs());
  }

  reader(options?: { fromNow?: boolean }): RingReader {
    return new RingReader(this.memory, options);
  }

  write(pieces: readonly Piece[], fields: Partial<Fields> = {}): void {
    const { writer } = this;
    const f = { ...NO_FIELDS, ...fields };
    writer.begin(
      pieces.length,
      pieces.reduce((sum, { bytes }) => sum + bytes.length, 0),
    );
    for (const { bytes, skippedAndFlag } of pieces) writer.addPiece(bytes.length, skippedAndFlag);
    for (const { bytes } of pieces) writer.copyBytes(bytes);
    this.#nowMs = f.timeMs;
    const { capture, flow, connection, generation, ordinal, flags, size, weight } = f;
    writer.publish(capture, flow, connection, generation, ordinal, flags, size, weight);
    this.#nowMs = undefined;
  }

  writeText(text: string, fields?: Partial<Fields>): void {
    this.write([{ bytes: Buffer.from(text), skippedAndFlag: 0 }], fields);
  }
}

/** The captured bytes of the record that a reader stands at. */
export function bytesOf(reader: RingReader): Buffer {
  return Buffer.from(reader.bytes.subarray(reader.bytesFrom, reader.bytesFrom + reader.captured));
}

/** The texts of all records that wait. */
export function textsOf(reader: RingReader): string[] {
  const texts: string[] = [];
  while (reader.next()) texts.push(bytesOf(reader).toString());
  return texts;
}
