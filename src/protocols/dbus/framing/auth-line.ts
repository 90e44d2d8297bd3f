import { type Direction, SEND } from '../../direction.js';
import { CARRIAGE_RETURN, hexValue, LINE_FEED, SPACE } from '../../framing/bytes.js';

/** https://dbus.freedesktop.org/doc/dbus-specification.html#auth-protocol: the words that lines begin with. */
const WORDS: readonly [readonly string[], readonly string[]] = [
  ['AUTH', 'BEGIN', 'CANCEL', 'DATA', 'ERROR', 'NEGOTIATE_UNIX_FD'],
  ['OK', 'REJECTED', 'DATA', 'ERROR', 'AGREE_UNIX_FD'],
];
const FIRST_WORD = 'AUTH';
const GUID_AT = 3;
const GUID_DIGITS = 32;

/** Implementations take no longer ones. */
const LINE_BYTES_MAX = 16 * 1024;
const KEPT_BYTES = GUID_AT + GUID_DIGITS;

const LETTER_O = 0x4f;

/** What comes before the messages: lines in which client and server agree on who the client is. The client's begin with a NUL. */
export class AuthLine {
  /** What is said can be nothing else. */
  isConvincing = false;
  readonly #isClient: boolean;
  readonly #words: readonly string[];
  readonly #line = new Uint8Array(KEPT_BYTES);
  #isFirst = true;
  #hasNul: boolean;
  #length = 0;

  constructor(direction: Direction) {
    this.#isClient = direction === SEND;
    this.#words = WORDS[direction];
    this.#hasNul = !this.#isClient;
  }

  restart(): void {
    this.#length = 0;
  }

  /** Whether a byte may come next. A line ends with its line feed. */
  take(byte: number): boolean {
    if (!this.#hasNul) {
      this.#hasNul = true;
      return byte === 0;
    }
    if (byte === LINE_FEED) return this.#end();
    const at = this.#length++;
    if (at < KEPT_BYTES) this.#line[at] = byte;
    if (at >= LINE_BYTES_MAX || (byte !== CARRIAGE_RETURN && (byte < SPACE || byte > 0x7e))) return false;
    return this.#isPossible();
  }

  /** The line feed of a line. */
  #end(): boolean {
    const isFine = this.#length > 0;
    const isOk = this.#line[0] === LETTER_O && this.#length === KEPT_BYTES + 1;
    if (!this.#isClient && isOk && this.#isGuid) this.isConvincing = true;
    this.#isFirst = false;
    return isFine;
  }

  get #isGuid(): boolean {
    for (let i = GUID_AT; i < KEPT_BYTES; i++) if (hexValue(this.#line[i]) < 0) return false;
    return true;
  }

  /** Whether the line so far begins with one of the words, or may yet. */
  #isPossible(): boolean {
    if (this.#length > KEPT_BYTES) return true;
    const isOpening = this.#isFirst && this.#isClient;
    for (let i = 0; i < this.#words.length; i++) {
      const word = this.#words[i];
      if ((isOpening && word !== FIRST_WORD) || !this.#mayBe(word)) continue;
      if (isOpening && this.#length > word.length) this.isConvincing = true;
      return true;
    }
    return false;
  }

  #mayBe(word: string): boolean {
    const line = this.#line;
    const compared = Math.min(this.#length, word.length);
    for (let i = 0; i < compared; i++) if (line[i] !== word.charCodeAt(i)) return false;
    if (this.#length <= word.length) return true;
    return line[word.length] === SPACE || line[word.length] === CARRIAGE_RETURN;
  }
}
