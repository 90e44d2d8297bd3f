/*
 * Descriptors on their way from the relay thread that received them to the thread that closes them, in shared memory:
 *
 *   │ taken │ … │ closed │ … │ descriptor │ × room          closed <= taken <= closed + room
 *
 * Both count modulo twice the room, so that a full queue is not an empty one. The relay thread writes `taken`, and the main
 * thread ENDED in its place when the relay thread has ended. The closing thread writes `closed`.
 */
const TAKEN = 0;
/** On a cache line of its own. */
const CLOSED = 16;
const FIRST = 32;

const ENDED = -1;

/** Shared memory for a queue with room for so many descriptors. */
export function allocateDescriptorQueue(room: number): SharedArrayBuffer {
  return new SharedArrayBuffer((FIRST + room) * Int32Array.BYTES_PER_ELEMENT);
}

/** The queue as any of these threads sees it. */
export class DescriptorQueue {
  readonly #words: Int32Array;
  /** How many can be in it. */
  readonly room: number;
  /** As the relay thread has it, or the closing thread has seen it last. */
  #taken = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.room = this.#words.length - FIRST;
  }

  /** Relay thread: for how many more there is room. */
  get free(): number {
    return this.room - this.#distance(Atomics.load(this.#words, CLOSED), this.#taken);
  }

  /** Relay thread: adds a descriptor, for which there must be room. The closing thread learns of it by `publish`. */
  readonly put = (fd: number): void => {
    this.#words[FIRST + (this.#taken % this.room)] = fd;
    this.#taken = this.#next(this.#taken);
  };

  /** Relay thread: lets the closing thread have what was put. */
  publish(): void {
    Atomics.store(this.#words, TAKEN, this.#taken);
    Atomics.notify(this.#words, TAKEN);
  }

  /** Main thread: nothing is put any more. What is in the queue is still closed. */
  end(): void {
    Atomics.store(this.#words, TAKEN, ENDED);
    Atomics.notify(this.#words, TAKEN);
  }

  /** Closing thread: closes what comes, one after the other, until the end. None of them may hold up the others. */
  drain(close: (fd: number) => void, waits: { begin(): void; end(): void }): void {
    for (;;) {
      waits.begin();
      const taken = this.closeAll(close);
      waits.end();
      if (taken === ENDED) return;
      Atomics.wait(this.#words, TAKEN, taken);
    }
  }

  /** Closing thread: closes what has been published. Returns the word that said so. */
  closeAll(close: (fd: number) => void): number {
    const taken = Atomics.load(this.#words, TAKEN);
    if (taken !== ENDED) this.#taken = taken;
    this.#closeUntil(this.#taken, close);
    return taken;
  }

  #closeUntil(taken: number, close: (fd: number) => void): void {
    for (let closed = this.#words[CLOSED]; closed !== taken; ) {
      close(this.#words[FIRST + (closed % this.room)]);
      closed = this.#next(closed);
      Atomics.store(this.#words, CLOSED, closed);
    }
  }

  #next(count: number): number {
    return (count + 1) % (2 * this.room);
  }

  #distance(from: number, to: number): number {
    return (to - from + 2 * this.room) % (2 * this.room);
  }
}
