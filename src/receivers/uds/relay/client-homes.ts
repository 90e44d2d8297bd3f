import type { ClientCounts } from './client-counts.js';

/*
 * Where each client is at home: the threads of a pool that carry its connections at sockets that several clients share. That is half of them, from a first
 * one on. In shared memory:
 *
 *   │ thread 0: │ is open │ is busy │ clients │ slots taken │ has to look │ … │ thread 1: … │ cell 0 │ … │ cell 65,535 │
 *
 * A client has the cell that it counts in (client-counts.ts): 0, or the number of its first thread and one. Whoever accepts its first connection chooses;
 * with its last one it has no home any more. Clients that share a cell share their home, too.
 */
const IS_OPEN = 0;
const IS_BUSY = 1;
const CLIENTS = 2;
const SLOTS_TAKEN = 3;
const HAS_TO_LOOK = 4;
/** A cache line. */
const THREAD_WORDS = 16;

const CELLS = 2 ** 16;

const NOWHERE = 0;

/** A thread that is busy counts as if it had more clients than anybody has. */
const BUSY_CLIENTS = 2 ** 30;

/** Shared memory for the homes of a pool's clients: no thread is open yet. */
export function allocateClientHomes(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer((threads * THREAD_WORDS + CELLS) * Int32Array.BYTES_PER_ELEMENT);
}

/** The homes as one thread sees them. The main thread, too, says who is busy, and who has ended. */
export class ClientHomes {
  readonly #words: Int32Array;
  readonly #threads: number;
  readonly #own: number;
  /** How many threads a client is at home on. */
  readonly #span: number;

  /** `thread`: the one that asks. */
  constructor(memory: SharedArrayBuffer, thread = 0) {
    this.#words = new Int32Array(memory);
    this.#threads = (this.#words.length - CELLS) / THREAD_WORDS;
    this.#own = thread;
    this.#span = Math.max(1, this.#threads >> 1);
  }

  /** Whether a thread takes what others have accepted for it. */
  isOpen(thread: number): boolean {
    return Atomics.load(this.#words, thread * THREAD_WORDS + IS_OPEN) === 1;
  }

  setOpen(thread: number, isOpen: boolean): void {
    Atomics.store(this.#words, thread * THREAD_WORDS + IS_OPEN, Number(isOpen));
  }

  /** Whether clients that come are rather to be at home elsewhere. */
  setBusy(thread: number, isBusy: boolean): void {
    Atomics.store(this.#words, thread * THREAD_WORDS + IS_BUSY, Number(isBusy));
  }

  /** How many clients are at home on a thread. */
  clients(thread: number): number {
    return Atomics.load(this.#words, thread * THREAD_WORDS + CLIENTS);
  }

  /** The word in which a thread counts the slots of its connections. */
  slotsTaken(thread: number): Int32Array {
    const word = thread * THREAD_WORDS + SLOTS_TAKEN;
    return this.#words.subarray(word, word + 1);
  }

  /** Reserves one of a thread's slots. False if all are taken. */
  reserve(thread: number, slots: number): boolean {
    const word = thread * THREAD_WORDS + SLOTS_TAKEN;
    for (;;) {
      const taken = Atomics.load(this.#words, word);
      if (taken >= slots) return false;
      if (Atomics.compareExchange(this.#words, word, taken, taken + 1) === taken) return true;
    }
  }

  /** Gives it back. */
  giveUp(thread: number): void {
    Atomics.sub(this.#words, thread * THREAD_WORDS + SLOTS_TAKEN, 1);
  }

  /** Has a thread look whether somebody waits at its listeners. */
  askToLook(thread: number): void {
    Atomics.store(this.#words, thread * THREAD_WORDS + HAS_TO_LOOK, 1);
  }

  /** Whether this thread has been asked to. */
  takeAsked(): boolean {
    return Atomics.exchange(this.#words, this.#own * THREAD_WORDS + HAS_TO_LOOK, 0) === 1;
  }

  /** The thread that is to carry a new connection of a client: this one, if that is among those it is at home on. `word`: as of ClientCounts. */
  of(word: number, counts: ClientCounts): number {
    const first = this.#firstOf(word);
    if ((this.#own - first + this.#threads) % this.#threads < this.#span) return this.#own;
    let best = first;
    for (let i = 1; i < this.#span; i++) {
      const thread = (first + i) % this.#threads;
      if (this.isOpen(thread) && counts.openOn(thread) < counts.openOn(best)) best = thread;
    }
    return best;
  }

  /** A client has a connection here: so it is at home here, if it is nowhere yet. */
  settle(word: number): void {
    const cell = this.#cellOf(word);
    if (Atomics.load(this.#words, cell) === NOWHERE) this.#change(cell, NOWHERE, this.#own + 1);
  }

  /** A client has a connection less. */
  leave(word: number, counts: ClientCounts): void {
    if (counts.heldInFirst(word) > 0) return;
    const cell = this.#cellOf(word);
    const known = Atomics.load(this.#words, cell);
    if (known !== NOWHERE) this.#change(cell, known, NOWHERE);
  }

  #firstOf(word: number): number {
    const cell = this.#cellOf(word);
    for (;;) {
      const known = Atomics.load(this.#words, cell);
      if (known !== NOWHERE && this.isOpen(known - 1)) return known - 1;
      const chosen = this.#choose();
      if (this.#change(cell, known, chosen + 1)) return chosen;
    }
  }

  /** The first of those with the fewest clients; this thread, if it is as good as any other. */
  #choose(): number {
    let best = this.#own;
    for (let thread = 0; thread < this.#threads; thread++) {
      if (this.isOpen(thread) && this.#rank(thread) < this.#rank(best)) best = thread;
    }
    return best;
  }

  #rank(first: number): number {
    let clients = 0;
    for (let i = 0; i < this.#span; i++) {
      const start = ((first + i) % this.#threads) * THREAD_WORDS;
      const isBusy = Atomics.load(this.#words, start + IS_BUSY) === 1;
      clients += this.#words[start + CLIENTS] + (isBusy ? BUSY_CLIENTS : 0);
    }
    return clients;
  }

  /** False if another thread was faster. */
  #change(cell: number, from: number, to: number): boolean {
    if (Atomics.compareExchange(this.#words, cell, from, to) !== from) return false;
    if (from !== NOWHERE) this.#count(from - 1, -1);
    if (to !== NOWHERE) this.#count(to - 1, 1);
    return true;
  }

  #count(first: number, clients: 1 | -1): void {
    for (let i = 0; i < this.#span; i++) {
      Atomics.add(this.#words, ((first + i) % this.#threads) * THREAD_WORDS + CLIENTS, clients);
    }
  }

  #cellOf(word: number): number {
    return this.#threads * THREAD_WORDS + (word & (CELLS - 1));
  }
}
