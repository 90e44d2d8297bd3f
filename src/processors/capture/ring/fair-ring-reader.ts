import { overflowOf } from './layout.js';
import { RingReader } from './ring-reader.js';

/** What a record is reckoned to take beside its bytes, in bytes. */
const RECORD_COST = 256;

/** How much of the overflow may be read for what was read of the ring before, at most, and the other way round. */
const CREDIT_MAX = 64 * 1024;

/** A place in a ring and its overflow. */
export interface ReadingMark {
  readonly ring: number;
  readonly overflow: number;
}

/**
 * Reads a ring and its overflow, if it has one: as many bytes of the one as of the other, while both have any. There may be
 * one such reader at a time; another goes on where it has ended.
 *
 * Records of one client come in the order in which they were written, as layout.ts argues: before one of the overflow is
 * given out, what the ring held when that one was copied is.
 */
export class FairRingReader {
  readonly #ring: RingReader;
  readonly #overflow: RingReader | undefined;
  /** The overflow's record has been copied, and waits until the ring is read up to where that was `besideEnd`. */
  #isHeld = false;
  #credit = 0;

  constructor(memory: SharedArrayBuffer) {
    const offset = overflowOf(memory);
    this.#ring = new RingReader(memory, { fromRead: true });
    if (offset !== undefined) {
      this.#overflow = new RingReader(memory, { fromRead: true, offset, beside: this.#ring });
    }
  }

  /** Records that are there and have not been read. */
  get waiting(): number {
    return this.#ring.waiting + (this.#overflow?.waiting ?? 0) + (this.#isHeld ? 1 : 0);
  }

  /** Records that were overwritten before it came to them. */
  get lost(): number {
    return this.#ring.lost + (this.#overflow?.lost ?? 0);
  }

  /** Where the last records end that have been written. */
  mark(): ReadingMark {
    return { ring: this.#ring.end, overflow: this.#overflow?.end ?? 0 };
  }

  /** Whether all is read that was there when a mark was set. */
  isPast({ ring, overflow }: ReadingMark): boolean {
    const given = (this.#overflow?.position ?? 0) - (this.#isHeld ? 1 : 0);
    return this.#ring.position >= ring && given >= overflow;
  }

  /** Takes the next record, which is good until the one after it; undefined when there is none. */
  next(): RingReader | undefined {
    if (this.#credit > 0) this.#hold();
    if (this.#isHeld && !this.#isOlderInRing) return this.#giveHeld();
    if (this.#ring.next()) return this.#giveRing();
    // The ring is empty, or was when that was looked at.
    if (!this.#hold()) return undefined;
    return this.#isOlderInRing && this.#ring.next() ? this.#giveRing() : this.#giveHeld();
  }

  /** Asks the writer to ring its bell once this part of the ring, or of its overflow, is to be read: at least one record. */
  wakeAfter(part: number): void {
    for (const reader of [this.#ring, this.#overflow]) {
      reader?.wakeAfter(Math.max(1, Math.floor(reader.entries * part)), Math.max(1, reader.dataBytes * part));
    }
  }

  /** Copies a record of the overflow, if there is one. */
  #hold(): boolean {
    if (this.#isHeld) return true;
    if (this.#overflow?.next() !== true) return false;
    this.#overflow.claim();
    this.#isHeld = true;
    return true;
  }

  get #isOlderInRing(): boolean {
    return this.#overflow !== undefined && this.#ring.position < this.#overflow.besideEnd;
  }

  #giveHeld(): RingReader | undefined {
    const overflow = this.#overflow;
    this.#isHeld = false;
    overflow?.release();
    this.#credit = Math.max(-CREDIT_MAX, this.#credit - RECORD_COST - (overflow?.captured ?? 0));
    return overflow;
  }

  #giveRing(): RingReader {
    const ring = this.#ring;
    ring.release();
    this.#credit = Math.min(CREDIT_MAX, this.#credit + RECORD_COST + ring.captured);
    return ring;
  }
}
