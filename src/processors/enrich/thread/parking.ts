import { mayTake, type Reserve, reserveOf } from '../../../shares/may-take.js';
import type { RecordView } from '../../capture/ring/record.js';
import { AwaitedSources } from './awaited-sources.js';
import { RecordCopy } from './record-copy.js';
import type { RingReading } from './ring-reading.js';

/** What is parked at most in all rings together, and what one record is reckoned to take beside its bytes. */
const MAX_BYTES = 16 * 2 ** 20;
const RECORD_BYTES = 512;

/** The last of it is for sources that have less. */
const FEW_BYTES = 64 * 2 ** 10;

/**
 * Records that come before it is known whose they are. A relay thread numbers a source and goes on; the main thread's
 * introduction takes another way, and is a moment late as a rule. Others in the ring shall not wait for it: such
 * records are copied and read later, and so is whatever follows on their connections, in its order.
 *
 * Whose client a source is is not known either: each source has a share of the room.
 */
export class Parking {
  readonly #isKnown: (source: number) => boolean;
  readonly #awaited = new AwaitedSources();
  /** What is parked of each source, in bytes. */
  readonly #bytesOf = new Map<number, number>();
  readonly #reserve: Reserve;
  #room: number;

  /** `isKnown`: whether a source has been introduced. */
  constructor(isKnown: (source: number) => boolean, maxBytes = MAX_BYTES) {
    this.#isKnown = isKnown;
    this.#reserve = reserveOf(maxBytes, FEW_BYTES);
    this.#room = maxBytes;
  }

  /** A source has been introduced. */
  introduced(source: number): void {
    this.#awaited.forget(source);
  }

  /** Takes a record that was just read if it is too early to make something of it. `nowMs`: monotonic. */
  takes({ parked }: RingReading, record: RecordView, nowMs: number): boolean {
    const queue = parked.get(record.connection);
    if (queue === undefined && !this.#isTooEarly(record.source, nowMs)) return false;
    const held = this.#bytesOf.get(record.source) ?? 0;
    if (!mayTake(held, Number.POSITIVE_INFINITY, this.#room, this.#reserve)) return false;
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

  #count(record: RecordCopy, sign: 1 | -1): void {
    const bytes = sign * (record.byteLength + RECORD_BYTES);
    this.#room -= bytes;
    const left = (this.#bytesOf.get(record.source) ?? 0) + bytes;
    if (left > 0) this.#bytesOf.set(record.source, left);
    else this.#bytesOf.delete(record.source);
  }

  #isTooEarly(source: number, nowMs: number): boolean {
    return !this.#isKnown(source) && this.#awaited.isAwaited(source, nowMs);
  }
}
