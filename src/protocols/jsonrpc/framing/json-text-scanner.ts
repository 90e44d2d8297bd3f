import {
  COLON,
  COMMA,
  isOpening,
  LEFT_BRACE,
  LEFT_BRACKET,
  LINE_FEED,
  QUOTE,
  RIGHT_BRACE,
  RIGHT_BRACKET,
  SPACE,
  skipBlank,
} from '../../framing/bytes.js';
import { MALFORMED, UNFINISHED } from '../../framing/framer.js';
import { endOfString } from '../../framing/json-string.js';
import type { Meter } from '../../framing/meter.js';

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

/** 1 for what JSON allows behind a string. */
const BEHIND_STRING = new Uint8Array(256).fill(1, 0, SPACE + 1);
for (const byte of [COMMA, COLON, RIGHT_BRACE, RIGHT_BRACKET]) BEHIND_STRING[byte] = 1;

/** What the next byte is looked at for. */
const NOTHING = 0;
const AS_FIRST_INSIDE = 1;
const AS_BEHIND_STRING = 2;
const AS_FIRST_OF_LINE = 3;

/**
 * Whether a message that begins with the bracket bytes[at] can go on as it does up to `to`: an object with a key, a
 * batch with an object, or either with nothing. `[info]`, `[2024-01-01]` and `{started}` are not the beginning of one.
 */
export function opensMessage(bytes: Uint8Array, at: number, to: number): boolean {
  return continuesMessage(bytes[at], bytes, at + 1, to);
}

/** The same of what stands behind the bracket. */
export function continuesMessage(bracket: number, bytes: Uint8Array, from: number, to: number): boolean {
  let i = from;
  while (i < to && bytes[i] <= SPACE) i++;
  return i >= to ? isOpening(bracket) : mayFollow(bracket, bytes[i]);
}

/**
 * Whether bytes[at] begins a message even if it may be inside a string: there a quote would end the string, and be followed
 * by what JSON allows there. False where too little of it is at hand.
 */
export function surelyOpensMessage(bytes: Uint8Array, at: number, to: number): boolean {
  const brace = bytes[at] === LEFT_BRACKET ? skipBlank(bytes, at + 1, to) : at;
  if (brace >= to || bytes[brace] !== LEFT_BRACE) return false;
  const quote = skipBlank(bytes, brace + 1, to);
  return quote + 1 < to && bytes[quote] === QUOTE && BEHIND_STRING[bytes[quote + 1]] === 0;
}

function mayFollow(bracket: number, byte: number): boolean {
  if (bracket === LEFT_BRACE) return byte === QUOTE || byte === RIGHT_BRACE;
  return bracket === LEFT_BRACKET && (byte === LEFT_BRACE || byte === RIGHT_BRACKET);
}

/**
 * Finds the end of a JSON text that begins with a bracket, by counting brackets outside strings. It does not check
 * that brackets match, nor what is between them: the decoder does. But it notices where what began like a message is
 * none, or breaks off, so that the messages behind it are found:
 *
 * - what stands behind the first bracket begins no message (`opensMessage`);
 * - a string is followed by what JSON does not allow there: a line feed was inside it, or it was none;
 * - a line begins with a bracket, although no value can begin there.
 */
export class JsonTextScanner {
  readonly #meter: Meter;
  #depth = 0;
  #first = 0;
  #isInString = false;
  /** 1 when the next byte is escaped. */
  #skip = 0;
  #looksAtNext = NOTHING;
  /** The last byte so far that was no blank, when a piece has ended outside a string. */
  #lastByte = 0;
  #hasLineFeed = false;
  #isBroken = false;
  #isOpened = false;
  #stoppedAt = 0;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** The bracket with which the text began. */
  get first(): number {
    return this.#first;
  }

  /** Whether a line feed stands inside the text so far, outside its strings. */
  get hasLineFeed(): boolean {
    return this.#hasLineFeed;
  }

  /** Whether a string goes on behind the bytes so far. */
  get isInString(): boolean {
    return this.#isInString;
  }

  /** Whether the text has gone on as a message does behind its first bracket. */
  get isOpened(): boolean {
    return this.#isOpened;
  }

  /** Where it showed that the text is none. */
  get stoppedAt(): number {
    return this.#stoppedAt;
  }

  /** Whether the text, which has ended, broke off before a line. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** A text begins, with that bracket. */
  begin(bracket: number): void {
    this.#depth = 1;
    this.#first = this.#lastByte = bracket;
    this.#isInString = false;
    this.#skip = 0;
    this.#looksAtNext = AS_FIRST_INSIDE;
    this.#hasLineFeed = false;
    this.#isBroken = false;
    this.#isOpened = false;
  }

