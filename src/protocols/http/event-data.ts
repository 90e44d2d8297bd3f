import { CARRIAGE_RETURN, COLON, LINE_FEED, SPACE } from '../framing/bytes.js';
import type { PartialUnit } from '../partial-unit.js';
import { asciiText } from '../text.js';

/** Names of fields that matter, and the type that an event has if it does not say so. */
const DATA = 'data';
const TYPE = 'event';
const MESSAGE = 'message';

/**
 * Leaves of an event in a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html) its data only, with
 * line feeds between the lines of it. False when it is of another type than messages are, or has no data.
 */
export function keepEventData(unit: PartialUnit): boolean {
  const { head, headBytes, tail, tailBytes } = unit;
  const lines = new EventLines(head);
  lines.take(startOf(head, headBytes), headBytes);
  if (lines.isOther || (!unit.hasHole && !lines.hasData)) return false;
  unit.headBytes = lines.kept;
  unit.length -= headBytes - lines.kept;
  if (!unit.hasHole) return true;
  const end = new EventLines(tail);
  // The hole may have ended any other line than that of the data.
  if (lines.isInData) end.takeRest(tailBytes);
  unit.tailBytes = end.kept;
  unit.length -= tailBytes - end.kept;
  return true;
}

/** Gathers the data of lines at the beginning of the bytes that they stand in. */
class EventLines {
  readonly #bytes: Uint8Array;
  kept = 0;
  hasData = false;
  isOther = false;
  /** The last line is one of data, and goes on behind the bytes. */
  isInData = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(from: number, to: number): void {
    for (let at = from; at < to; ) {
      const end = endOfLine(this.#bytes, at, to);
      this.#line(at, end);
      this.isInData &&= end === to;
      at = end + 1;
    }
  }

  /** The bytes begin within a line of data. */
  takeRest(to: number): void {
    const end = endOfLine(this.#bytes, 0, to);
    this.#keep(0, end);
    this.take(end + 1, to);
  }

  #line(from: number, to: number): void {
    const bytes = this.#bytes;
    let colon = from;
    while (colon < to && bytes[colon] !== COLON) colon++;
    const value = bytes[colon + 1] === SPACE ? colon + 2 : colon + 1;
    const name =
      colon - from === DATA.length || colon - from === TYPE.length ? asciiText(bytes, from, colon) : '';
    this.isInData = name === DATA && colon < to;
    if (name === DATA) this.#keep(Math.min(value, to), to);
    else if (name === TYPE && value < to)
      this.isOther = asciiText(bytes, value, Math.min(to, value + 8)) !== MESSAGE;
  }

  #keep(from: number, to: number): void {
    if (this.hasData) this.#bytes[this.kept++] = LINE_FEED;
    this.hasData = true;
    this.#bytes.copyWithin(this.kept, from, to);
    this.kept += to - from;
  }
}

/** Behind a byte order mark, which may stand in front of the first event. */
function startOf(bytes: Uint8Array, to: number): number {
  return to >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

function endOfLine(bytes: Uint8Array, from: number, to: number): number {
  let i = from;
  while (i < to && bytes[i] !== LINE_FEED && bytes[i] !== CARRIAGE_RETURN) i++;
  return i;
}
