import type { RecordView } from '../capture/ring/record.js';
import { AwaitedSources } from './awaited-sources.js';
import { RecordCopy } from './record-copy.js';
import type { RingReading } from './ring-reading.js';

/**
 * What is parked at most in all rings together, and what one record is reckoned to take beside its bytes. A source has at
 * most as much of it as is free: who is loud before he is introduced leaves the others as much.
 */
const MAX_BYTES = 8 * 2 ** 20;
const RECORD_BYTES = 512;

/**
 * Records that come before it is known whose they are. A relay thread numbers a source and goes on; the main thread's
 * introduction takes another way, and is a moment late as a rule. Others in the ring shall not wait for it: such
 * records are copied and read later, and so is whatever follows on their connections, in its order.
 */
export class Parking {
  readonly #isKnown: (source: number) => boolean;
  readonly #awaited = new AwaitedSources();
  #bytes = 0;
  readonly #bytesOf = new Map<number, number>();

  /** `isKnown`: whether a source has been introduced. */
  constructor(isKnown: (source: number) => boolean) {
    this.#isKnown = isKnown;
  }

  /** A source has been introduced. */
  introduced(source: number): void {
    this.#awaited.forget(source);
  }

  /** Takes a record that was just read if it is too early to make something of it. `nowMs`: monotonic. */
  takes({ parked }: RingReading, record: RecordView, nowMs: number): boolean {
    const queue = parked.get(record.connection);
    if (queue === undefined && !this.#isTooEarly(record.source, nowMs)) return false;
    if ((this.#bytesOf.get(record.source) ?? 0) >= MAX_BYTES - this.#bytes) return false;
    const copy = new RecordCopy(record);
    this.#count(copy, 1);
    if (queue === undefined) parked.set(record.connection, [copy]);
    else queue.push(copy);
    return true;
  }

  /** Has `read` take in what can be read now; all that is left if `isLast`. */
  release(ring: RingReading, nowMs: number, isLast: boolean, read: (record: RecordView) => void): void {
    for (const [connection, queue] of ring.parked) {
      let count = 0;
      while (count < queue.length && (isLast || !this.#isTooEarly(queue[count].source, nowMs))) count++;
      for (const record of queue.splice(0, count)) {
        this.#count(record, -1);
        read(record);
      }
      if (queue.length === 0) ring.parked.delete(connection);
    }
  }

  #count({ source, byteLength }: RecordCopy, sign: 1 | -1): void {
    const bytes = sign * (byteLength + RECORD_BYTES);
    const ofSource = (this.#bytesOf.get(source) ?? 0) + bytes;
    this.#bytes += bytes;
    if (ofSource > 0) this.#bytesOf.set(source, ofSource);
    else this.#bytesOf.delete(source);
  }

  #isTooEarly(source: number, nowMs: number): boolean {
    return !this.#isKnown(source) && this.#awaited.isAwaited(source, nowMs);
  }
}
