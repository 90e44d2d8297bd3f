import { WireNames } from '../wire-names.js';
import type { SqlDialect } from './dialect.js';
import {
  BROKEN,
  CLOSE,
  COMMA,
  DOT,
  END,
  OPEN,
  QUOTED_NAME,
  SEMICOLON,
  SqlLexer,
  STRING,
  WORD,
} from './lexer.js';
import { SummaryText } from './summary-text.js';
import * as words from './words.js';

/** What a FROM, a JOIN or a comma mean in a statement, for each depth of parentheses. */
const NEITHER = 0;
/** The next FROM has names behind it. */
const BEFORE_NAMES = 1;
/** A comma or a JOIN has a name behind it. */
const IN_NAMES = 2;

const DEPTH_MAX = 64;
/** Longer texts are mostly data. */
const TEXT_BYTES_MAX = 16 * 1024;

/** All conversations of a thread share it: they have most summaries in common. */
const summaries = new WireNames();

/**
 * The summary of SQL: its operations and what they are applied to, in their order, as `INSERT shipping_details SELECT orders`.
 * https://opentelemetry.io/docs/specs/semconv/db/database-spans/#generating-a-summary-of-the-query
 *
 * It is made of words that are known to be SQL's and of names where names stand, and never of literals. It is no parser:
 * what it does not know it passes over.
 */
export class SqlSummary {
  readonly #lexer: SqlLexer;
  readonly #text = new SummaryText();
  readonly #clauses = new Uint8Array(DEPTH_MAX);
  #depth = 0;
  /** The token at hand, and the one before. */
  #token = END;
  #before = SEMICOLON;
  /** What the last word means, that of the operation at hand and that of the object it is applied to. */
  #lastWord = words.UNKNOWN;
  #verb = words.UNKNOWN;
  #object = words.UNKNOWN;
  #hasWith = false;
  #isNameNext = false;
  /** Nothing more of the statement is shown. */
  #isSkipped = false;
  /** Nothing more of the text is. */
  #isOver = false;
  /** Where the statement at hand and the one before begin in the summary. */
  #statementFrom = 0;
  #previousFrom = 0;
  /** How long the summary was when the first string began. */
  #sureBytes = -1;

  constructor(dialect: SqlDialect) {
    this.#lexer = new SqlLexer(dialect);
  }

  /**
   * That of the text in bytes[from, to), at most 255 bytes; empty if no operation in it is known. `isCut`: what follows was not
   * captured; the summary is that of the beginning then. Behind the text is a byte more.
   */
  read(bytes: Uint8Array, from: number, to: number, isCut: boolean): string {
    const end = Math.min(to, from + TEXT_BYTES_MAX);
    this.#lexer.open(bytes, from, end, isCut || end < to);
    const text = this.#text;
    text.restart();
    this.#statementFrom = this.#previousFrom = 0;
    this.#sureBytes = -1;
    this.#isOver = false;
    this.#begin();
    this.#step();
    while (this.#token > BROKEN && !text.isFull && !this.#isOver) this.#take();
    // What seems to stand between strings may be in them.
    if (this.#token === BROKEN && this.#sureBytes >= 0) text.length = this.#sureBytes;
    this.#finish();
    return text.length === 0 ? '' : summaries.one(text.bytes, 0, text.length);
  }

  #step(): number {
    this.#before = this.#token;
    this.#token = this.#lexer.next();
    return this.#token;
  }

  /** Expects a statement. */
  #begin(): void {
    this.#depth = 0;
    this.#clauses[0] = NEITHER;
    this.#token = SEMICOLON;
    this.#verb = this.#object = this.#lastWord = words.UNKNOWN;
    this.#hasWith = this.#isNameNext = this.#isSkipped = false;
  }

  /** A statement that repeats the one before is shown once. */
  #finish(): void {
    const text = this.#text;
    if (text.length <= this.#statementFrom) return;
    if (this.#statementFrom > 0 && text.repeats(this.#previousFrom, this.#statementFrom)) {
      text.length = this.#statementFrom;
    } else {
      this.#previousFrom = this.#statementFrom;
      this.#statementFrom = text.length;
    }
  }

