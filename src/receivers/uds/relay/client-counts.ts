import { randomInt } from 'node:crypto';

/*
 * How many connections each client has on all threads of a pool, in shared memory: a count-min sketch (Cormode and
 * Muthukrishnan, Journal of Algorithms 55(1), 2005) that counts down as well.
 *
 *   │ seed │ allowed │ … │ thread 0: │ open │ … │ 65,536 cells │ 65,536 cells │ thread 1: …
 *
 * A client counts in one cell of each row, by two hashes of its name. Each thread adds to cells of its own and sums those
 * of all, so every word has one writer, and what a thread knew goes with it. A client seems to have more than it has
 * only if others fall into both its cells: beside a thousand others, for one client of four thousand, and then as much
 * more as the smaller of the two has. No client can aim at it, since each process draws its own seed. There is nothing to evict, and nothing
 * that fills up.
 */
const SEED = 0;
const ALLOWED = 1;
/** A cache line. */
const HEADER_WORDS = 16;

const ROWS = 2;
const ROW_CELLS = 2 ** 16;
const THREAD_WORDS = HEADER_WORDS + ROWS * ROW_CELLS;

const MAX_INT32 = 2 ** 31 - 1;

/** One for the pools of a process: a client has the same word in all of them. */
const seed = randomInt(MAX_INT32);

/** The word that stands for a client in this process, as of `cellsOf`. For the main thread, which allocates the counts. */
export function wordOfClient(client: string): number {
  return hash(client, seed);
}

/** Shared memory for the counts of a pool of threads, all zero. */
export function allocateClientCounts(threads: number): SharedArrayBuffer {
  const words = HEADER_WORDS + threads * THREAD_WORDS;
  const memory = new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT);
  const header = new Int32Array(memory);
  header[SEED] = seed;
  header[ALLOWED] = MAX_INT32;
  return memory;
}

/** The counts as one thread keeps them; any number of threads read them. */
export class ClientCounts {
  readonly #words: Int32Array;
  readonly #own: number;
  readonly #threads: number;

  /** `thread`: which of the pool's it is that counts. */
  constructor(memory: SharedArrayBuffer, thread = 0) {
    this.#words = new Int32Array(memory);
    this.#own = HEADER_WORDS + thread * THREAD_WORDS;
    this.#threads = Math.floor((this.#words.length - HEADER_WORDS) / THREAD_WORDS);
  }

  /** Connections that the pool may have open in all, as the main thread knows of descriptors. */
  get allowed(): number {
    return Atomics.load(this.#words, ALLOWED);
  }

  set allowed(connections: number) {
    Atomics.store(this.#words, ALLOWED, Math.min(connections, MAX_INT32));
  }

  /** Connections that are open in all. */
  get open(): number {
    return this.#sum(0);
  }

  /** A word that stands for a client; two of them may have the same. */
  cellsOf(client: string): number {
    return hash(client, this.#words[SEED]);
  }

  /** How many connections a client has, by its cells. */
  held(cells: number): number {
    let least = MAX_INT32;
    for (let row = 0; row < ROWS; row++) least = Math.min(least, this.#sum(offsetOf(cells, row)));
    return least;
  }

  /** How many connections there are on a thread. */
  openOn(thread: number): number {
    return this.#words[HEADER_WORDS + thread * THREAD_WORDS];
  }

  /** The connections in a client's first cell: of the client, and of all that share the cell. */
  heldInFirst(cells: number): number {
    return this.#sum(offsetOf(cells, 0));
  }

  /** A client has so many connections more on this thread, or fewer. */
  add(cells: number, connections: 1 | -1): void {
    const words = this.#words;
    words[this.#own] += connections;
    for (let row = 0; row < ROWS; row++) words[this.#own + offsetOf(cells, row)] += connections;
  }

  /** A thread that has ended has no connections any more. */
  clear(thread: number): void {
    const start = HEADER_WORDS + thread * THREAD_WORDS;
    this.#words.fill(0, start, start + THREAD_WORDS);
  }

  #sum(offset: number): number {
    let sum = 0;
    for (let thread = 0; thread < this.#threads; thread++) {
      sum += this.#words[HEADER_WORDS + thread * THREAD_WORDS + offset];
    }
    return sum;
  }
}

/** The offset of a cell from the start of a thread's words. Each half of the hash chooses one. */
function offsetOf(cells: number, row: number): number {
  return HEADER_WORDS + row * ROW_CELLS + ((cells >>> (16 * row)) & (ROW_CELLS - 1));
}

/** FNV-1a with the final mixing of murmur3, so that each half of its 32 bits is as good as the other. */
function hash(text: string, seed: number): number {
  let mixed = seed ^ 0x811c9dc5;
  for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
