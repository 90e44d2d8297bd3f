import {
  LEFT_BRACE,
  LEFT_BRACKET,
  LINE_FEED,
  QUOTE,
  RIGHT_BRACE,
  RIGHT_BRACKET,
} from '../../framing/bytes.js';
import { UNFINISHED } from '../../framing/framer.js';
import type { Meter } from '../../framing/meter.js';
import { endOfString } from './json-string.js';

/** What `next` returns when the text is longer than the scanner looks at it. */
export const EXHAUSTED = -2;

/**
 * How many bytes of one text are looked at one by one, at some nanoseconds each at most; a byte of a string,
 * which a native search passes over when the string is long, costs a part of that.
 */
const BUDGET_BYTES = 64 * 1024;
const STRING_BYTES_A_BYTE = 32;
const BUDGET = BUDGET_BYTES * STRING_BYTES_A_BYTE;

const OTHER = 0;
const OPENS = 1;
const CLOSES = 2;
const QUOTES = 3;
const FEEDS = 4;

const CLASSES = new Uint8Array(256);
CLASSES[LEFT_BRACE] = CLASSES[LEFT_BRACKET] = OPENS;
CLASSES[RIGHT_BRACE] = CLASSES[RIGHT_BRACKET] = CLOSES;
CLASSES[QUOTE] = QUOTES;
CLASSES[LINE_FEED] = FEEDS;

/**
 * Finds the end of a JSON text that begins with a bracket, by counting brackets outside strings. It does not check
 * that brackets match, nor what is between them: the decoder does.
 */
export class JsonTextScanner {
  readonly #meter: Meter;
  #depth = 0;
  #isInString = false;
  /** 1 when the next byte is escaped. */
  #skip = 0;
  #left = BUDGET;
  #hasLineFeed = false;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** Whether a line feed stands inside the text so far. */
  get hasLineFeed(): boolean {
    return this.#hasLineFeed;
  }

  reset(): void {
    this.#depth = 0;
    this.#isInString = false;
    this.#skip = 0;
    this.#left = BUDGET;
    this.#hasLineFeed = false;
  }

  /** The index after the last bracket, UNFINISHED or EXHAUSTED. */
  next(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    if (this.#isInString) {
      this.#isInString = false;
      at = this.#string(bytes, from, to);
    }
    const end = this.#structure(bytes, at, to);
    if (this.#depth === 0) return end;
    return this.#left > 0 ? UNFINISHED : EXHAUSTED;
  }

  /** Passes over bytes up to the end of the text, of the budget or of the piece. */
  #structure(bytes: Uint8Array, from: number, to: number): number {
    let depth = this.#depth;
    let paid = from;
    let stop = this.#affordable(from, to);
    let i = from;
    while (i < stop) {
      const what = CLASSES[bytes[i++]];
      if (what === OTHER) continue;
      if (what === QUOTES) {
        this.#pay(i - paid);
        i = paid = this.#string(bytes, i, to);
        stop = this.#affordable(i, to);
      } else if (what === OPENS) depth++;
      else if (what === FEEDS) this.#hasLineFeed = true;
      else if (--depth === 0) break;
    }
    this.#depth = depth;
    this.#pay(i - paid);
    return i;
  }

  /** For bytes that were looked at one by one. */
  #pay(bytes: number): void {
    this.#left -= bytes * STRING_BYTES_A_BYTE;
    this.#meter.steps += bytes + (bytes >> 1);
  }

  /** Passes over a string, or what there is of it. */
  #string(bytes: Uint8Array, from: number, to: number): number {
    const end = endOfString(bytes, from + this.#skip, to, this.#meter);
    this.#skip = 0;
    this.#left -= end - from;
    if (end < to) return end + 1;
    this.#isInString = true;
    this.#skip = end - to;
    return to;
  }

  #affordable(from: number, to: number): number {
    return Math.min(to, from + Math.ceil(this.#left / STRING_BYTES_A_BYTE));
  }
}
