import { HEAD, TAIL } from '../processors/capture/ring/layout.js';

/** The socket that a record is of. */
export interface RecordedSocket {
  readonly containerId: string;
  readonly socketPath: string;
}

/** Numbers are the ring's 32-bit words. */
const MAX_NUMBER = 2 ** 31 - 1;

interface EndedSocket {
  readonly number: number;
  /** Sequence of the first record that was written after its last one. */
  readonly end: number;
}

/**
 * The sockets of the records in a ring, by the number that records carry. A socket is known before its first record is
 * written, and one that has ended for as long as the ring has records of it: no reader comes upon a record of a socket
 * that is not known.
 */
export class SocketNumbers {
  readonly #words: Float64Array;
  readonly #sockets = new Map<number, RecordedSocket>();
  /** In the order in which they ended. */
  readonly #ended = new Set<EndedSocket>();
  #next = 0;

  /** `words`: the ring's header. */
  constructor(words: Float64Array) {
    this.#words = words;
  }

  /** Sockets that are known. */
  get size(): number {
    return this.#sockets.size;
  }

  /** Returns its number. */
  add(socket: RecordedSocket): number {
    this.#forgetEnded();
    while (this.#sockets.has(this.#next)) this.#advance();
    const number = this.#next;
    this.#sockets.set(number, socket);
    this.#advance();
    return number;
  }

  /** Its last record has been written, if `hasRecords`. */
  end(number: number, hasRecords: boolean): void {
    if (hasRecords) this.#ended.add({ number, end: this.#words[HEAD] });
    else this.#sockets.delete(number);
    this.#forgetEnded();
  }

  get(number: number): RecordedSocket | undefined {
    return this.#sockets.get(number);
  }

  #advance(): void {
    this.#next = this.#next === MAX_NUMBER ? 0 : this.#next + 1;
  }

  #forgetEnded(): void {
    for (const ended of this.#ended) {
      if (ended.end > this.#words[TAIL]) return;
      this.#ended.delete(ended);
      this.#sockets.delete(ended.number);
    }
  }
}
