import {
  isClosing,
  isOpening,
  LEFT_BRACE,
  LEFT_BRACKET,
  QUOTE,
  RIGHT_BRACE,
  SPACE,
  skipBlank,
  skipToUnit,
} from '../../framing/bytes.js';
import { MALFORMED, UNFINISHED } from '../../framing/framer.js';
import { BLANK_STEPS, type Meter, searchLineFeed } from '../../framing/meter.js';
import { mayBeHeader, STRAY } from './blocks-framer.js';
import { continuesMessage, opensMessage, surelyOpensMessage } from './json-text-scanner.js';
import type { TextsFramer } from './texts-framer.js';

const BETWEEN = 0;
/** The unit may be no line: its brackets are counted. */
const IN_TEXT = 1;
/** They have come out even: a line feed or another text tells whether it was a line. */
const BEHIND_TEXT = 2;
/** It ends at the next line feed. */
const IN_LINE = 3;

/** That far it is looked at whether a line is none: the first line of a pretty text is short. */
const SHORT_BYTES = 128;

/**
 * Lines, each of them a text. A native search finds their ends; brackets are counted only where that may be wrong:
 *
 * - a line that begins as a message begins and does not end as one ends is the first of a pretty text, or broken;
 * - a piece that ends without a line feed may hold texts with nothing between them.
 *
 * Either may show that the stream is not made of lines (any more): `isLines` of the texts. A line that begins as no
 * message begins is noise.
 */
export class LinesFramer {
  readonly #meter: Meter;
  readonly #texts: TextsFramer;
  #state = BETWEEN;
  #isNoise = false;
  #isBatch = false;
  /** Bytes of a unit IN_TEXT that were looked at. */
  #bytes = 0;
  /** The last byte of the unit before this piece that was no blank. */
  #lastByte = 0;

  constructor(texts: TextsFramer, meter: Meter) {
    this.#texts = texts;
    this.#meter = meter;
  }

  get isBetween(): boolean {
    return this.#state === BETWEEN;
  }

  get isNoise(): boolean {
    return this.#isNoise;
  }

  get isBatch(): boolean {
    return this.#isBatch;
  }

  /** `isBatch`: the unit that has ended is one. */
  startOver(isBatch = false): void {
    this.#state = BETWEEN;
    this.#isBatch = isBatch;
    this.#isNoise = false;
    this.#texts.startOver();
  }

