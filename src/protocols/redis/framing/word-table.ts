import { SPACE } from '../../framing/bytes.js';

/** Words of capital letters, digits and signs that are found by their bytes, in either case, without a string. */
export class WordTable {
  readonly words: readonly string[];
  /** By hash, open addressing: the index of a word and one more; 0 where there is none. */
  readonly #slots: Uint16Array;
  readonly #mask: number;
  readonly #longest: number;

  constructor(words: readonly string[]) {
    this.words = words;
    let size = 8;
    while (size < 4 * words.length) size *= 2;
    this.#slots = new Uint16Array(size);
    this.#mask = size - 1;
    this.#longest = Math.max(...words.map(({ length }) => length));
    words.forEach((word, index) => {
      const bytes = Uint8Array.from(word, (letter) => letter.charCodeAt(0));
      let slot = this.#slotOf(bytes, 0, bytes.length);
      while (this.#slots[slot] > 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = index + 1;
    });
  }

  /** The index of the word that is bytes[from, to), or -1. */
  find(bytes: Uint8Array, from: number, to: number): number {
    if (to - from > this.#longest || to <= from) return -1;
    for (let slot = this.#slotOf(bytes, from, to); ; slot = (slot + 1) & this.#mask) {
      const index = this.#slots[slot] - 1;
      if (index < 0 || isWord(this.words[index], bytes, from, to)) return index;
    }
  }

  #slotOf(bytes: Uint8Array, from: number, to: number): number {
    let hash = 0;
    for (let i = from; i < to; i++) hash = (Math.imul(hash, 31) + capital(bytes[i])) | 0;
    return (hash ^ (hash >>> 10)) & this.#mask;
  }
}

function isWord(word: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (word.length !== to - from) return false;
  for (let i = from; i < to; i++) if (word.charCodeAt(i - from) !== capital(bytes[i])) return false;
  return true;
}

/** A small letter of ASCII as a capital, which has not the bit that is a space, any other byte as it is. */
function capital(byte: number): number {
  return byte >= 0x61 && byte <= 0x7a ? byte & ~SPACE : byte;
}
