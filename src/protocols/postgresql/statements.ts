import { OTHER } from '../conventions.js';
import type { DecoderMemory } from '../protocol.js';
import { WireNames } from '../wire-names.js';

/** What is known of a statement. */
export interface Statement {
  /** As calls of it are named. */
  readonly method: string;
  /** Its text, if payload is kept. */
  readonly text: string | undefined;
}

export const UNKNOWN_STATEMENT: Statement = { method: OTHER, text: undefined };

/** Of prepared statements, and of portals; the oldest are forgotten. */
const NAMES_MAX = 1024;
const NAME_BYTES_MAX = 128;
/** What a name takes beside its characters. */
const ENTRY_BYTES = 128;

/** All conversations of a thread share it: clients number their statements, and begin at the same number. */
const names = new WireNames();

/** Statements or portals of a connection by their names, one of which is empty. */
export class NamedStatements {
  readonly #memory: DecoderMemory | undefined;
  readonly #named = new Map<string, Statement>();
  #unnamed = UNKNOWN_STATEMENT;

  constructor(memory: DecoderMemory | undefined) {
    this.#memory = memory;
  }

  /** bytes[from, to) have the name. */
  get(bytes: Uint8Array, from: number, to: number): Statement {
    if (from === to) return this.#unnamed;
    return this.#named.get(nameOf(bytes, from, to)) ?? UNKNOWN_STATEMENT;
  }

  set(bytes: Uint8Array, from: number, to: number, statement: Statement): void {
    if (from === to) {
      this.#unnamed = statement;
      return;
    }
    this.delete(bytes, from, to);
    if (to - from > NAME_BYTES_MAX) return;
    const name = nameOf(bytes, from, to);
    if (this.#named.size >= NAMES_MAX) {
      const [oldest] = this.#named.keys();
      this.#remove(oldest);
    }
    if (this.#memory?.take(sizeOf(name, statement)) !== false) this.#named.set(name, statement);
  }

  delete(bytes: Uint8Array, from: number, to: number): void {
    if (from === to) this.#unnamed = UNKNOWN_STATEMENT;
    else if (this.#named.size > 0) this.#remove(nameOf(bytes, from, to));
  }

  forgetUnnamed(): void {
    this.#unnamed = UNKNOWN_STATEMENT;
  }

  forget(): void {
    this.forgetUnnamed();
    for (const name of this.#named.keys()) this.#remove(name);
  }

  #remove(name: string): void {
    const statement = this.#named.get(name);
    if (statement === undefined) return;
    this.#memory?.give(sizeOf(name, statement));
    this.#named.delete(name);
  }
}

function nameOf(bytes: Uint8Array, from: number, to: number): string {
  return to - from > NAME_BYTES_MAX ? '' : names.one(bytes, from, to);
}

/** The text of a method is shared; that of a statement is its own. */
function sizeOf(name: string, { text }: Statement): number {
  return ENTRY_BYTES + 2 * name.length + 2 * (text?.length ?? 0);
}
