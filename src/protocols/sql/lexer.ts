import { BACKSLASH, isDigit, LINE_FEED, QUOTE, SPACE } from '../framing/bytes.js';
import type { SqlDialect } from './dialect.js';

/** What `next` returns. END: there is no more, or it cannot be told what it is. BROKEN: the quotes do not match. */
export const END = 0;
export const BROKEN = 1;
export const WORD = 2;
export const QUOTED_NAME = 3;
export const STRING = 4;
/** A number, a variable, a parameter or an operator. */
export const OTHER = 5;
/** These are their own tokens. */
export const OPEN = 0x28;
export const CLOSE = 0x29;
export const COMMA = 0x2c;
export const DOT = 0x2e;
export const SEMICOLON = 0x3b;

const HASH = 0x23;
const DOLLAR = 0x24;
const AMPERSAND = 0x26;
const APOSTROPHE = 0x27;
const ASTERISK = 0x2a;
const MINUS = 0x2d;
const SLASH = 0x2f;
const COLON = 0x3a;
const AT = 0x40;
const EXCLAMATION = 0x21;
const BACKTICK = 0x60;
const UNDERSCORE = 0x5f;
const CAPITAL_M = 0x4d;
const LETTER_E = 0x65;

/** Kinds of bytes. */
const OF_NAMES = 1;
const DIGIT = 2;
const BLANK = 3;
const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte <= SPACE) return BLANK;
  if (isDigit(byte)) return DIGIT;
  const isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
  return isLetter || byte === UNDERSCORE || byte >= 0x80 ? OF_NAMES : 0;
});

/**
 * Tells words, names and literals of SQL apart. Where a setting of the server decides how far a string goes, as with a backslash
 * before an apostrophe, or where quotes do not match, it stops: what follows might be the inside of a string.
 */
export class SqlLexer {
  /** The token at hand is bytes[from, to). */
  bytes: Uint8Array = new Uint8Array(0);
  from = 0;
  to = 0;
  readonly #dialect: SqlDialect;
  #end = 0;
  #isCut = false;

  constructor(dialect: SqlDialect) {
    this.#dialect = dialect;
  }

  /** bytes[from, to) is a text, or the beginning of one. */
  open(bytes: Uint8Array, from: number, to: number, isCut: boolean): void {
    this.bytes = bytes;
    this.from = this.to = from;
    this.#end = to;
    this.#isCut = isCut;
  }

  next(): number {
    const { bytes } = this;
    for (;;) {
      let at = this.to;
      while (at < this.#end && KINDS[bytes[at]] === BLANK) at++;
      this.from = this.to = at;
      if (at === this.#end) return END;
      const token = this.#isComment(at) ? this.#comment(at) : this.#token(at);
      if (token !== undefined) return token;
    }
  }

  #token(at: number): number {
    const { bytes } = this;
    const kind = KINDS[bytes[at]];
    if (kind === OF_NAMES) return this.#word(at);
    if (kind === DIGIT) return this.#other(this.#wordEnd(at));
    this.to = at + 1;
    switch (bytes[at]) {
      case APOSTROPHE:
        return this.#string(at + 1, APOSTROPHE, false);
      case QUOTE:
        return this.#dialect.hasDoubleQuotedNames ? this.#quotedName(at) : this.#string(at + 1, QUOTE, false);
      case BACKTICK:
        return this.#dialect.hasBackticks ? this.#quotedName(at) : OTHER;
      case DOLLAR:
        return this.#dialect.hasDollarQuotes ? this.#dollar(at) : this.#word(at);
      case AT:
      case COLON:
        return this.#other(this.#wordEnd(at + 1));
      case OPEN:
      case CLOSE:
      case COMMA:
      case DOT:
      case SEMICOLON:
        return bytes[at];
      default:
        return OTHER;
    }
  }

  #other(to: number): number {
    this.to = to;
    return OTHER;
  }

  #word(at: number): number {
    const { bytes } = this;
    const end = this.#wordEnd(at);
    this.to = end;
    if (end === this.#end) return this.#isCut ? END : WORD;
    // A prefix of a string, `N'x'` or `_utf8'x'`.
    const isPrefix = bytes[end] === APOSTROPHE && (end === at + 1 || bytes[at] === UNDERSCORE);
    if (isPrefix) {
      const isEscaped = this.#dialect.hasEscapeStrings && (bytes[at] | 0x20) === LETTER_E;
      return this.#string(end + 1, APOSTROPHE, isEscaped);
    }
    // `U&"x"`, a name with escapes, is not shown either.
    const isEscapedName =
      this.#dialect.hasDoubleQuotedNames && bytes[end] === AMPERSAND && end + 1 < this.#end;
    return isEscapedName && bytes[end + 1] === QUOTE ? this.#string(end + 2, QUOTE, false) : WORD;
  }

