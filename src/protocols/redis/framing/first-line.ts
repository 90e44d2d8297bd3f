import { CARRIAGE_RETURN, COLON, COMMA, isDigit, LINE_FEED, lowerCase, SPACE } from '../../framing/bytes.js';
import { COMMAND_NAMES } from './commands.js';

/** A first line is not waited for any longer. */
const LINE_BYTES_MAX = 256;
/** Most are shorter. So few bytes are kept among other objects; memory of its own has a price. */
const SHORT_BYTES = 64;

const PLUS = 0x2b;
const MINUS = 0x2d;
const HASH = 0x23;
const UNDERSCORE = 0x5f;
const DOT = 0x2e;
const BIG_NUMBER = 0x28;
const LINES: readonly number[] = [PLUS, MINUS, COLON, HASH, UNDERSCORE, BIG_NUMBER, COMMA];

const SIGNS: readonly number[] = [DOT, UNDERSCORE, MINUS];

/** What servers of other protocols that begin with a plus say behind it. */
const FIRST_STATUSES = ['+OK\r', '+PONG\r', '+RESET\r', '+QUEUED\r'];
const VERSION_OF_HTTP = ' HTTP/';
/** So many capital letters are the prefix of an error. */
const PREFIX_LETTERS_MIN = 2;

/** The first line of a stream of which it is not known whether Redis is spoken: a command of a person, or a status. */
export class FirstLine {
  #bytes = new Uint8Array(SHORT_BYTES);
  #length = 0;

  restart(): void {
    this.#length = 0;
  }

  /** Takes what follows; false if that is too long. */
  take(bytes: Uint8Array, from: number, to: number): boolean {
    const count = Math.min(to - from, LINE_BYTES_MAX - this.#length);
    if (this.#length + count > this.#bytes.length) this.#grow();
    for (let i = 0; i < count; i++) this.#bytes[this.#length++] = bytes[from + i];
    return this.#length < LINE_BYTES_MAX;
  }

  /** Whether it may be a command, as far as it goes: its word is known, and behind it stands no version of HTTP. */
  get mayBeCommand(): boolean {
    const bytes = this.#bytes;
    let end = 0;
    while (end < this.#length && isOfWord(bytes[end])) end++;
    if (end < this.#length && bytes[end] !== SPACE && !isEndOfLine(bytes[end])) return false;
    if (end < this.#length && COMMAND_NAMES.find(bytes, 0, end) < 0) return false;
    return end > 0 && !this.#has(VERSION_OF_HTTP);
  }

  /** Whether a line ends as one of Redis, as far as it is known; numbers of bytes and values have been looked at. */
  get isWell(): boolean {
    return !this.#isLine || this.#isLong || this.#bytes[this.#length - 2] === CARRIAGE_RETURN;
  }

  /** Whether it can be no other server's either. */
  get isReply(): boolean {
    if (!this.isWell || (this.#isLine && this.#isLong)) return false;
    switch (this.#bytes[0]) {
      case PLUS:
        return FIRST_STATUSES.some((status) => this.#begins(status));
      case MINUS:
        return this.#isError;
      case COLON:
      case BIG_NUMBER:
        return this.#isNumber;
      case HASH:
      case UNDERSCORE:
        return this.#length <= 4;
      default:
        return this.#bytes[0] !== COMMA;
    }
  }

  get #isLine(): boolean {
    return LINES.includes(this.#bytes[0]);
  }

  get #isLong(): boolean {
    return this.#length === LINE_BYTES_MAX;
  }

  get #isError(): boolean {
    let end = 1;
    while (end < this.#length && this.#bytes[end] >= 0x41 && this.#bytes[end] <= 0x5a) end++;
    const behind = this.#bytes[end];
    return end > PREFIX_LETTERS_MIN && (behind === SPACE || behind === CARRIAGE_RETURN);
  }

  get #isNumber(): boolean {
    let at = this.#bytes[1] === MINUS ? 2 : 1;
    if (!isDigit(this.#bytes[at])) return false;
    while (isDigit(this.#bytes[at])) at++;
    return this.#bytes[at] === CARRIAGE_RETURN;
  }

  #begins(text: string, at = 0): boolean {
    if (at + text.length > this.#length) return false;
    for (let i = 0; i < text.length; i++) if (this.#bytes[at + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  #has(text: string): boolean {
    for (let at = 0; at + text.length <= this.#length; at++) if (this.#begins(text, at)) return true;
    return false;
  }

  #grow(): void {
    const larger = new Uint8Array(LINE_BYTES_MAX);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** Whether a name of a command may have it: letters, digits, and the signs in `JSON.GET`, `EVAL_RO` and `RESTORE-ASKING`. */
function isOfWord(byte: number): boolean {
  const lower = lowerCase(byte);
  return (lower >= 0x61 && lower <= 0x7a) || isDigit(byte) || SIGNS.includes(byte);
}

function isEndOfLine(byte: number): boolean {
  return byte === CARRIAGE_RETURN || byte === LINE_FEED;
}
