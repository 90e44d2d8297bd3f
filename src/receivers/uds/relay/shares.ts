/*
 * How much of what all clients share one of them may have.
 */

/** What one client may take of what all share. */
export interface ClientShare {
  /** Connections at a time. */
  readonly connections: number;
  /** Bytes of its connections that are kept because the far side does not read them, in both directions. */
  readonly parkedBytes: number;
}

/** No one but the table's size and the kernel sets a limit. */
export const NO_LIMITS: ClientShare = {
  connections: Number.POSITIVE_INFINITY,
  parkedBytes: Number.POSITIVE_INFINITY,
};

/** A client has this much whatever others have, as long as there is any. */
const LEAST = 16;

/**
 * How many times as much as is left one may have: the dynamic threshold of Choudhury and Hahne (IEEE/ACM Transactions on
 * Networking 6(2), 1998), for shared buffers of switches. One greedy client has four fifths at most, two have four ninths each,
 * and some is always left for clients that have little. It needs no list of greedy clients.
 */
const TIMES_WHAT_IS_LEFT = 4;

/** Whether a client that has `held` of something may have one more while `left` are left. */
export function isWithinShare(held: number, left: number): boolean {
  return left > 0 && (held < LEAST || held < TIMES_WHAT_IS_LEFT * left);
}

/** The least that a connection may read at a time, in bytes: a page of memory on most machines. */
export const WINDOW_BYTES_MIN = 4096;

/** What a connection of a client that has few of them may read at a time, or as much as its buffer is long. */
export const WINDOW_BYTES_FULL = 256 * 1024;

/** The least that a connection may keep: both its directions. */
export const PARKED_BYTES_MIN = 2 * WINDOW_BYTES_MIN;

/**
 * How many bytes a client's connections may read at a time, by how many it has: a power of two from WINDOW_BYTES_MIN
 * on, or `fullBytes`. A direction that is blocked keeps at most as much as was read at a time, so all of a client's together
 * keep no more than its `parkedBytes`:
 *
 *   window(n) = the power of two below  scale / n        n: the connections it has, this one included
 *
 * It is the number at the start of a connection that counts, and holds for as long as it lives. Whatever comes and goes, the
 * i-th widest window of those that are open is at most window(i): when the last of the i widest was opened there were at
 * least i. And of window(1) + window(2) + … + window(connections) the full ones are `scale` at most, those of each
 * smaller power of two half of it, and the smallest WINDOW_BYTES_MIN each.
 */
export class Windows {
  readonly #fullBytes: number;
  readonly #scale: number;

  /** `bufferBytes`: of a read buffer. */
  constructor({ connections, parkedBytes }: ClientShare, bufferBytes: number) {
    this.#fullBytes = Math.max(bufferBytes, WINDOW_BYTES_FULL);
    const smaller = Math.ceil(Math.log2(this.#fullBytes / WINDOW_BYTES_MIN));
    const beyondLeast = parkedBytes / 2 - connections * WINDOW_BYTES_MIN;
    this.#scale = Number.isFinite(parkedBytes) ? (2 * beyondLeast) / smaller : Number.POSITIVE_INFINITY;
  }

  /** The window of a client's connection while it has `count` of them, in bytes. */
  of(count: number): number {
    const bytes = this.#scale / count;
    if (bytes >= this.#fullBytes) return this.#fullBytes;
    return bytes < WINDOW_BYTES_MIN ? WINDOW_BYTES_MIN : 2 ** Math.floor(Math.log2(bytes));
  }
}
