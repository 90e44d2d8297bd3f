import { HEAD, TAIL } from '../processors/capture/ring/layout.js';

/** The socket that a record belongs to. */
export interface RecordedSocket {
  readonly containerId: string;
  readonly socketPath: string;
}

/** The ring stores numbers as 32-bit words. */
const MAX_NUMBER = 2 ** 31 - 1;

interface EndedSocket {
  readonly number: number;
  /** Sequence number of the first record after its last one. */
  readonly end: number;
}

/**
 * The sockets of the records in a ring, by the number that the records carry. A socket is added before its first record is
 * written, and kept as long as the ring contains records of it, so a reader never finds a record without its socket.
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

  /** Number of known sockets. */
  get size(): number {
    return this.#sockets.size;
  }

  /** Adds a socket and returns its number. */
  add(socket: RecordedSocket): number {
    this.#forgetEnded();
    while (this.#sockets.has(this.#next)) this.#advance();
    const number = this.#next;
    this.#sockets.set(number, socket);
    this.#advance();
    return number;
  }

  /** Ends a socket, which writes no more records. `hasRecords`: whether it has written any. */
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
