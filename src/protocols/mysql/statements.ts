import type { DecoderMemory } from '../protocol.js';

/** Those of a connection that are remembered. Servers have 16,382 for all connections by default. */
const STATEMENTS_MAX = 1024;

/** What one takes, with its summary. */
const STATEMENT_BYTES = 128;

/** The number by which MariaDB's clients mean the statement that they prepared last. */
const LAST = 0xffffffff;

/** What prepared statements are summed up as. */
export class Statements {
  readonly #summaries = new Map<number, string>();
  readonly #memory: DecoderMemory | undefined;
  /** That of the last one that was sent. */
  last: string | undefined;

  constructor(memory: DecoderMemory | undefined) {
    this.#memory = memory;
  }

  of(number: number): string | undefined {
    return number === LAST ? this.last : this.#summaries.get(number);
  }

  /** The oldest is forgotten if there is no room. */
  add(number: number, summary: string): void {
    if (this.#summaries.size >= STATEMENTS_MAX) this.remove(this.#summaries.keys().next().value ?? 0);
    const isNew = !this.#summaries.has(number);
    if (isNew && this.#memory?.take(STATEMENT_BYTES) === false) return;
    this.#summaries.set(number, summary);
  }

  remove(number: number): void {
    if (this.#summaries.delete(number)) this.#memory?.give(STATEMENT_BYTES);
  }

  clear(): void {
    this.#memory?.give(STATEMENT_BYTES * this.#summaries.size);
    this.#summaries.clear();
    this.last = undefined;
  }
}
