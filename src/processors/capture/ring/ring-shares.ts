import { grown } from './grown.js';
import { READ, type RingViews, viewRing } from './layout.js';

/** Records that are reckoned as read at most before the thread goes on: some microseconds' worth. */
const SETTLED_AT_ONCE = 4096;

/**
 * How much of a ring each client has that is not read yet.
 *
 *   │ read: room for the next ones │ unread: a b a a a … │ free │
 *                                  ▲ settled             ▲ HEAD
 *
 * No client may have more unread than is free then, in records or in bytes: one client has at most half of the ring, two have
 * a third each, and however many there are, a client that has little there finds as much room as any of them has.
 * (Dynamic thresholds: Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998.)
 *
 * What has been read is settled when a client comes to the end of its share: then the writer walks over its records up to
 * READ, each once. Nothing is overwritten before it is settled, so that no unread record ever is. What it needs to know of a
 * record is here a second time: the slots are in the reader's cache.
 */
export class RingShares {
  readonly #views: RingViews;
  /** By slot: whose record it has, and where that ends. */
  readonly #clients: Int32Array;
  readonly #ends: Float64Array;
  /** By client: what it has unread. */
  #records = new Int32Array(0);
  #bytes = new Float64Array(0);
  /** The first record that is not settled, its slot, and where what is before it ends. */
  #settled = 0;
  #settledSlot = 0;
  #settledEnd = 0;
  /** Where the last record ends. */
  #end = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#views = viewRing(memory);
    this.#clients = new Int32Array(this.#views.entries);
    this.#ends = new Float64Array(this.#views.entries);
  }

  /** The first record that is not settled: those before it may be overwritten. */
  get settled(): number {
    return this.#settled;
  }

  /** Where the data of those before it ends. */
  get settledEnd(): number {
    return this.#settledEnd;
  }

  /** Whether `client` may write record `head`, with its data at [position, end): then there is room for it. */
  admits(client: number, head: number, position: number, end: number): boolean {
    if (client >= this.#records.length) {
      this.#records = grown(this.#records, client);
      this.#bytes = grown(this.#bytes, client);
    }
    if (this.#fits(client, head, position, end)) return true;
    this.#settle(head);
    return this.#fits(client, head, position, end);
  }

  /** The record that was admitted has been written, to that slot. */
  added(client: number, slot: number, end: number): void {
    this.#clients[slot] = client;
    this.#ends[slot] = end;
    this.#records[client]++;
    // What was left out before it, at the end of the area, is its own.
    this.#bytes[client] += end - this.#end;
    this.#end = end;
  }

  #fits(client: number, head: number, position: number, end: number): boolean {
    const { entries, dataBytes } = this.#views;
    if (head === this.#settled) {
      this.#settledEnd = position;
      this.#end = position;
    }
    const free = entries - (head + 1 - this.#settled);
    if (this.#records[client] + 1 > free) return false;
    const bytes = end - this.#end;
    const freeBytes = dataBytes - (end - this.#settledEnd);
    return bytes === 0 || this.#bytes[client] + bytes <= freeBytes;
  }

  /** Takes what has been read off the clients' accounts. */
  #settle(head: number): void {
    const { words, entries } = this.#views;
    const to = Math.min(words[READ], head, this.#settled + SETTLED_AT_ONCE);
    while (this.#settled < to) {
      const slot = this.#settledSlot;
      const end = this.#ends[slot];
      const client = this.#clients[slot];
      this.#records[client]--;
      this.#bytes[client] -= end - this.#settledEnd;
      this.#settledEnd = end;
      this.#settled++;
      this.#settledSlot = slot + 1 === entries ? 0 : slot + 1;
    }
  }
}
