import { ObjectEnd } from './object-end.js';
import type { Level } from './object-reader.js';
import { ObjectReader } from './object-reader.js';
import { OBJECT, type Token } from './token.js';

/** The last bytes of a message of which something is missing. */
export interface Rest {
  readonly tail: Uint8Array;
  readonly tailBytes: number;
}

/** Reads the members of an object that is itself a member of a message, which may have been cut within it. */
export class NestedReader {
  readonly #object: ObjectReader;
  readonly #outer = new ObjectEnd();

  constructor(level: Level) {
    this.#object = new ObjectReader(level);
  }

  /** Whether what is absent is not there. */
  get isConclusive(): boolean {
    return this.#object.isConclusive;
  }

  /** Reads the object at `token`; `rest`: that of its message, if it was cut. False: it is none. */
  read({ type, bytes, from, to, isWhole }: Token, rest: Rest | undefined): boolean {
    if (type !== OBJECT) return false;
    const behind = bytes[to];
    this.#object.read(bytes, from, to, !isWhole);
    bytes[to] = behind;
    if (!isWhole && rest !== undefined) this.#readEnd(rest);
    return true;
  }

  forget(): void {
    this.#object.forget();
  }

  /** What reaches into the tail, where it is an object, is this one: the head ended in it. */
  #readEnd({ tail, tailBytes }: Rest): void {
    const outer = this.#outer;
    if (!outer.find(tail, 0, tailBytes) || outer.reaching !== OBJECT) return;
    const to = outer.reachingTo;
    const behind = tail[to];
    this.#object.readEnd(tail, 0, to);
    tail[to] = behind;
  }
}
