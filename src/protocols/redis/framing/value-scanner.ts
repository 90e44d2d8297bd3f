import { CARRIAGE_RETURN, LINE_FEED } from '../../framing/bytes.js';
import { MALFORMED, UNFINISHED } from '../../framing/framer.js';
import { type Meter, searchLineFeed } from '../../framing/meter.js';

/** What the first byte of a value says: nothing that there is, … */
const NONE = 0;
/** … a line; a number of bytes behind a line; or a number of values. */
const LINE = 1;
const BULK = 2;
const AGGREGATE = 3;
/** Of these, a number of pairs; such pairs in front of a value. */
const MAP = 4;
const ATTRIBUTE = 5;
/** A part of a string; the end of an aggregate; of which nobody has said how many there are. */
const CHUNK = 6;
const END = 7;

/** https://redis.io/docs/latest/develop/reference/protocol-spec/ and, for streams, https://github.com/redis/redis-specifications. */
const OF_REPLY = kinds({
  '+-:_#,(': LINE,
  '$!=': BULK,
  '*~>': AGGREGATE,
  '%': MAP,
  '|': ATTRIBUTE,
  '.': END,
});
const OF_CHUNKS = kinds({ ';': CHUNK });
/** Commands are arrays of strings. */
const OF_COMMAND = kinds({ '*': AGGREGATE });
const OF_ARGUMENTS = kinds({ $: BULK });

/** What one may be set to at most is more than anyone has: the default of `proto-max-bulk-len` is 2^29. */
const BULK_BYTES_MAX = 2 ** 40;
const COUNT_MAX = 2 ** 31;
const DIGITS_MAX = 13;
/** Values to come of an aggregate of which the number is not known, … */
const UNCOUNTED = 2 ** 51;
/** … and of all aggregates that have begun: as many as can be counted. */
const VALUES_MAX = 2 ** 52;
const STREAMS_MAX = 8;

const DOLLAR = 0x24;
const MINUS = 0x2d;
const QUESTION_MARK = 0x3f;

const AT_TYPE = 0;
const AT_NUMBER = 1;
const AT_LINE_FEED = 2;
const AT_DATA = 3;
const AT_LINE = 4;

/** Up to here a loop finds the end of a line sooner than the native search. */
const NEAR_BYTES = 24;

/** Steps for each value, and each piece; … */
const HEADER_STEPS = 30;
/** … and for a string that is passed over with others. */
const STRING_STEPS = 10;
/** The length of one that is longer has a digit more. */
const STRING_BYTES_MAX = 10_000;
/** `$12345\r\n`. */
const STRING_HEADER_BYTES_MAX = 8;

/** Finds the end of a value, however deep it is: it counts those to come. */
export class ValueScanner {
  /** How many values of the one at hand, that itself included, have shown what they are. */
  headers = 0;
  /** It is an array, the first element of which is no string and no array: numbers and statuses, as EXEC has them. */
  isListOfLines = false;
  readonly #meter: Meter;
  readonly #isCommand: boolean;
  #state = AT_TYPE;
  #kind = NONE;
  #number = 0;
  #digits = 0;
  #isNegative = false;
  #isStreamed = false;
  /** Bytes of data to come, with the end of the line behind them. */
  #left = 0;
  #values = 1;
  #isInChunks = false;
  /** Values to come around each aggregate of which the number is not known. */
  readonly #around: number[] = [];

  constructor(meter: Meter, isCommand: boolean) {
    this.#meter = meter;
    this.#isCommand = isCommand;
  }

  restart(): void {
    this.#state = AT_TYPE;
    this.#values = 1;
    this.headers = 0;
    this.isListOfLines = false;
    this.#isInChunks = false;
    this.#around.length = 0;
  }

  /** The index behind the value, UNFINISHED or MALFORMED. Overwrites bytes[to]. */
  scan(bytes: Uint8Array, from: number, to: number): number {
    const before = this.headers;
    const end = this.#scan(bytes, from, to);
    this.#meter.steps += HEADER_STEPS * (1 + this.headers - before);
    return end;
  }

