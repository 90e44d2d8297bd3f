import { CARRIAGE_RETURN, isOpening, LEFT_BRACKET, LINE_FEED, skipToUnit } from '../../framing/bytes.js';
import { MALFORMED, UNFINISHED } from '../../framing/framer.js';
import { BLANK_STEPS, type Meter } from '../../framing/meter.js';
import { JsonTextScanner } from './json-text-scanner.js';

const BETWEEN = 0;
const IN_TEXT = 1;
/** Bytes of the text are missing: only the caller can tell where it ends. */
const DAMAGED = 2;

/**
 * So many texts in a row must have been lines for a stream to have one text a line: the first one is enough, but not where
 * one was seen that is none. A server that writes pretty texts may write short ones that look like lines.
 */
const LINES_AT_FIRST = 1;
const LINES_AGAIN = 16;

/**
 * JSON texts one after the other, blanks between them or not. It also tells whether each is a line: without a line feed
 * in it, and with one directly behind it. That is cheaper to look for than brackets.
 */
export class TextsFramer {
  readonly #meter: Meter;
  readonly #scanner: JsonTextScanner;
  #state = BETWEEN;
  #lines = 0;
  #linesNeeded = LINES_AT_FIRST;
  #isPending = false;
  /** A carriage return has come behind the last text. */
  #hasReturn = false;
  #stoppedAt = 0;

  constructor(meter: Meter) {
    this.#meter = meter;
    this.#scanner = new JsonTextScanner(meter);
  }

  get isBetween(): boolean {
    return this.#state === BETWEEN;
  }

  /** Whether each text is a line, as far as has been seen. */
  get isLines(): boolean {
    return this.#lines >= this.#linesNeeded;
  }

  /** Whether the next byte tells whether the last text is a line. */
  get isPending(): boolean {
    return this.#isPending;
  }

  /** The bracket with which the text at hand, or the last one, began. */
  get first(): number {
    return this.#scanner.first;
  }

  /** Whether that is a batch. */
  get isBatch(): boolean {
    return this.first === LEFT_BRACKET;
  }

  /** Of the text at hand, or the last one. */
  get hasLineFeed(): boolean {
    return this.#scanner.hasLineFeed;
  }

  /** Of the last text. */
  get isBroken(): boolean {
    return this.#scanner.isBroken;
  }

  /** Whether the text at hand, or the last one, has gone on as a message does behind its first bracket. */
  get isOpened(): boolean {
    return this.#scanner.isOpened;
  }

  /** Where the last text showed to be none. */
  get stoppedAt(): number {
    return this.#stoppedAt;
  }

  get isInString(): boolean {
    return this.#state === IN_TEXT && this.#scanner.isInString;
  }

  /** Expects the beginning of a text next. */
  startOver(): void {
    this.#state = BETWEEN;
    this.#isPending = false;
  }

  /** Once nothing is pending: the index after the text, which may be `from` if it broke off there; UNFINISHED or MALFORMED. */
  next(bytes: Uint8Array, from: number, to: number): number {
    if (this.#state === DAMAGED) return UNFINISHED;
    let i = from;
    if (this.#state === BETWEEN) {
      i = skipToUnit(bytes, from, to);
      this.#meter.steps += BLANK_STEPS * (i - from);
      if (i === to) return UNFINISHED;
      this.#stoppedAt = i;
      if (!isOpening(bytes[i])) return MALFORMED;
      this.#state = IN_TEXT;
      this.#scanner.begin(bytes[i++]);
    }
    const end = this.#scanner.next(bytes, i, to);
    if (end === UNFINISHED) return UNFINISHED;
    this.#state = BETWEEN;
    if (end !== MALFORMED) return this.#endText(bytes, end, to);
    this.#stoppedAt = this.#scanner.stoppedAt;
    return MALFORMED;
  }

  /** As of a framer. */
  skip(count: number, endsUnit: boolean): void {
    if (!endsUnit) {
      this.#state = DAMAGED;
      this.#isPending = false;
      return;
    }
    // No more than that is missing of a line that was captured up to its end.
    if (this.#isPending && count > 0 && count <= 2) this.#lines++;
    this.startOver();
  }

  /** Looks at what follows the last text, as far as it is there: it is shown again with the next one. */
  settle(bytes: Uint8Array, from: number, to: number): void {
    const feed = this.#feedAt(bytes, from, to);
    if (feed === to && feed > from) this.#hasReturn = true;
  }

  /** Where a line feed should stand, a carriage return before it or not. */
  #feedAt(bytes: Uint8Array, from: number, to: number): number {
    const feed = !this.#hasReturn && from < to && bytes[from] === CARRIAGE_RETURN ? from + 1 : from;
    this.#isPending = feed >= to;
    if (this.#isPending) return feed;
    if (bytes[feed] === LINE_FEED) this.#lines++;
    else this.excludeLines();
    return feed;
  }

  /** A text is no line, so not all of them are. */
  excludeLines(): void {
    this.#lines = 0;
    this.#linesNeeded = LINES_AGAIN;
  }

  /** A unit was a line, as all are. */
  includeLine(): void {
    this.#lines = this.#linesNeeded;
  }

  #endText(bytes: Uint8Array, end: number, to: number): number {
    this.#hasReturn = false;
    if (this.hasLineFeed || this.isBroken) {
      this.excludeLines();
      return end;
    }
    const feed = this.#feedAt(bytes, end, to);
    return this.isLines && !this.#isPending ? feed + 1 : end;
  }
}