  #wordEnd(from: number): number {
    let at = from;
    while (
      at < this.#end &&
      (KINDS[this.bytes[at]] === OF_NAMES || KINDS[this.bytes[at]] === DIGIT || this.bytes[at] === DOLLAR)
    )
      at++;
    return at;
  }

  /** From behind the quote that begins it. `isEscaped`: a backslash is an escape for certain. */
  #string(from: number, quote: number, isEscaped: boolean): number {
    const { bytes } = this;
    for (let at = from; at < this.#end; at++) {
      const byte = bytes[at];
      if (byte === BACKSLASH) {
        // With escapes and without, two backslashes end where they do.
        if (!isEscaped && at + 1 < this.#end && bytes[at + 1] === quote) return END;
        if (isEscaped || bytes[at + 1] === BACKSLASH) at++;
      } else if (byte === quote) {
        if (at + 1 < this.#end && bytes[at + 1] === quote) at++;
        else return this.#closed(at + 1);
      }
    }
    return this.#unfinished();
  }

  /** Where a word follows a string immediately, an apostrophe inside of it was not doubled. */
  #closed(at: number): number {
    this.to = at;
    const isBroken =
      at < this.#end && (KINDS[this.bytes[at]] === OF_NAMES || KINDS[this.bytes[at]] === DIGIT);
    return isBroken ? BROKEN : STRING;
  }

  #quotedName(from: number): number {
    const { bytes } = this;
    const quote = bytes[from];
    for (let at = from + 1; at < this.#end; at++) {
      if (bytes[at] !== quote) continue;
      if (at + 1 < this.#end && bytes[at + 1] === quote) {
        at++;
        continue;
      }
      this.to = at + 1;
      // The next byte might double the quote.
      return this.#isCut && this.to === this.#end ? END : QUOTED_NAME;
    }
    return this.#unfinished();
  }

  #unfinished(): number {
    return this.#isCut ? END : BROKEN;
  }

  /** A parameter as `$1`, or a string between two tags. */
  #dollar(from: number): number {
    const { bytes } = this;
    let tagEnd = from + 1;
    while (tagEnd < this.#end && (KINDS[bytes[tagEnd]] === OF_NAMES || KINDS[bytes[tagEnd]] === DIGIT))
      tagEnd++;
    if (tagEnd === this.#end) return this.#isCut ? END : this.#other(tagEnd);
    if (bytes[tagEnd] !== DOLLAR || KINDS[bytes[from + 1]] === DIGIT) return this.#other(tagEnd);
    const tagBytes = tagEnd + 1 - from;
    for (let at = bytes.indexOf(DOLLAR, tagEnd + 1); at >= 0; at = bytes.indexOf(DOLLAR, at + 1)) {
      if (at + tagBytes > this.#end) break;
      let same = 1;
      while (same < tagBytes && bytes[at + same] === bytes[from + same]) same++;
      if (same === tagBytes) return this.#closed(at + tagBytes);
    }
    return this.#unfinished();
  }

  #isComment(at: number): boolean {
    const { bytes } = this;
    const next = at + 1 < this.#end ? bytes[at + 1] : 0;
    const isMysql = this.#dialect.hasMysqlComments;
    if (bytes[at] === HASH) return isMysql;
    if (bytes[at] === SLASH) return next === ASTERISK;
    // The end of a comment that is code.
    if (bytes[at] === ASTERISK) return isMysql && next === SLASH;
    if (bytes[at] !== MINUS || next !== MINUS) return false;
    return !isMysql || at + 2 >= this.#end || KINDS[bytes[at + 2]] === BLANK;
  }

  /** Passes over it. A token if it has no end. */
  #comment(at: number): number | undefined {
    const { bytes } = this;
    if (bytes[at] === ASTERISK) this.to = at + 2;
    else if (bytes[at] === SLASH) return this.#block(at);
    else {
      const feed = bytes.indexOf(LINE_FEED, at);
      this.to = feed < 0 || feed > this.#end ? this.#end : feed;
    }
    return undefined;
  }

  #block(from: number): number | undefined {
    const { bytes } = this;
    let at = from + 2;
    if (this.#dialect.hasMysqlComments) {
      // `/*!50003 `, or `/*M!100100 ` for MariaDB alone.
      const mark = bytes[at] === CAPITAL_M ? at + 1 : at;
      if (mark < this.#end && bytes[mark] === EXCLAMATION) {
        at = mark + 1;
        while (at < this.#end && KINDS[bytes[at]] === DIGIT) at++;
        this.to = at;
        return undefined;
      }
    }
    let depth = 1;
    for (; at + 1 < this.#end; at++) {
      if (bytes[at] === ASTERISK && bytes[at + 1] === SLASH) {
        depth--;
        at++;
      } else if (this.#dialect.hasNestedComments && bytes[at] === SLASH && bytes[at + 1] === ASTERISK) {
        depth++;
        at++;
      }
      if (depth === 0) {
        this.to = at + 1;
        return undefined;
      }
    }
    return this.#unfinished();
  }
}
