/*
 * Descriptors that a relay thread has received, in shared memory: those that it holds, because the bytes they came with wait to be
 * sent, and those on their way to the thread that closes them.
 *
 *   │ taken │ … │ closed │ … │ to be closed × room │ held × room │          closed <= taken <= closed + room
 *
 * `taken` and `closed` count modulo twice the room, so that a full queue is not an empty one. The relay thread writes `taken`, and
 * the main thread adds ENDED to it when the relay thread has ended. The closing thread writes `closed`. Of the held ones 0 stands for
 * none: standard input's number is never received. If the relay thread ends before its time, they are closed, too.
 */
const TAKEN = 0;
/** On a cache line of its own. */
const CLOSED = 16;
const FIRST = 32;

const ENDED = 1 << 30;
const NONE = 0;

/** Shared memory for a queue with room for so many descriptors. */
export function allocateDescriptorQueue(room: number): SharedArrayBuffer {
  return new SharedArrayBuffer((FIRST + 2 * room) * Int32Array.BYTES_PER_ELEMENT);
}

/** The queue as any of these threads sees it. */
export class DescriptorQueue {
  readonly #words: Int32Array;
  /** How many can be in it, and how many can be held. */
  readonly room: number;
  /** Relay thread: the held ones. What is not 0 is closed when the thread has ended. */
  readonly held: Int32Array;
  /** As the relay thread has it, or the closing thread has seen it last. */
  #taken = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.room = (this.#words.length - FIRST) / 2;
    this.held = this.#words.subarray(FIRST + this.room);
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

  /** Main thread: the relay thread has ended. What is in the queue, or held, is still closed. */
  end(): void {
    Atomics.or(this.#words, TAKEN, ENDED);
    Atomics.notify(this.#words, TAKEN);
  }

  /** Closing thread: closes what comes, one after the other, until the end. None of them may hold up the others. */
  drain(close: (fd: number) => void, waits: { begin(): void; end(): void }): void {
    for (;;) {
      waits.begin();
      const taken = this.closeAll(close);
      if (taken & ENDED) this.#closeHeld(close);
      waits.end();
      if (taken & ENDED) return;
      Atomics.wait(this.#words, TAKEN, taken);
    }
  }

  /** Closing thread: closes what has been published. Returns the word that said so. */
  closeAll(close: (fd: number) => void): number {
    const taken = Atomics.load(this.#words, TAKEN);
    this.#taken = taken & ~ENDED;
    this.#closeUntil(this.#taken, close);
    return taken;
  }

  #closeHeld(close: (fd: number) => void): void {
    for (const fd of this.held) {
      if (fd !== NONE) close(fd);
    }
    this.held.fill(NONE);
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