  /** As of a framer; like a text, a line may end at `from`. STRAY when one that may be a header block begins. */
  next(bytes: Uint8Array, from: number, to: number): number {
    if (this.#state === IN_LINE) {
      return this.#line(bytes, from, searchLineFeed(bytes, from, to, this.#meter), to);
    }
    if (this.#state !== BETWEEN) return this.#goOn(bytes, from, to);
    const i = bytes[from] === LEFT_BRACE ? from : this.#skipBlanks(bytes, from, to);
    if (i === to) return UNFINISHED;
    const feed = searchLineFeed(bytes, i, to, this.#meter);
    // What nearly all lines are is told first.
    if (feed < to && bytes[i] === LEFT_BRACE && bytes[i + 1] === QUOTE && bytes[feed - 1] === RIGHT_BRACE) {
      this.#isBatch = this.#isNoise = false;
      return feed + 1;
    }
    return this.#begin(bytes, i, feed, to);
  }

  #skipBlanks(bytes: Uint8Array, from: number, to: number): number {
    const i = skipToUnit(bytes, from, to);
    this.#meter.steps += BLANK_STEPS * (i - from);
    return i;
  }

  #begin(bytes: Uint8Array, i: number, feed: number, to: number): number {
    this.#isBatch = bytes[i] === LEFT_BRACKET;
    this.#isNoise = !opensMessage(bytes, i, feed);
    if (mayBeHeader(bytes[i])) return STRAY;
    if (feed < to && (this.#isNoise || isClosing(this.#lastOf(bytes, i, feed)))) return feed + 1;
    this.#bytes = this.#lastByte = 0;
    if (this.#isNoise) return this.#enterLine(bytes, i, to);
    this.#state = IN_TEXT;
    this.#texts.startOver();
    return this.#text(bytes, i, feed, to);
  }

  /** Takes what goes on at bytes[from] for a line of noise. */
  takeForNoise(bytes: Uint8Array, from: number, to: number): number {
    this.passNoise();
    return this.#line(bytes, from, searchLineFeed(bytes, from, to, this.#meter), to);
  }

  /** What has ended, or is at hand, was taken for something else, and is a line of noise. */
  passNoise(): void {
    this.startOver();
    this.#texts.includeLine();
    this.#isNoise = true;
  }

  skip(count: number, endsUnit: boolean): void {
    if (endsUnit) {
      this.#state = BETWEEN;
      this.#texts.startOver();
    } else if (this.#state === IN_TEXT && this.#texts.hasLineFeed) this.#texts.skip(count, false);
    else {
      this.#state = IN_LINE;
      this.#lastByte = 0;
    }
  }

  #goOn(bytes: Uint8Array, from: number, to: number): number {
    if (this.#state === IN_TEXT && this.#texts.hasLineFeed) return this.#prettyText(bytes, from, to);
    const feed = searchLineFeed(bytes, from, to, this.#meter);
    if (this.#state === BEHIND_TEXT) return this.#behindText(bytes, from, from, feed, to);
    const last = this.#lastOf(bytes, from, feed);
    if (feed < to && isClosing(last === 0 ? this.#lastByte : last)) {
      this.#isNoise = !this.#texts.isOpened && !continuesMessage(this.#texts.first, bytes, from, feed);
      return this.#endAt(feed + 1);
    }
    return this.#text(bytes, from, feed, to);
  }

  /** Goes on with a text that has no line feed so far; the next one is at `feed`, or beyond `to`. */
  #text(bytes: Uint8Array, from: number, feed: number, to: number): number {
    const texts = this.#texts;
    const stop = Math.min(to, feed + 1, from + SHORT_BYTES - this.#bytes);
    this.#bytes += stop - from;
    const behind = bytes[stop];
    const end = texts.next(bytes, from, stop);
    bytes[stop] = behind;
    if (end >= 0) return this.#behindText(bytes, from, end, feed, to);
    if (end === MALFORMED) this.#isNoise = !texts.isOpened;
    // JSON has no line feeds inside strings: such a line is broken.
    const isLine = end === MALFORMED || this.#bytes === SHORT_BYTES || (stop > feed && texts.isInString);
    if (isLine) return this.#line(bytes, from, feed, to);
    if (feed === to) return this.#unfinished(bytes, from, to);
    return stop === to ? UNFINISHED : this.#prettyText(bytes, stop, to);
  }

  #prettyText(bytes: Uint8Array, from: number, to: number): number {
    const end = this.#texts.next(bytes, from, to);
    if (end === UNFINISHED) return UNFINISHED;
    if (end >= 0) return this.#leave(end);
    const { stoppedAt } = this.#texts;
    return this.#line(bytes, stoppedAt, searchLineFeed(bytes, stoppedAt, to, this.#meter), to);
  }

  /** Looks at what stands behind a text that has ended at `end`, where a line feed should. */
  #behindText(bytes: Uint8Array, from: number, end: number, feed: number, to: number): number {
    const i = skipBlank(bytes, end, feed);
    if (i < feed) return isOpening(bytes[i]) ? this.#leave(end) : this.#line(bytes, from, feed, to);
    if (feed < to) return this.#endAt(feed + 1);
    this.#texts.startOver();
    this.#state = BEHIND_TEXT;
    return UNFINISHED;
  }

  #line(bytes: Uint8Array, from: number, feed: number, to: number): number {
    // Outside strings no bracket opens behind one that closes: the line was a text, without a line feed. But it is not known
    // any more what is outside.
    if (this.#state === IN_LINE && !this.#isNoise && isClosing(this.#lastByte)) {
      const i = skipBlank(bytes, from, feed);
      if (i < feed && surelyOpensMessage(bytes, i, feed)) return this.#leave(from);
    }
    return feed === to ? this.#enterLine(bytes, from, to) : this.#endAt(feed + 1);
  }

  #enterLine(bytes: Uint8Array, from: number, to: number): number {
    this.#state = IN_LINE;
    return this.#unfinished(bytes, from, to);
  }

  #unfinished(bytes: Uint8Array, from: number, to: number): number {
    const last = this.#lastOf(bytes, from, to);
    if (last !== 0) this.#lastByte = last;
    return UNFINISHED;
  }

  /** The unit was a line. */
  #endAt(end: number): number {
    this.#state = BETWEEN;
    this.#texts.startOver();
    this.#texts.includeLine();
    return end;
  }

  /** The unit was none: what follows are texts. */
  #leave(end: number): number {
    this.#state = BETWEEN;
    this.#texts.startOver();
    this.#texts.excludeLines();
    return end;
  }

  /** The last of bytes[from, to) that is no blank, or 0. */
  #lastOf(bytes: Uint8Array, from: number, to: number): number {
    let i = to;
    while (i > from && bytes[i - 1] <= SPACE) i--;
    this.#meter.steps += BLANK_STEPS * (to - i);
    return i > from ? bytes[i - 1] : 0;
  }
}
