import { isDigit, LINE_FEED, SPACE } from '../framing/bytes.js';
import { Meter } from '../framing/meter.js';
import { standsAt } from '../text.js';
import { errorCodeAt } from './error-codes.js';
import { ValueScanner } from './framing/value-scanner.js';
import { WordTable } from './framing/word-table.js';

const PLUS = 0x2b;
const MINUS = 0x2d;
const COLON = 0x3a;
const DOLLAR = 0x24;
const ASTERISK = 0x2a;
const GREATER = 0x3e;
const BLOB_ERROR = 0x21;
const ATTRIBUTE = 0x7c;
const SIGN_OF_NULL = 0x5f;
const DOT = 0x2e;

/** Commands that are answered by what is published, of each of their arguments; its first element is the name of the command. */
export const SUBSCRIPTIONS = [
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'PSUBSCRIBE',
  'PUNSUBSCRIBE',
  'SSUBSCRIBE',
  'SUNSUBSCRIBE',
] as const;

const PUBLISHED = new WordTable([...SUBSCRIPTIONS, 'MESSAGE', 'PMESSAGE', 'SMESSAGE']);

/** What is published has so many elements. */
const PUBLISHED_ELEMENTS_MIN = 3;
const PUBLISHED_ELEMENTS_MAX = 4;

const QUEUED = '+QUEUED\r\n';

/** Reads what a reply is, in place. */
export class ReplyReader {
  /** A value was pushed: it answers nothing, unless it says that a command to subscribe was carried out. */
  isPush = false;
  /** Or it is an array. */
  isList = false;
  /** The code of an error. */
  error: string | undefined;
  /** The number of elements of an array or a push; -1 for null, undefined of anything else. */
  elements: number | undefined;
  readonly #scanner = new ValueScanner(new Meter(), false);
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #to = 0;

  /** Whether its first bytes, behind attributes, were captured. */
  read(bytes: Uint8Array, from: number, to: number): boolean {
    this.#bytes = bytes;
    this.#to = to;
    this.#at = this.#behindAttributes(from);
    this.error = this.elements = undefined;
    this.isPush = this.isList = false;
    if (this.#at >= to) return false;
    const type = bytes[this.#at];
    if (type === MINUS) this.error = errorCodeAt(bytes, this.#at + 1, to);
    else if (type === BLOB_ERROR) this.error = errorCodeAt(bytes, this.#behindLine(this.#at), to);
    else if (type === SIGN_OF_NULL) this.elements = -1;
    else if (type === ASTERISK || type === GREATER) {
      this.isList = true;
      this.isPush = type === GREATER;
      this.#readCount();
    }
    return true;
  }

  /** Whether it is a simple status. */
  get isStatus(): boolean {
    return this.#bytes[this.#at] === PLUS;
  }

  /** Whether a command was put off until EXEC; undefined if that lies beyond what was captured. */
  get isQueued(): boolean | undefined {
    const length = Math.min(QUEUED.length, this.#to - this.#at);
    for (let i = 0; i < length; i++) if (this.#bytes[this.#at + i] !== QUEUED.charCodeAt(i)) return false;
    return length === QUEUED.length ? true : undefined;
  }

  /** Whether it is a line that MONITOR shows of a command: `+1700000000.123456 [0 127.0.0.1:5]`. */
  get isOfMonitor(): boolean | undefined {
    let at = this.#at + 1;
    while (at < this.#to && (isDigit(this.#bytes[at]) || this.#bytes[at] === DOT)) at++;
    if (at + 1 >= this.#to) return undefined;
    return this.isStatus && at > this.#at + 10 && standsAt(' [', this.#bytes, at);
  }

  /** What is published, by its index: first the SUBSCRIPTIONS; -1 if it is nothing of that, undefined if that was not captured. */
  get published(): number | undefined {
    const { elements } = this;
    if (elements === undefined) return undefined;
    const isLikely = elements >= PUBLISHED_ELEMENTS_MIN && elements <= PUBLISHED_ELEMENTS_MAX;
    if (!isLikely && !this.isPush) return -1;
    const at = this.#behindLine(this.#at);
    if (at >= this.#to) return undefined;
    // Some servers push statuses.
    const isString = this.#bytes[at] === DOLLAR;
    const from = isString ? this.#behindLine(at) : at + 1;
    let end = from;
    while (end < this.#to && this.#bytes[end] > SPACE) end++;
    return end >= this.#to ? undefined : PUBLISHED.find(this.#bytes, from, end);
  }

  /** How many subscriptions the client has, as the third element says; undefined if that was not captured. */
  get subscriptions(): number | undefined {
    let at = this.#behindLine(this.#at);
    for (let i = 0; i < 2; i++) {
      at = this.#behindValue(at);
      if (at < 0) return undefined;
    }
    if (this.#bytes[at] !== COLON || this.#behindLine(at) > this.#to) return undefined;
    return this.#numberAt(at + 1);
  }

  /**
   * Tells of each element of an array in turn whether it is an error, and with which code; undefined of those that lie beyond what was
   * captured.
   */
  eachElement(
    count: number,
    tell: (index: number, isKnown: boolean, error: string | undefined) => void,
  ): void {
    let at = this.#behindLine(this.#at);
    for (let i = 0; i < count; i++) {
      const type = at >= 0 && at < this.#to ? this.#bytes[at] : ATTRIBUTE;
      let error: string | undefined;
      if (type === MINUS) error = errorCodeAt(this.#bytes, at + 1, this.#to);
      if (type === BLOB_ERROR) error = errorCodeAt(this.#bytes, this.#behindLine(at), this.#to);
      tell(i, type !== ATTRIBUTE, error);
      if (at >= 0) at = this.#behindValue(at);
    }
  }

  #readCount(): void {
    const at = this.#at + 1;
    if (this.#behindLine(this.#at) > this.#to) return;
    this.elements = this.#bytes[at] === MINUS ? -1 : this.#numberAt(at);
  }

  #numberAt(from: number): number {
    let number = 0;
    for (let at = from; at < this.#to && isDigit(this.#bytes[at]); at++)
      number = number * 10 + this.#bytes[at] - 0x30;
    return number;
  }

  /** Behind the end of a line; beyond `to` where that was not captured. */
  #behindLine(from: number): number {
    let at = from;
    while (at < this.#to && this.#bytes[at] !== LINE_FEED) at++;
    return at < this.#to ? at + 1 : this.#to + 1;
  }

  /** Behind a value; -1 where that was not captured. */
  #behindValue(at: number): number {
    if (at >= this.#to) return -1;
    this.#scanner.restart();
    const end = this.#scanner.scan(this.#bytes, at, this.#to);
    return end < 0 ? -1 : end;
  }

  #behindAttributes(from: number): number {
    let at = from;
    while (at >= 0 && at < this.#to && this.#bytes[at] === ATTRIBUTE) at = this.#behindPairs(at);
    return at < 0 ? this.#to : at;
  }

  /** Behind an attribute, of as many pairs as its line says. */
  #behindPairs(from: number): number {
    const values = 2 * this.#numberAt(from + 1);
    let at = this.#behindLine(from);
    for (let i = 0; i < values && at >= 0; i++) at = this.#behindValue(at);
    return at;
  }
}
