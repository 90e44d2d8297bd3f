import { TRUNCATED } from '../processors/capture/ring/record.js';
import { RingReader } from '../processors/capture/ring/ring-reader.js';
import { WallClock } from '../processors/enrich/thread/wall-clock.js';
import { SEND } from '../protocols/direction.js';
import type { SocketNumbers } from './socket-numbers.js';

/** A captured operation. */
export interface CapturedRecord {
  /** Number of the record, from 0; every record of a monitor has its own. */
  readonly sequence: number;
  readonly containerId: string;
  readonly socketPath: string;
  /** When it was recorded: ms since the epoch, with a fraction. */
  readonly timeMs: number;
  /** As the container sees it. */
  readonly direction: 'send' | 'recv';
  /** Bytes of the operation. */
  readonly size: number;
  /** Its leading bytes, as many as the strategy keeps: a copy that is the caller's. */
  readonly data: Uint8Array;
  /** Whether `data` is less than the operation. */
  readonly truncated: boolean;
  /** Operations, or sockets, that each captured one stands for: what a sampled count is multiplied by. */
  readonly weight: number;
}

/** What a reader had not read yet. */
export interface CapturedRecords {
  /** Oldest first. */
  readonly records: CapturedRecord[];
  /** Records that were overwritten before this reader came to them, since its previous `drain`. */
  readonly lost: number;
}

/** Reads what a monitor captures, at its own pace: readers know nothing of each other. */
export class CaptureReader {
  readonly #ring: RingReader;
  readonly #numbers: SocketNumbers;
  readonly #clock = new WallClock();
  /** Lost records that a `drain` has told of. */
  #reported = 0;

  /** From the oldest record there is. */
  constructor(memory: SharedArrayBuffer, numbers: SocketNumbers) {
    this.#ring = new RingReader(memory);
    this.#numbers = numbers;
  }

  /** Records that were overwritten before this reader came to them, in all. Known with the next record. */
  get lost(): number {
    return this.#ring.lost;
  }

  /** Takes the next record; undefined when there is none. */
  next(): CapturedRecord | undefined {
    this.#clock.adjust();
    return this.#take();
  }

  /** Takes all records that are there: at most as many, and as many bytes, as the ring holds. */
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
    const socket = this.#numbers.get(ring.flow);
    if (socket === undefined) throw new Error(`record ${ring.sequence} is of no socket`);
    const data = new Uint8Array(ring.captured);
    data.set(ring.bytes.subarray(ring.bytesFrom, ring.bytesFrom + ring.captured));
    return {
      sequence: ring.sequence,
      containerId: socket.containerId,
      socketPath: socket.socketPath,
      timeMs: this.#clock.at(ring.timeMs),
      direction: ring.direction === SEND ? 'send' : 'recv',
      size: ring.size,
      data,
      truncated: (ring.flags & TRUNCATED) !== 0,
      weight: ring.weight,
    };
  }
}
