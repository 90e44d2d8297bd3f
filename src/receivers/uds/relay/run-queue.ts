/**
 * Ends that have more to do than one turn allows. Each is in the queue at most once, so its capacity is the
 * number of ends. An entry belongs to the end's number, not to the connection that put it there: a
 * successor in the same slot is pumped once for nothing, which is harmless.
 */
export class RunQueue {
  readonly #entries: Int32Array;
  readonly #queued: Uint8Array;
  #head = 0;
  #count = 0;

  constructor(ends: number) {
    this.#entries = new Int32Array(ends);
    this.#queued = new Uint8Array(ends);
  }

  get count(): number {
    return this.#count;
  }

  push(end: number): void {
    if (this.#queued[end] === 1) return;
    this.#queued[end] = 1;
    this.#entries[(this.#head + this.#count) % this.#entries.length] = end;
    this.#count++;
  }

  /** The end that waited longest. Legal only while `count` is positive. */
  shift(): number {
    const end = this.#entries[this.#head];
    this.#head = (this.#head + 1) % this.#entries.length;
    this.#count--;
    this.#queued[end] = 0;
    return end;
  }
}