  /** Takes the token at hand, and goes to one behind it. */
  #take(): void {
    const token = this.#token;
    if (token === SEMICOLON) {
      this.#finish();
      this.#begin();
    } else if (token === WORD && !this.#isSkipped) {
      this.#word();
      return;
    } else if (token === QUOTED_NAME && this.#isNameNext) {
      this.#name();
      return;
    } else this.#mark(token);
    this.#step();
  }

  #mark(token: number): void {
    if (token === STRING && this.#sureBytes < 0) this.#sureBytes = this.#text.length;
    if (this.#isSkipped) return;
    if (token === OPEN) this.#open();
    else {
      if (token === CLOSE && this.#depth > 0) this.#depth--;
      this.#isNameNext = token === COMMA && this.#clauses[this.#depth] === IN_NAMES;
    }
  }

  #open(): void {
    // Joined tables may stand in parentheses; options of a command do, too.
    this.#isNameNext &&= this.#verb !== words.LISTED && this.#lastWord !== words.USING;
    if (this.#depth + 1 === DEPTH_MAX) this.#isOver = true;
    else this.#clauses[++this.#depth] = this.#isNameNext ? IN_NAMES : NEITHER;
  }

  #word(): void {
    const { bytes, from, to } = this.#lexer;
    const meaning = words.meaningOf(bytes, from, to);
    if (this.#isOperation(meaning)) this.#operation(meaning);
    else if (this.#verb === words.UNKNOWN) this.#isSkipped = true;
    else if (this.#isNameNext && words.mayBeName(meaning, this.#verb)) {
      this.#name();
      return;
    } else if (this.#awaitsObject && words.isObject(meaning)) this.#takeObject(meaning);
    else this.#keyword(meaning);
    this.#lastWord = meaning;
    this.#step();
  }

  #isOperation(meaning: number): boolean {
    if (meaning === words.SELECT) return true;
    if (this.#verb === words.UNKNOWN) return words.isVerb(meaning) || meaning === words.SET;
    if (!words.isOfData(meaning) || this.#lexer.bytes[this.#lexer.to] === OPEN) return false;
    const isBegun = this.#before === OPEN || this.#before === CLOSE;
    return this.#verb === words.PREFIX || (this.#hasWith && isBegun);
  }

  #operation(meaning: number): void {
    this.#verb = meaning;
    this.#object = words.UNKNOWN;
    this.#hasWith ||= meaning === words.WITH;
    this.#isNameNext = words.hasNameNext(meaning);
    this.#isSkipped = meaning === words.ALONE || meaning === words.SET;
    this.#clauses[this.#depth] = clauseOf(meaning, this.#isNameNext);
    if (meaning !== words.WITH) this.#show();
  }

  get #awaitsObject(): boolean {
    return this.#verb === words.OF_OBJECT && this.#object === words.UNKNOWN;
  }

  #takeObject(meaning: number): void {
    this.#object = meaning;
    this.#show();
    this.#isSkipped = meaning === words.ACCOUNT;
    this.#isNameNext = !this.#isSkipped;
    this.#clauses[this.#depth] = IN_NAMES;
  }

  /** The word at hand is part of the summary. */
  #show(): void {
    const { bytes, from, to } = this.#lexer;
    this.#text.begin();
    this.#text.word(bytes, from, to);
    this.#text.end();
  }

  #keyword(meaning: number): void {
    const clause = this.#clauses[this.#depth];
    if (meaning === words.FROM) {
      const hasNames = clause === BEFORE_NAMES && this.#lastWord !== words.DISTINCT;
      if (hasNames) this.#clauses[this.#depth] = IN_NAMES;
      this.#isNameNext = hasNames;
    } else if (meaning === words.JOIN) this.#isNameNext = clause === IN_NAMES;
    else if (meaning === words.USING) {
      this.#isNameNext = clause === IN_NAMES && (this.#verb === words.DELETE || this.#verb === words.MERGE);
    } else if (meaning === words.INTO) this.#isNameNext ||= this.#verb === words.LOAD;
    else if (meaning === words.ON) this.#isNameNext = this.#object === words.INDEX;
    else if (meaning === words.SET) {
      this.#clauses[this.#depth] = this.#verb === words.UPDATE ? BEFORE_NAMES : NEITHER;
      this.#isNameNext = false;
    } else if (meaning === words.END_OF_NAMES) {
      this.#clauses[this.#depth] = NEITHER;
      this.#isNameNext = false;
    }
  }

  /** A name, which may have several parts, and what follows it. */
  #name(): void {
    const text = this.#text;
    const lexer = this.#lexer;
    text.begin();
    text.name(lexer.bytes, lexer.from, lexer.to);
    let token = this.#step();
    while (token === DOT) {
      token = this.#step();
      if (token === WORD || token === QUOTED_NAME) {
        text.dot();
        text.name(lexer.bytes, lexer.from, lexer.to);
        token = this.#step();
      } else text.drop();
    }
    text.end();
    this.#lastWord = words.UNKNOWN;
    this.#isNameNext = false;
    this.#passName();
  }

  #passName(): void {
    const isListed = this.#verb === words.LISTED || this.#verb === words.OF_OBJECT;
    if (isListed && this.#token !== COMMA) this.#clauses[this.#depth] = NEITHER;
    this.#isSkipped = this.#verb === words.LOAD || (this.#verb === words.LISTED && this.#token !== COMMA);
    this.#isOver ||= this.#object === words.ROUTINE;
  }
}

function clauseOf(verb: number, isNameNext: boolean): number {
  if (verb === words.SELECT || verb === words.DELETE) return BEFORE_NAMES;
  return isNameNext && verb !== words.INSERT ? IN_NAMES : NEITHER;
}
