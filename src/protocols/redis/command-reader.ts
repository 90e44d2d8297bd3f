import { OTHER } from '../conventions.js';
import type { FramedMessage } from '../framed-decoder.js';
import { BACKSLASH, CARRIAGE_RETURN, isDigit, LINE_FEED, QUOTE, SPACE } from '../framing/bytes.js';
import type { UndecodableReason } from '../protocol.js';
import { decodeUtf8 } from '../text.js';
import { COMMAND_NAMES, SUBCOMMANDS } from './framing/commands.js';

const ASTERISK = 0x2a;
const DOLLAR = 0x24;
const MINUS = 0x2d;
const APOSTROPHE = 0x27;

/** A name, a subcommand and what that says; more is looked at only as payload. */
const ARGUMENTS_MAX = 3;
const PAYLOAD_BYTES_MAX = 64 * 1024;

/** Names of commands with subcommands, by both indices. */
const SUBMETHODS = SUBCOMMANDS.map(({ words }, index) =>
  words.map((word) => `${COMMAND_NAMES.words[index]} ${word}`),
);

/** Reads what a command asks for, in place. */
export class CommandReader {
  method = '';
  /** With the name; undefined where that lies beyond what was captured. */
  argumentCount: number | undefined = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #to = 0;
  /** Where arguments stand of which all was captured. */
  readonly #from = [0, 0, 0];
  readonly #end = [0, 0, 0];
  #read = 0;
  /** Where the first begins that was not read, or is not whole. */
  #rest = 0;
  #isLine = false;

