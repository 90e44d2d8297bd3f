import { grown } from './grown.js';
import { COPIED, READ, type RingViews, SLOT_CLIENT, SLOT_INTS, viewRing } from './layout.js';

/** Records that are reckoned as read at most before the thread goes on. */
const SETTLED_AT_ONCE = 4096;

/**
 * Who has unread records in the overflow of a fair ring, and who has lost some there.
 *
 *   │ settled: read, or lost │ a b a a a … │
 *                            ▲             ▲ HEAD
 */
export class OverflowBook {
  readonly #views: RingViews;
  readonly #lost: (account: number) => void;
  /** By slot: what a loss is counted in. */
  readonly #accounts: Int32Array;
  /** By client. */
  #records = new Int32Array(0);
  #settled = 0;
  #settledSlot = 0;

  /** `lost`: counts a record that was overwritten before it was read. */
  constructor(memory: SharedArrayBuffer, offset: number, lost: (account: number) => void) {
    this.#views = viewRing(memory, offset);
    this.#lost = lost;
    this.#accounts = new Int32Array(this.#views.entries);
  }

  /** Whether there is anything of a client that has not been read. */
  has(client: number): boolean {
    if (client >= this.#records.length) this.#records = grown(this.#records, client);
    if (this.#records[client] === 0) return false;
    this.#settle(Math.min(this.#views.words[READ], this.#settled + SETTLED_AT_ONCE));
    return this.#records[client] > 0;
  }

  /** Record `sequence` is about to be published. */
  add(client: number, account: number, sequence: number): void {
    this.#records[client]++;
    this.#accounts[sequence % this.#views.entries] = account;
  }

  /** The records before `tail` are about to be overwritten: readers have been told. */
  evict(tail: number): void {
    if (tail > this.#settled) this.#settle(tail);
  }

  #settle(to: number): void {
    const { words, slotInts, entries } = this.#views;
    // What is copied while this is looked at is counted twice: as lost, and by its reader.
    const copied = words[COPIED];
    while (this.#settled < to) {
      const slot = this.#settledSlot;
      this.#records[slotInts[slot * SLOT_INTS + SLOT_CLIENT]]--;
      if (this.#settled >= copied) this.#lost(this.#accounts[slot]);
      this.#settled++;
      this.#settledSlot = slot + 1 === entries ? 0 : slot + 1;
    }
  }
}
