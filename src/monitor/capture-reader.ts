import { TRUNCATED } from '../processors/capture/ring/record.js';
import { RingReader } from '../processors/capture/ring/ring-reader.js';
import { WallClock } from '../processors/enrich/thread/wall-clock.js';
import { SEND } from '../protocols/direction.js';
import type { SourceBook } from './source-book.js';

/** A captured operation. */
export interface CapturedRecord {
  /** Number of the record within its monitor, from 0. */
  readonly sequence: number;
  readonly containerId: string;
  readonly socketPath: string;
  /** Time of the record in ms since the epoch, with a fraction. */
  readonly timeMs: number;
  /** From the container's side. */
  readonly direction: 'send' | 'recv';
  /** Size of the operation in bytes. */
  readonly size: number;
  /** Leading bytes, as many as the strategy keeps. A copy that belongs to the caller. */
  readonly data: Uint8Array;
  /** Whether `data` is shorter than the operation. */
  readonly truncated: boolean;
  /** Number of operations, or sockets, that this one stands for. Multiply a sampled count by it. */
  readonly weight: number;
}

/** Records that a reader had not read yet. */
export interface CapturedRecords {
  /** Oldest first. */
  readonly records: CapturedRecord[];
  /** Records that were overwritten before this reader read them, since its previous `drain`. */
  readonly lost: number;
}

/** Reads the records of a monitor at its own pace, independently of other readers. */
export class CaptureReader {
  readonly #ring: RingReader;
  readonly #sources: SourceBook;
  readonly #clock = new WallClock();
  /** Lost records that `drain` has already reported. */
  #reported = 0;

  /** Starts at the oldest record that is left. */
  constructor(memory: SharedArrayBuffer, sources: SourceBook) {
    this.#ring = new RingReader(memory);
    this.#sources = sources;
  }

  /** All records that were overwritten before this reader read them. Updated with each record that is read. */
  get lost(): number {
    return this.#ring.lost;
  }

  /** Reads the next record; undefined if there is none. */
  next(): CapturedRecord | undefined {
    this.#clock.adjust();
    return this.#take();
  }

  /** Reads all available records, at most as many as the ring holds. */
  drain(): CapturedRecords {
    this.#clock.adjust();
    const records: CapturedRecord[] = [];
    for (let record = this.#take(); record !== undefined; record = this.#take()) records.push(record);
    const lost = this.lost - this.#reported;
    this.#reported = this.lost;
    return { records, lost };
  }

  #take(): CapturedRecord | undefined {
    const ring = this.#ring;
    if (!ring.next()) return undefined;
    const source = this.#sources.get(ring.source);
    if (source === undefined) throw new Error(`record ${ring.sequence} has no source`);
    const data = new Uint8Array(ring.captured);
    data.set(ring.bytes.subarray(ring.bytesFrom, ring.bytesFrom + ring.captured));
    return {
      sequence: ring.sequence,
      containerId: source.containerId,
      socketPath: source.socketPath,
      timeMs: this.#clock.at(ring.timeMs),
      direction: ring.direction === SEND ? 'send' : 'recv',
      size: ring.size,
      data,
      truncated: (ring.flags & TRUNCATED) !== 0,
      weight: ring.weight,
    };
  }
}
