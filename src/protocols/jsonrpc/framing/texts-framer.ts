import {
  CARRIAGE_RETURN,
  isOpening,
  LINE_FEED,
  RIGHT_BRACE,
  RIGHT_BRACKET,
  skipBlank,
} from '../../framing/bytes.js';
import { MALFORMED, UNFINISHED } from '../../framing/framer.js';

import { BLANK_STEPS, type Meter, SEARCH_STEPS, SEARCHED_SHIFT } from '../../framing/meter.js';
import { EXHAUSTED, JsonTextScanner } from './json-text-scanner.js';

const BETWEEN = 0;
const IN_TEXT = 1;
/** The text is longer than it is scanned: a line feed must tell where it ends. */
const BEYOND = 2;
/** Bytes of the text are missing: only the caller can tell where it ends. */
const DAMAGED = 3;

/** Whether the stream has one text a line: that is decided by what follows the first whole text. */
const LINES_POSSIBLE = 0;
const LINES_PENDING = 1;
const LINES_EXCLUDED = 2;
const LINES_FOUND = 3;

/**
 * JSON texts one after the other, blanks between them or not. The first text that is seen whole tells
 * whether they are lines: then it has no line feed in it and one directly behind it, which is cheaper to
 * look for than brackets.
 */
export class TextsFramer {
  readonly #meter: Meter;
  readonly #scanner: JsonTextScanner;
  #state = BETWEEN;
  #lines = LINES_POSSIBLE;
  /** The last byte before this piece that was no carriage return; kept only BEYOND. */
  #lastByte = 0;

  constructor(meter: Meter) {
    this.#meter = meter;
    this.#scanner = new JsonTextScanner(meter);
  }

  get isBetween(): boolean {
    return this.#state === BETWEEN;
  }

  /** Whether each text is a line from here on. */
  get isLines(): boolean {
    return this.#lines === LINES_FOUND;
  }

  /** Expects the beginning of a text next. */
  startOver(): void {
    this.#state = BETWEEN;
    if (this.#lines === LINES_PENDING) this.#lines = LINES_POSSIBLE;
  }

  /**
   * The index after the text, UNFINISHED or MALFORMED. UNFINISHED with `isLines` says that the end of the
   * first line stands at `from`, and that nothing was read.
   */
  next(bytes: Uint8Array, from: number, to: number): number {
    if (this.#lines === LINES_PENDING) this.#settle(bytes, from, to);
    if (this.#lines === LINES_FOUND || this.#state === DAMAGED) return UNFINISHED;
    if (this.#state === BEYOND) return this.#resynchronise(bytes, from, to);
    let i = from;
    if (this.#state === BETWEEN) {
      i = skipBlank(bytes, from, to);
      this.#meter.steps += BLANK_STEPS * (i - from);
      if (i === to) return UNFINISHED;
      if (!isOpening(bytes[i])) return MALFORMED;
      this.#state = IN_TEXT;
      this.#scanner.reset();
    }
    const end = this.#scanner.next(bytes, i, to);
    if (end === UNFINISHED) return UNFINISHED;
    return end === EXHAUSTED ? this.#exhausted(bytes, from, to) : this.#endText(bytes, end, to);
  }

  /** As of a framer. */
  skip(count: number, endsUnit: boolean): void {
    if (!endsUnit) {
      this.#state = DAMAGED;
      return;
    }
    // No more than that is missing of a line that was captured up to its end.
    if (this.#lines === LINES_PENDING && count > 0 && count <= 2) this.#lines = LINES_FOUND;
    this.startOver();
  }

  #endText(bytes: Uint8Array, end: number, to: number): number {
    this.#state = BETWEEN;
    if (this.#lines !== LINES_POSSIBLE) return end;
    this.#lines = this.#scanner.hasLineFeed ? LINES_EXCLUDED : LINES_PENDING;
    if (this.#lines === LINES_PENDING) this.#settle(bytes, end, to);
    if (!this.isLines) return end;
    return end + (bytes[end] === CARRIAGE_RETURN ? 2 : 1);
  }

  /** Looks at what follows the first text, as far as it is there. */
  #settle(bytes: Uint8Array, from: number, to: number): void {
    const feed = from < to && bytes[from] === CARRIAGE_RETURN ? from + 1 : from;
    if (feed < to) this.#lines = bytes[feed] === LINE_FEED ? LINES_FOUND : LINES_EXCLUDED;
  }

  #exhausted(bytes: Uint8Array, from: number, to: number): number {
    if (this.#scanner.hasLineFeed) return MALFORMED;
    this.#state = BEYOND;
    return this.#resynchronise(bytes, from, to);
  }

  #resynchronise(bytes: Uint8Array, from: number, to: number): number {
    bytes[to] = LINE_FEED;
    const feed = bytes.indexOf(LINE_FEED, from);
    let last = feed - 1;
    while (last >= from && bytes[last] === CARRIAGE_RETURN) last--;
    this.#meter.steps += SEARCH_STEPS + ((feed - from) >> SEARCHED_SHIFT) + BLANK_STEPS * (feed - last);
    if (last >= from) this.#lastByte = bytes[last];
    if (feed === to) return UNFINISHED;
    if (this.#lastByte !== RIGHT_BRACE && this.#lastByte !== RIGHT_BRACKET) return MALFORMED;
    this.#state = BETWEEN;
    this.#lines = LINES_FOUND;
    return feed + 1;
  }
}
