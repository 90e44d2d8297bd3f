import type { DecoderMemory } from '../../protocol.js';
import type { HeaderField } from './header-field.js';

/** https://www.rfc-editor.org/rfc/rfc7541#section-4.1: what an entry counts beside its bytes. */
const ENTRY_BYTES = 32;
/** https://www.rfc-editor.org/rfc/rfc9113#section-6.5.2: what both ends begin with, … */
const BYTES_BEFORE = 4096;
/** … and what is kept at most, whatever they agree on. What is older is not known then. */
const BYTES_MAX = 64 * 1024;
/** What an entry takes beside its value. */
const HELD_BYTES = 96;

/**
 * The headers that one end of a connection refers to, by how many have come since:
 *
 *   62    63    64    …
 *   newest ───────► oldest │ evicted, and not referred to any more; or lost
 *
 * What is missing of a connection may have added any number. Those before it have other indices then, and are not known any more; those
 * behind it are.
 */
export class HeaderTable {
  readonly #memory: DecoderMemory | undefined;
  /** fields[first, …), the newest last. */
  #fields: HeaderField[] = [];
  #first = 0;
  #bytes = 0;
  #maxBytes = BYTES_BEFORE;
  /** Those that the other end keeps longer are missing. */
  #isCut = false;
  #isPartial = false;

  constructor(memory: DecoderMemory | undefined) {
    this.#memory = memory;
  }

  /** Whether there may be entries that are not known. */
  get isPartial(): boolean {
    return this.#isPartial;
  }

  /** Entry `index`, of which the newest is 0. */
  find(index: number): HeaderField | undefined {
    const at = this.#fields.length - 1 - index;
    return at < this.#first ? undefined : this.#fields[at];
  }

  add(field: HeaderField): void {
    const bytes = sizeOf(field);
    this.#evict(this.#maxBytes - bytes);
    // https://www.rfc-editor.org/rfc/rfc7541#section-4.4: one that is too long leaves none.
    if (bytes > this.#maxBytes) {
      this.#isPartial ||= this.#isCut;
      return;
    }
    if (this.#memory?.take(heldBy(field)) === false) {
      this.lose();
      return;
    }
    this.#fields.push(field);
    this.#bytes += bytes;
  }

  /** The other end says how much it keeps. */
  resize(bytes: number): void {
    this.#maxBytes = Math.min(bytes, BYTES_MAX);
    this.#evict(this.#maxBytes);
    this.#isCut = bytes > BYTES_MAX;
    if (bytes === 0) this.#isPartial = false;
  }

  /** Any number of entries may be missing. */
  lose(): void {
    this.#evict(0);
    this.#isPartial = true;
  }

  /** Gives its memory back. */
  release(): void {
    this.#evict(0);
  }

  #evict(bytes: number): void {
    const fields = this.#fields;
    while (this.#bytes > bytes && this.#first < fields.length) {
      const field = fields[this.#first++];
      this.#bytes -= sizeOf(field);
      this.#memory?.give(heldBy(field));
      this.#isPartial ||= this.#isCut;
    }
    if (2 * this.#first <= fields.length) return;
    fields.splice(0, this.#first);
    this.#first = 0;
  }
}

function sizeOf({ nameBytes, valueBytes }: HeaderField): number {
  return nameBytes + valueBytes + ENTRY_BYTES;
}

function heldBy({ value }: HeaderField): number {
  return HELD_BYTES + value.length;
}
