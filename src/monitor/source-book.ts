import { HEAD, TAIL } from '../processors/capture/ring/layout.js';

/** The socket that a record belongs to. */
export interface Source {
  readonly containerId: string;
  readonly socketPath: string;
}

/** The ring stores numbers as 32-bit words. */
const MAX_NUMBER = 2 ** 31 - 1;

interface EndedSource {
  readonly number: number;
  /** Sequence number of the first record after its last one. */
  readonly end: number;
}

/**
 * The sources of the records in a ring, by number. A source that has ended is kept as long as the ring contains records
 * of it, so a reader never finds a record without its source.
 */
export class SourceBook {
  readonly #words: Float64Array;
  readonly #sources = new Map<number, Source>();
  /** In the order in which they ended. */
  readonly #ended = new Set<EndedSource>();
  #next = 0;

  /** `words`: the ring's header. */
  constructor(words: Float64Array) {
    this.#words = words;
  }

  /** Number of known sources. */
  get size(): number {
    return this.#sources.size;
  }

  /** Adds a source and returns its number. */
  add(source: Source): number {
    this.#forgetEnded();
    while (this.#sources.has(this.#next)) this.#advance();
    const number = this.#next;
    this.#sources.set(number, source);
    this.#advance();
    return number;
  }

  /** Ends a source, which writes no more records. `hasRecords`: whether it has written any. */
  end(number: number, hasRecords: boolean): void {
    if (hasRecords) this.#ended.add({ number, end: this.#words[HEAD] });
    else this.#sources.delete(number);
    this.#forgetEnded();
  }

  get(number: number): Source | undefined {
    return this.#sources.get(number);
  }

  #advance(): void {
    this.#next = this.#next === MAX_NUMBER ? 0 : this.#next + 1;
  }

  #forgetEnded(): void {
    for (const ended of this.#ended) {
      if (ended.end > this.#words[TAIL]) return;
      this.#ended.delete(ended);
      this.#sources.delete(ended.number);
    }
  }
}
