import { monotonicMs } from '../../../linux/clock.js';
import type { NativeMemory } from '../../../linux/memory.js';
import { createRingWriter } from './checked-ring-writer.js';
import { align, overflowOf } from './layout.js';
import { OverflowBook } from './overflow-book.js';
import type { RecordWriter } from './record-writer.js';
import { RingShares } from './ring-shares.js';
import type { RingWriter } from './ring-writer.js';

/** No record is longer than this part of one in an ordinary ring: a few that are shall not take all there is. */
const LARGEST_RECORD = 0.25;

/**
 * Writes the records of clients such that none takes the room of another.
 *
 *               has its share of the ring unread
 *            ┌────────────────────────────────────► overflow   the oldest is dropped
 *   record ──┤                                          │
 *            └──► ring   nothing unread is dropped      │ all its records there are read, or lost
 *                  ▲                                    │
 *                  └────────────────────────────────────┘
 *
 * A loud client has its records in the overflow, where they take the place of its own and of other loud clients'; the ring is
 * left to the rest. A client's records are read in the order in which they were written: those in the overflow are younger
 * than those in the ring (fair-ring-reader.ts), and while there are any, nothing younger goes into the ring.
 */
export class FairRingWriter implements RecordWriter {
  readonly maxRecordBytes: number;
  readonly #ring: RingWriter;
  readonly #overflow: RingWriter;
  readonly #book: OverflowBook;
  /** Where the record at hand goes, and its client if it goes into the overflow. */
  #current: RingWriter;
  #client = 0;
  #account = 0;

  /**
   * The one writer of `memory`, an empty fair ring. `doorbell`: one word that the reader waits on.
   *
   * @param lost counts a record that was overwritten before it was read, in the account that it was begun with.
   */
  constructor(
    memory: SharedArrayBuffer,
    doorbell: SharedArrayBuffer,
    lost: (account: number) => void,
    now: () => number = monotonicMs,
  ) {
    const offset = overflowOf(memory);
    if (offset === undefined) throw new Error('the ring has no overflow');
    this.#ring = createRingWriter(memory, doorbell, now, { shares: new RingShares(memory) });
    this.#overflow = createRingWriter(memory, doorbell, now, { offset });
    this.#book = new OverflowBook(memory, offset, lost);
    this.#current = this.#ring;
    this.maxRecordBytes = align(Math.floor(this.#ring.maxRecordBytes * LARGEST_RECORD));
  }

  writeWhole(
    from: NativeMemory,
    bytes: number,
    client: number,
    capture: number,
    flow: number,
    connection: number,
    generation: number,
    ordinal: number,
    flags: number,
    weight: number,
  ): boolean {
    if (this.#book.has(client)) return false;
    return this.#ring.writeWhole(
      from,
      bytes,
      client,
      capture,
      flow,
      connection,
      generation,
      ordinal,
      flags,
      weight,
    );
  }

  begin(pieces: number, bytes: number, client: number, account: number): void {
    if (!this.#book.has(client) && this.#ring.begin(pieces, bytes, client)) {
      this.#current = this.#ring;
      return;
    }
    const overflow = this.#overflow;
    this.#current = overflow;
    this.#client = client;
    this.#account = account;
    const { copied } = this.#book;
    overflow.begin(pieces, bytes, client);
    this.#book.evict(overflow.tail, copied);
  }

  addPiece(kept: number, skippedAndFlag: number): void {
    this.#current.addPiece(kept, skippedAndFlag);
  }

  copy(from: NativeMemory, offset: number, bytes: number): void {
    this.#current.copy(from, offset, bytes);
  }

  copyBytes(bytes: Uint8Array): void {
    this.#current.copyBytes(bytes);
  }

  publish(
    capture: number,
    flow: number,
    connection: number,
    generation: number,
    ordinal: number,
    flags: number,
    size: number,
    weight: number,
  ): void {
    // Not before: a record that was begun may never be published.
    if (this.#current === this.#overflow) this.#book.add(this.#client, this.#account, this.#overflow.head);
    this.#current.publish(capture, flow, connection, generation, ordinal, flags, size, weight);
  }
}

/** The one writer of an empty ring, fair if the ring is. The arguments are those of FairRingWriter. */
export function openRingWriter(
  memory: SharedArrayBuffer,
  doorbell: SharedArrayBuffer,
  lost: (account: number) => void,
  now: () => number,
): RecordWriter {
  return overflowOf(memory) === undefined
    ? createRingWriter(memory, doorbell, now)
    : new FairRingWriter(memory, doorbell, lost, now);
}
