import { CARRIAGE_RETURN, LINE_FEED } from '../../framing/bytes.js';
import { UNFINISHED } from '../../framing/framer.js';
import { BLANK_STEPS, type Meter, SEARCH_STEPS, SEARCHED_SHIFT } from '../../framing/meter.js';

/**
 * So far the end of a line is looked for at once. Lines may end with what is not found in all that is at hand: each of
 * thousands of short ones would have it searched.
 */
const SEARCHED_BYTES = 512;

/**
 * Finds where the events of a stream end: with an empty line. A line ends with a line feed, a carriage return, or both
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream).
 */
export class EventScanner {
  readonly #meter: Meter;
  #isBegun = false;
  #isLineEmpty = true;
  /** A line feed that comes next belongs to the carriage return before it. */
  #isAfterReturn = false;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** Whether anything but empty lines has been seen since the last event. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  reset(): void {
    this.#isBegun = false;
    this.#isLineEmpty = true;
    this.#isAfterReturn = false;
  }

  /** Bytes of an event are missing. */
  skip(): void {
    this.#isBegun = true;
    this.#isLineEmpty = false;
    this.#isAfterReturn = false;
  }

  /** The index after the event, or UNFINISHED. Overwrites bytes of it and bytes[to], but for a moment only. */
  next(bytes: Uint8Array, from: number, to: number): number {
    let i = from;
    while (i < to) {
      const byte = bytes[i++];
      this.#meter.steps += BLANK_STEPS;
      if (byte === LINE_FEED) {
        if (!this.#isAfterReturn && this.#endLine()) return i;
        this.#isAfterReturn = false;
      } else if (byte === CARRIAGE_RETURN) {
        this.#isAfterReturn = true;
        if (this.#endLine()) return this.#behindReturn(bytes, i, to);
      } else {
        this.#isBegun = true;
        this.#isLineEmpty = false;
        this.#isAfterReturn = false;
        i = this.#endOfLine(bytes, i, to);
      }
    }
    return UNFINISHED;
  }

  /** Whether the event ends with the line. */
  #endLine(): boolean {
    const isEnd = this.#isLineEmpty && this.#isBegun;
    if (isEnd) this.#isBegun = false;
    this.#isLineEmpty = true;
    return isEnd;
  }

  #behindReturn(bytes: Uint8Array, from: number, to: number): number {
    if (from === to || bytes[from] !== LINE_FEED) return from;
    this.#isAfterReturn = false;
    return from + 1;
  }

  /** Index of what ends the line, or where it is to be looked for again. */
  #endOfLine(bytes: Uint8Array, from: number, to: number): number {
    const feed = this.#find(LINE_FEED, bytes, from, Math.min(to, from + SEARCHED_BYTES));
    return this.#find(CARRIAGE_RETURN, bytes, from, feed);
  }

  #find(wanted: number, bytes: Uint8Array, from: number, to: number): number {
    const behind = bytes[to];
    bytes[to] = wanted;
    const at = bytes.indexOf(wanted, from);
    bytes[to] = behind;
    this.#meter.steps += SEARCH_STEPS + ((at - from) >> SEARCHED_SHIFT);
    return at;
  }
}