  /** Why it is none, if it is none; `empty` for what asks for nothing, which servers pass over. */
  read({ bytes, from, to, isWhole }: FramedMessage): UndecodableReason | 'empty' | undefined {
    // What is blank stands by itself, and of a long row of it only the beginning may have been captured.
    if (bytes[from] <= SPACE) return 'empty';
    this.#bytes = bytes;
    this.#to = to;
    this.#read = 0;
    this.#isLine = bytes[from] !== ASTERISK;
    const isCut = this.#isLine ? this.#readLine(from, isWhole) : this.#readArray(from + 1);
    if (isCut === undefined || this.argumentCount === 0) return isCut === false ? 'empty' : 'truncated';
    if (this.#read === 0) return 'truncated';
    const index = COMMAND_NAMES.find(bytes, this.#from[0], this.#end[0]);
    this.method = index < 0 ? OTHER : COMMAND_NAMES.words[index];
    const hasSubcommand = index >= 0 && index < SUBCOMMANDS.length && this.argumentCount !== 1;
    if (!hasSubcommand) return undefined;
    if (this.#read < 2) return 'truncated';
    const subcommand = SUBCOMMANDS[index].find(bytes, this.#from[1], this.#end[1]);
    if (subcommand >= 0) this.method = SUBMETHODS[index][subcommand];
    return undefined;
  }

  /** Whether an argument is a word, in capitals here; undefined if that lies beyond what was captured. */
  isArgument(index: number, word: string): boolean | undefined {
    if (index >= this.#read) return this.#isBeyond(index) ? false : undefined;
    const from = this.#from[index];
    if (this.#end[index] - from !== word.length) return false;
    for (let i = 0; i < word.length; i++) {
      if ((this.#bytes[from + i] & ~SPACE) !== word.charCodeAt(i)) return false;
    }
    return true;
  }

  /** An argument that is a number of few digits; undefined if it is none, or was not captured. */
  numberAt(index: number): number | undefined {
    if (index >= this.#read) return undefined;
    const [from, end] = [this.#from[index], this.#end[index]];
    if (end === from || end - from > 6) return undefined;
    let number = 0;
    for (let i = from; i < end; i++) {
      if (!isDigit(this.#bytes[i])) return undefined;
      number = number * 10 + this.#bytes[i] - 0x30;
    }
    return number;
  }

  /** What was captured behind the name, as text, with spaces between. */
  payload(): string {
    const parts: string[] = [];
    let left = PAYLOAD_BYTES_MAX;
    const add = (from: number, to: number) => {
      parts.push(decodeUtf8(this.#bytes, from, Math.min(to, from + left)));
      left -= Math.min(left, to - from);
    };
    for (let i = 1; i < this.#read; i++) add(this.#from[i], this.#end[i]);
    let at = this.#rest;
    if (this.#isLine) {
      if (at < this.#to) add(at, this.#to);
      return parts.join(' ').trimEnd();
    }
    while (left > 0 && this.#bulk(at)) {
      add(this.#bulkFrom, Math.min(this.#bulkEnd, this.#to));
      at = this.#bulkEnd + 2;
    }
    return parts.join(' ');
  }

  #bulkFrom = 0;
  #bulkEnd = 0;

  /** Whether a string begins at bytes[at]. */
  #bulk(at: number): boolean {
    if (at >= this.#to || this.#bytes[at] !== DOLLAR) return false;
    let length = 0;
    let i = at + 1;
    while (i < this.#to && isDigit(this.#bytes[i])) length = length * 10 + this.#bytes[i++] - 0x30;
    this.#bulkFrom = i + 2;
    this.#bulkEnd = this.#bulkFrom + length;
    return this.#bulkFrom <= this.#to;
  }

  /** Whether something is missing; undefined where that is how many arguments there are. */
  #readArray(from: number): boolean | undefined {
    let count = 0;
    let at = from;
    const isNull = this.#bytes[at] === MINUS;
    if (isNull) at++;
    while (at < this.#to && isDigit(this.#bytes[at])) count = count * 10 + this.#bytes[at++] - 0x30;
    if (at + 2 > this.#to) return undefined;
    this.argumentCount = isNull ? 0 : count;
    if (isNull) return false;
    at += 2;
    while (this.#read < Math.min(count, ARGUMENTS_MAX) && this.#bulk(at) && this.#bulkEnd <= this.#to) {
      this.#add(this.#bulkFrom, this.#bulkEnd);
      at = this.#bulkEnd + 2;
    }
    this.#rest = at;
    return this.#read < Math.min(count, ARGUMENTS_MAX);
  }

  /** A line: words with blanks between, some of them in quotes. Of one that is cut, the last word is not whole. */
  #readLine(from: number, isWhole: boolean): boolean | undefined {
    const bytes = this.#bytes;
    let words = 0;
    let at = from;
    for (;;) {
      while (at < this.#to && bytes[at] <= SPACE) at++;
      if (at >= this.#to) break;
      const begin = at;
      at = this.#endOfWord(at);
      if (at >= this.#to && !isWhole) break;
      words++;
      if (this.#read === ARGUMENTS_MAX) continue;
      const isQuoted = isQuote(bytes[begin]) && at - begin > 1;
      this.#add(begin + (isQuoted ? 1 : 0), at - (isQuoted ? 1 : 0));
      this.#rest = at;
    }
    this.argumentCount = isWhole ? words : undefined;
    return isWhole ? false : this.#read === 0;
  }

  #endOfWord(from: number): number {
    const bytes = this.#bytes;
    const quote = isQuote(bytes[from]) ? bytes[from] : 0;
    let at = from + 1;
    if (quote === 0) {
      while (at < this.#to && bytes[at] > SPACE) at++;
      return at;
    }
    while (at < this.#to && bytes[at] !== quote && !isEndOfLine(bytes[at]))
      at += bytes[at] === BACKSLASH ? 2 : 1;
    return Math.min(this.#to, at + 1);
  }

  #add(from: number, end: number): void {
    this.#from[this.#read] = from;
    this.#end[this.#read++] = end;
  }

  /** Whether there is no such argument. */
  #isBeyond(index: number): boolean {
    return this.argumentCount !== undefined && index >= this.argumentCount;
  }
}

function isQuote(byte: number): boolean {
  return byte === QUOTE || byte === APOSTROPHE;
}

function isEndOfLine(byte: number): boolean {
  return byte === CARRIAGE_RETURN || byte === LINE_FEED;
}
