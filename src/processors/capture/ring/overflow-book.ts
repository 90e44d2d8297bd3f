import { grown } from './grown.js';
import { COPIED, READ, type RingViews, SLOT_CLIENT, SLOT_INTS, viewRing } from './layout.js';

/** Records that are reckoned as read at most before the thread goes on. */
const SETTLED_AT_ONCE = 4096;

/**
 * Which clients have unread records in the overflow of a fair ring, and which have lost some there.
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
    this.#settle(Math.min(this.#views.words[READ], this.#settled + SETTLED_AT_ONCE), Infinity);
    return this.#records[client] > 0;
  }

  /** Record `sequence` is about to be published. */
  add(client: number, account: number, sequence: number): void {
    this.#records[client]++;
    this.#accounts[sequence % this.#views.entries] = account;
  }

  /** Number of the first record that the reader had not copied when this was asked. */
  get copied(): number {
    return this.#views.words[COPIED];
  }

  /**
   * The records before `tail` are about to be overwritten; `copied` is as it was before readers could know. What was copied
   * in between is counted twice: as lost, and by its reader.
   */
  evict(tail: number, copied: number): void {
    if (tail > this.#settled) this.#settle(tail, copied);
  }

  /** Records before `copied` have been read, others are lost. */
  #settle(to: number, copied: number): void {
    const { slotInts, entries } = this.#views;
    while (this.#settled < to) {
      const slot = this.#settledSlot;
      this.#records[slotInts[slot * SLOT_INTS + SLOT_CLIENT]]--;
      if (this.#settled >= copied) this.#lost(this.#accounts[slot]);
      this.#settled++;
      this.#settledSlot = slot + 1 === entries ? 0 : slot + 1;
    }
  }
}