  /**
   * Looks at what follows. The index after the last bracket; UNFINISHED; or MALFORMED when it is no text, from
   * `stoppedAt` on. A text that broke off ends where the line begins that is none of it: that may be at `from`.
   */
  next(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    if (this.#isInString) {
      at = this.#string(bytes, from, to);
      if (!this.#isInString) this.#looksAtNext = AS_BEHIND_STRING;
    }
    if (at < to && this.#looksAtNext !== NOTHING) return this.#look(bytes, from, at, to);
    return this.#structure(bytes, from, at, to);
  }

  /** Looks at the byte of which it depends whether the text goes on. */
  #look(bytes: Uint8Array, from: number, at: number, to: number): number {
    let i = at;
    if (this.#looksAtNext === AS_FIRST_INSIDE) {
      for (; i < to && bytes[i] <= SPACE; i++) if (bytes[i] === LINE_FEED) this.#hasLineFeed = true;
      if (i === to) return UNFINISHED;
      if (!mayFollow(this.#first, bytes[i])) return this.#breakOff(bytes, from, i, this.#hasLineFeed);
      this.#isOpened = true;
    } else if (this.#looksAtNext === AS_BEHIND_STRING) {
      if (BEHIND_STRING[bytes[i]] === 0) return this.#breakOff(bytes, from, i, false);
    } else if (isOpening(bytes[i]) && !mayHoldValue(this.#lastByte)) {
      return this.#breakOff(bytes, from, i, true);
    }
    this.#looksAtNext = NOTHING;
    return this.#structure(bytes, from, i, to);
  }

  #structure(bytes: Uint8Array, from: number, at: number, to: number): number {
    let depth = this.#depth;
    let paid = at;
    let i = at;
    while (i < to) {
      const what = CLASSES[bytes[i++]];
      if (what === OTHER) continue;
      if (what === QUOTES) {
        this.#pay(i - paid);
        i = paid = this.#string(bytes, i, to);
        if (i === to) {
          if (!this.#isInString) this.#looksAtNext = AS_BEHIND_STRING;
        } else if (BEHIND_STRING[bytes[i]] === 0) return this.#breakOff(bytes, from, i, false);
      } else if (what === OPENS) depth++;
      else if (what === FEEDS) {
        if (!this.#feed(bytes, from, i, to)) return this.#breakOff(bytes, from, i, true);
      } else if (--depth === 0) break;
    }
    this.#depth = depth;
    this.#pay(i - paid);
    if (depth === 0) return i;
    if (!this.#isInString) this.#lastByte = this.#lastBefore(bytes, from, to);
    return UNFINISHED;
  }

  /** For bytes that were looked at one by one. */
  #pay(bytes: number): void {
    this.#meter.steps += bytes + (bytes >> 1);
  }

  /** Passes over a string, or what there is of it. */
  #string(bytes: Uint8Array, from: number, to: number): number {
    const end = endOfString(bytes, from + this.#skip, to, this.#meter);
    this.#isInString = end >= to;
    this.#skip = this.#isInString ? end - to : 0;
    if (this.#isInString) return to;
    return end + 1;
  }

  /** A line begins at bytes[at]. False when it is none of the text. */
  #feed(bytes: Uint8Array, from: number, at: number, to: number): boolean {
    this.#hasLineFeed = true;
    if (at === to) this.#looksAtNext = AS_FIRST_OF_LINE;
    return at === to || !isOpening(bytes[at]) || mayHoldValue(this.#lastBefore(bytes, from, at));
  }

  /** The last byte before bytes[at] that is not blank. */
  #lastBefore(bytes: Uint8Array, from: number, at: number): number {
    let i = at;
    while (i > from && bytes[i - 1] <= SPACE) i--;
    return i > from ? bytes[i - 1] : this.#lastByte;
  }

  /**
   * bytes[at] is none of the text. If it is the first byte of its line that is not blank, neither is the line. That line may
   * have begun in an earlier piece, and then the text ends at `from`.
   */
  #breakOff(bytes: Uint8Array, from: number, at: number, isFirstOfLine: boolean): number {
    this.#stoppedAt = at;
    if (!isFirstOfLine) return MALFORMED;
    this.#isBroken = true;
    let i = at;
    while (i > from && bytes[i - 1] !== LINE_FEED) i--;
    return i;
  }
}

/** Whether a value may begin behind that byte, with a line feed between them. */
function mayHoldValue(before: number): boolean {
  return before === COMMA || before === COLON || before === LEFT_BRACKET;
}