  /** So many bytes are missing: UNFINISHED, 0 if the value ends with them, MALFORMED if its end cannot be told any more. */
  pass(count: number): number {
    if (this.#state !== AT_DATA || count > this.#left) return MALFORMED;
    this.#left -= count;
    if (this.#left > 0) return UNFINISHED;
    return this.#finishData() ? 0 : UNFINISHED;
  }

  #scan(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    for (;;) {
      if (this.#state === AT_DATA) {
        const end = at + this.#left;
        if (!this.#endsWell(bytes, end, to)) return MALFORMED;
        if (end > to) {
          this.#left = end - to;
          return UNFINISHED;
        }
        at = end;
        if (this.#finishData()) return at;
      }
      if (at === to) return UNFINISHED;
      if (this.#state === AT_TYPE && bytes[at] === DOLLAR) {
        at = this.#passStrings(bytes, at, to);
        if (this.#values === 0) return at;
        if (at === to) return UNFINISHED;
      }
      if (this.#state === AT_TYPE && !this.#begin(bytes[at++])) return MALFORMED;
      if (this.#state === AT_LINE) {
        at = this.#endOfLine(bytes, at, to);
        if (at === UNFINISHED) return UNFINISHED;
        if (this.#kind === END && !this.#endStream()) return MALFORMED;
        if (this.#finishValue()) return at;
        continue;
      }
      if (this.#state === AT_NUMBER) {
        at = this.#readNumber(bytes, at, to);
        if (at < 0) return at;
      }
      if (at === to) return UNFINISHED;
      if (this.#state === AT_LINE_FEED) {
        if (bytes[at++] !== LINE_FEED) return MALFORMED;
        const state = this.#open();
        if (state === MALFORMED) return MALFORMED;
        if (state === 0) return at;
      }
    }
  }

  /**
   * Passes over strings that are there as a whole, which most elements of lists are, three times as fast as the states do. The index
   * behind them.
   */
  #passStrings(bytes: Uint8Array, from: number, to: number): number {
    if (this.#isInChunks || (this.#isCommand && this.headers === 0)) return from;
    const last = to - STRING_HEADER_BYTES_MAX;
    let left = this.#values;
    let at = from;
    while (left > 0 && at <= last && bytes[at] === DOLLAR) {
      let i = at + 1;
      let length = bytes[i] - 0x30;
      if (length < 0 || length > 9) break;
      while (bytes[++i] !== CARRIAGE_RETURN) {
        const digit = bytes[i] - 0x30;
        if (digit < 0 || digit > 9 || length >= STRING_BYTES_MAX) return this.#passed(left, at);
        length = length * 10 + digit;
      }
      const end = i + 4 + length;
      const endsWell = bytes[i + 1] === LINE_FEED && end <= to && bytes[end - 2] === CARRIAGE_RETURN;
      if (!endsWell || bytes[end - 1] !== LINE_FEED) break;
      at = end;
      left--;
    }
    return this.#passed(left, at);
  }

  /** So many values are left, which begin at `at`. */
  #passed(left: number, at: number): number {
    const count = this.#values - left;
    this.#values = left;
    this.headers += count;
    this.#meter.steps -= (HEADER_STEPS - STRING_STEPS) * count;
    return at;
  }

  #begin(type: number): boolean {
    let table = OF_REPLY;
    if (this.#isCommand) table = this.headers === 0 ? OF_COMMAND : OF_ARGUMENTS;
    else if (this.#isInChunks) table = OF_CHUNKS;
    const before = this.#kind;
    this.#kind = table[type];
    if (this.headers === 1 && before === AGGREGATE) this.isListOfLines = this.#kind === LINE;
    this.#state = this.#kind === LINE || this.#kind === END ? AT_LINE : AT_NUMBER;
    this.#number = this.#digits = 0;
    this.#isNegative = this.#isStreamed = false;
    return this.#kind !== NONE;
  }

  /** Reads digits up to the end of their line. The index behind the carriage return or `to`; MALFORMED. */
  #readNumber(bytes: Uint8Array, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      const byte = bytes[at];
      if (byte >= 0x30 && byte <= 0x39) {
        if (++this.#digits > DIGITS_MAX || this.#isStreamed) return MALFORMED;
        this.#number = this.#number * 10 + byte - 0x30;
      } else if (byte === CARRIAGE_RETURN && (this.#digits > 0 || this.#isStreamed)) {
        this.#state = AT_LINE_FEED;
        return at + 1;
      } else if (this.#digits > 0 || this.#isNegative || this.#isStreamed) return MALFORMED;
      else if (byte === MINUS) this.#isNegative = true;
      else if (byte === QUESTION_MARK && !this.#isCommand) this.#isStreamed = true;
      else return MALFORMED;
    }
    return to;
  }

  /** The number of a value is known: UNFINISHED, 0 if the value has ended with it, or MALFORMED. */
  #open(): number {
    const kind = this.#kind;
    const number = this.#number;
    if (this.#isNegative) return this.#openNull();
    if (this.#isStreamed) return this.#openStream();
    if (kind === BULK || kind === CHUNK) {
      if (number > BULK_BYTES_MAX) return MALFORMED;
      this.headers++;
      if (kind === CHUNK && number === 0) {
        this.#isInChunks = false;
        return this.#finishValue() ? 0 : UNFINISHED;
      }
      this.#left = number + 2;
      this.#state = AT_DATA;
      return UNFINISHED;
    }
    if (number > COUNT_MAX) return MALFORMED;
    this.#values += kind === AGGREGATE ? number : 2 * number;
    if (this.#values > VALUES_MAX) return MALFORMED;
    // What stands behind an attribute is the value.
    if (kind === ATTRIBUTE) this.#values++;
    return this.#finishValue() ? 0 : UNFINISHED;
  }

  /** Of RESP2: there is no string or array. */
  #openNull(): number {
    const isNull = this.#number === 1 && (this.#kind === BULK || this.#kind === AGGREGATE);
    if (!isNull || (this.#isCommand && this.headers > 0)) return MALFORMED;
    return this.#finishValue() ? 0 : UNFINISHED;
  }

  #openStream(): number {
    if (this.#kind === BULK) {
      this.headers++;
      this.#isInChunks = true;
      this.#state = AT_TYPE;
      return UNFINISHED;
    }
    const isPossible = this.#kind === AGGREGATE || this.#kind === MAP;
    if (!isPossible || this.#around.length === STREAMS_MAX) return MALFORMED;
    this.headers++;
    this.#around.push(this.#values);
    this.#values = UNCOUNTED;
    this.#state = AT_TYPE;
    return UNFINISHED;
  }

  #endStream(): boolean {
    const around = this.#around.pop();
    if (around === undefined) return false;
    this.#values = around;
    return true;
  }

  /** A value or what announces more of them is over. Whether all are. */
  #finishValue(): boolean {
    this.headers++;
    this.#state = AT_TYPE;
    return --this.#values === 0;
  }

  #finishData(): boolean {
    this.#state = AT_TYPE;
    if (this.#isInChunks) return false;
    return --this.#values === 0;
  }

  /** Whether the end of the line behind data that end at bytes[end - 2] is one, as far as it is there. */
  #endsWell(bytes: Uint8Array, end: number, to: number): boolean {
    if (to >= end && bytes[end - 1] !== LINE_FEED) return false;
    return this.#left < 2 || to < end - 1 || bytes[end - 2] === CARRIAGE_RETURN;
  }

  #endOfLine(bytes: Uint8Array, from: number, to: number): number {
    const near = Math.min(to, from + NEAR_BYTES);
    for (let at = from; at < near; at++) if (bytes[at] === LINE_FEED) return at + 1;
    if (near === to) return UNFINISHED;
    const feed = searchLineFeed(bytes, near, to, this.#meter);
    return feed === to ? UNFINISHED : feed + 1;
  }
}

function kinds(table: Readonly<Record<string, number>>): Uint8Array {
  const all = new Uint8Array(256);
  for (const [types, kind] of Object.entries(table)) {
    for (const type of types) all[type.charCodeAt(0)] = kind;
  }
  return all;
}
