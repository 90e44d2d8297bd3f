/** As much as decoders look at of the end of a message. */
export const HELD_BYTES_MAX = 1024;

const NOTHING = new Uint8Array(0);

/**
 * The last bytes, so far, of messages that were cut and have not ended. A program may write the end of a message by
 * itself, as Node does the last chunk of an HTTP body: then the tail of the message is in operations before it.
 *
 * An end gets its buffer with the first message that needs one, and keeps it for the next.
 */
export class HeldTails {
  readonly #bytes: Uint8Array[];
  readonly #count: Int32Array;

  constructor(ends: number) {
    this.#bytes = new Array<Uint8Array>(ends).fill(NOTHING);
    this.#count = new Int32Array(ends);
  }

  /** How many bytes are held of an end. */
  count(end: number): number {
    return this.#count[end];
  }

  /**
   * Holds the last `most` bytes, or HELD_BYTES_MAX, of what is held and view[from, to) behind it. How many bytes it
   * does not hold: they come before those that it holds.
   */
  hold(end: number, view: Uint8Array, from: number, to: number, most: number): number {
    const limit = Math.min(most, HELD_BYTES_MAX);
    if (this.#bytes[end].length < limit) this.#enlarge(end, limit);
    const bytes = this.#bytes[end];
    const held = this.#count[end];
    const added = Math.min(limit, to - from);
    const staying = Math.min(held, limit - added);
    if (staying > 0 && staying < held) bytes.copyWithin(0, held - staying, held);
    // A native copy would need a view of each, which is garbage later.
    for (let i = 0, at = to - added; at < to; i++, at++) bytes[staying + i] = view[at];
    this.#count[end] = staying + added;
    return held + (to - from) - staying - added;
  }

  /** Copies the last `count` bytes that are held into `target`. */
  copyLast(end: number, count: number, target: Uint8Array): void {
    const bytes = this.#bytes[end];
    const from = this.#count[end] - count;
    for (let i = 0; i < count; i++) target[i] = bytes[from + i];
  }

  forget(end: number): void {
    this.#count[end] = 0;
  }

  #enlarge(end: number, limit: number): void {
    const larger = new Uint8Array(limit);
    larger.set(this.#bytes[end]);
    this.#bytes[end] = larger;
  }
}
