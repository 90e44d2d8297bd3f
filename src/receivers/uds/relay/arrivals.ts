import { close } from '../../../linux/socket.js';

/*
 * Connections that a thread has accepted and another one is to carry, in shared memory, one part for each thread that they go to:
 *
 *   │ wake │ entry 0: │ state │ client │ upstream │ listener │ bytes │ entry 1: … │ text of entry 0 │ …
 *
 *   FREE ──► WRITING ──► READY + sender ──► FREE
 *      a sender      sender           whoever takes it: the thread, or the sender that finds that the thread has ended, or the main thread
 *
 * Whoever takes an entry owns its two descriptors.
 */
const WAKE = 0;
const HEADER_WORDS = 16;

const STATE = 0;
const CLIENT = 1;
const UPSTREAM = 2;
const LISTENER = 3;
const BYTES = 4;
const ENTRY_WORDS = 8;

const FREE = 0;
const WRITING = 1;
const READY = 2;

/** On their way to a thread at a time; a thread takes all in each turn. Others stay where they were accepted. */
const ENTRIES = 16;

/** The longest text of one: what is known of a client. Few are as long as 1 KiB. */
const TEXT_BYTES = 8 * 1024;

const TEXT_START = (HEADER_WORDS + ENTRIES * ENTRY_WORDS) * Int32Array.BYTES_PER_ELEMENT;
const THREAD_BYTES = TEXT_START + ENTRIES * TEXT_BYTES;

/** A connection on its way from one thread to another. */
export interface Arrival {
  readonly client: number;
  readonly upstream: number;
  /** Its listener's number. */
  readonly listener: number;
  /** What the thread that has accepted it knows of it. */
  readonly text: string;
}

/** Shared memory for what is on its way between the threads of a pool. */
export function allocateArrivals(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer(threads * THREAD_BYTES);
}

/** What is on its way to one thread. */
export class Arrivals {
  readonly #words: Int32Array;
  readonly #texts: Buffer;

  constructor(memory: SharedArrayBuffer, thread: number) {
    const start = thread * THREAD_BYTES;
    this.#words = new Int32Array(memory, start, TEXT_START / Int32Array.BYTES_PER_ELEMENT);
    this.#texts = Buffer.from(memory, start + TEXT_START, ENTRIES * TEXT_BYTES);
  }

  /** The eventfd that wakes the thread. */
  get wakeFd(): number {
    return Atomics.load(this.#words, WAKE);
  }

  set wakeFd(fd: number) {
    Atomics.store(this.#words, WAKE, fd);
  }

  /** Sends a connection on its way. Returns the entry that it is in; undefined if there is no room. `sender`: the thread that does. */
  send(sender: number, { client, upstream, listener, text }: Arrival): number | undefined {
    if (text.length > TEXT_BYTES || Buffer.byteLength(text) > TEXT_BYTES) return undefined;
    for (let entry = 0; entry < ENTRIES; entry++) {
      const at = wordsOf(entry);
      if (Atomics.compareExchange(this.#words, at + STATE, FREE, WRITING) !== FREE) continue;
      this.#words[at + LISTENER] = listener;
      this.#words[at + BYTES] = this.#texts.write(text, entry * TEXT_BYTES);
      this.#words[at + CLIENT] = client;
      this.#words[at + UPSTREAM] = upstream;
      Atomics.store(this.#words, at + STATE, READY + sender);
      return entry;
    }
    return undefined;
  }

  /** Takes a connection back, if it is still on its way. */
  withdraw(sender: number, entry: number): boolean {
    const state = READY + sender;
    return Atomics.compareExchange(this.#words, wordsOf(entry) + STATE, state, FREE) === state;
  }

  /** Takes the next one that is of a listener that `isKnown`. */
  take(isKnown: (listener: number) => boolean): Arrival | undefined {
    for (let entry = 0; entry < ENTRIES; entry++) {
      const at = wordsOf(entry);
      const sender = Atomics.load(this.#words, at + STATE) - READY;
      if (sender < 0) continue;
      const listener = this.#words[at + LISTENER];
      if (!isKnown(listener)) continue;
      const start = entry * TEXT_BYTES;
      const text = this.#texts.toString('utf8', start, start + this.#words[at + BYTES]);
      const [client, upstream] = [this.#words[at + CLIENT], this.#words[at + UPSTREAM]];
      if (this.withdraw(sender, entry)) return { client, upstream, listener, text };
    }
    return undefined;
  }

  /** The thread has ended, and takes nothing any more: those at the ends of what was on its way see that. */
  closeAll(): void {
    for (let arrival = this.take(() => true); arrival !== undefined; arrival = this.take(() => true)) {
      close(arrival.client);
      close(arrival.upstream);
    }
  }
}

function wordsOf(entry: number): number {
  return HEADER_WORDS + entry * ENTRY_WORDS;
}
