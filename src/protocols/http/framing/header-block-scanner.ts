import {
  CARRIAGE_RETURN,
  isDigit,
  isOpening,
  LINE_FEED,
  lowerCase,
  SEMICOLON,
  SPACE,
  TAB,
} from '../../framing/bytes.js';
import { MALFORMED, UNFINISHED } from '../../framing/framer.js';

import { HEADER_BYTE_STEPS, type Meter, SEARCH_STEPS, SEARCHED_SHIFT } from '../../framing/meter.js';
import {
  BODY_OF_LENGTH,
  BODY_TO_THE_END,
  type BodyKind,
  CHUNKED_BODY,
  NO_BODY,
  TUNNEL,
  UNKNOWN_BODY,
} from './body-kind.js';
import {
  CONNECT,
  CONTENT_LENGTH,
  CONTENT_TYPE,
  isWhole,
  NAMES,
  NAMES_IN_RESPONSE,
  OPENINGS,
  STATUS_LINE,
  stillMatching,
  TRANSFER_ENCODING,
} from './header-names.js';
import { TransferCodings } from './transfer-codings.js';

/** Servers take 8 to 80 KiB of headers; what is longer is something else. */
const BLOCK_BYTES_MAX = 64 * 1024;
const METHOD_BYTES_MAX = 32;

const HYPHEN = 0x2d;

const BEFORE = 0;
const OPENING = 1;
const REQUEST = 2;
const STATUS = 3;
const NAME = 4;
const LENGTH = 5;
const CODING = 6;
const TYPE = 7;
const REST = 8;
const DONE = 9;

/** Blocks of which kinds may come: those of LSP are neither. */
export const ANY_BLOCKS = 0;
export const REQUEST_BLOCKS = 1;
export const RESPONSE_BLOCKS = 2;

export type BlockKinds = typeof ANY_BLOCKS | typeof REQUEST_BLOCKS | typeof RESPONSE_BLOCKS;

/** What a block of each kind may begin with, beside a method. */
const OPENINGS_OF = [OPENINGS, CONNECT, STATUS_LINE];

const VERSION = ' HTTP/1.';
/** The `index` of a request line of which the end has not been looked for. */
const UNTRIED = -1;
const EVENT_STREAM = 'text/event-stream';
/** The length of `1 200`: version, space and status code. */
const STATUS_BYTES = 5;

/**
 * Reads a block of header lines and what it says of the body after it (RFC 9112 section 6, and the base
 * protocol of LSP, which has no start line).
 *
 *   BEFORE ─► OPENING ─┬─► REQUEST ─┐         ┌──────────────────────┐
 *                      ├─► STATUS ──┤  line   ▼                      │ line feed
 *                      │            └──────► NAME ─┬─► LENGTH ───────┤
 *                      └─► (a header) ─────────────┼─► CODING ───────┤
 *                                            │     ├─► TYPE ─────────┤
 *                                            │     └─► REST ─────────┘
 *                                            └─► empty line: DONE
 */
export class HeaderBlockScanner {
  readonly #meter: Meter;
  readonly #kinds: BlockKinds;
  readonly #codings = new TransferCodings();
  #state = BEFORE;
  #bytes = 0;
  /** How far the line is matched against something; what that is depends on the state. */
  #index = 0;
  #candidates = 0;
  #mayBeMethod = true;
  #isRequest = false;
  #isTunnel = false;
  /** 0 when the block is no response. */
  #status = 0;
  #length = -1;
  #lengthOfLine = 0;
  #isEventStream = false;
  #stoppedAt = 0;
  #isBeforeText = false;

  constructor(meter: Meter, kinds: BlockKinds = ANY_BLOCKS) {
    this.#meter = meter;
    this.#kinds = kinds;
  }

  /** Whether nothing of the block has been seen yet but white space. */
  get isBefore(): boolean {
    return this.#state === BEFORE;
  }

  /** Whether it has begun as only a block begins: with a line of a request, a version of HTTP, or a header of LSP. */
  get isOpened(): boolean {
    return this.#state > REQUEST;
  }

  /** Whether it has a start line, which LSP has not. */
  get isHttp(): boolean {
    return this.#isRequest || this.#status !== 0;
  }

  /** Where it showed to be none. */
  get stoppedAt(): number {
    return this.#stoppedAt;
  }

  /** It did because what begins there is JSON, and no header. */
  get isBeforeText(): boolean {
    return this.#isBeforeText;
  }

  get isResponse(): boolean {
    return this.#status !== 0;
  }

  /** The body is a stream of events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
  get isEventStream(): boolean {
    return this.#isEventStream;
  }

  /** Length of a BODY_OF_LENGTH: from 1 to 2^53 - 1. */
  get length(): number {
    return this.#length;
  }

  reset(): void {
    this.#state = BEFORE;
    this.#bytes = 0;
    this.#index = 0;
    this.#isRequest = false;
    this.#isTunnel = false;
    this.#status = 0;
    this.#length = -1;
    this.#codings.reset();
    this.#isEventStream = false;
    this.#isBeforeText = false;
  }

  /** Goes on behind `HTTP/1.`, which the caller has seen. */
  resetToStatusLine(): void {
    this.reset();
    this.#state = STATUS;
  }

  /** What follows the block, as far as it was seen. */
  body(): BodyKind {
    if (this.#isTunnel || this.#status === 101) return TUNNEL;
    const isResponse = this.#status !== 0;
    // RFC 9112 section 6.3: such a response has no body, even if its headers say so.
    if (isResponse && (this.#status < 200 || this.#status === 204 || this.#status === 304)) return NO_BODY;
    if (this.#codings.isChunked) return CHUNKED_BODY;
    if (this.#codings.isAny) return isResponse ? BODY_TO_THE_END : UNKNOWN_BODY;
    if (this.#length >= 0) return this.#length === 0 ? NO_BODY : BODY_OF_LENGTH;
    if (isResponse) return BODY_TO_THE_END;
    return this.#isRequest ? NO_BODY : UNKNOWN_BODY;
  }

  /** The index after the empty line, UNFINISHED or MALFORMED. */
  next(bytes: Uint8Array, from: number, to: number): number {
    const longest = from + BLOCK_BYTES_MAX - this.#bytes;
    let i = from;
    while (i < to && i <= longest && this.#state !== DONE) {
      if (this.#state === REST) {
        bytes[to] = LINE_FEED;
        const feed = bytes.indexOf(LINE_FEED, i);
        this.#meter.steps += SEARCH_STEPS + ((feed - i) >> SEARCHED_SHIFT);
        i = feed;
        if (i === to) break;
      }
      if (this.#state === REQUEST && this.#index === UNTRIED) {
        this.#index = 0;
        const end = this.#wholeRequestLine(bytes, i, to);
        if (end > 0) {
          i = end;
          continue;
        }
      }
      this.#meter.steps += HEADER_BYTE_STEPS;
      if (!this.#take(bytes[i++])) return this.#stop(i - 1);
    }
    this.#bytes += i - from;
    if (this.#bytes > BLOCK_BYTES_MAX) return this.#stop(i - 1);
    return this.#state === DONE ? i : UNFINISHED;
  }

  /** The index behind the rest of a request line, if it is there and ends as one does; else 0, and it is to be looked at byte by byte. */
  #wholeRequestLine(bytes: Uint8Array, from: number, to: number): number {
    bytes[to] = LINE_FEED;
    const feed = bytes.indexOf(LINE_FEED, from);
    this.#meter.steps += SEARCH_STEPS + ((feed - from) >> SEARCHED_SHIFT);
    if (feed === to) return 0;
    const last = bytes[feed - 1] === CARRIAGE_RETURN ? feed - 2 : feed - 1;
    const version = last - VERSION.length;
    if (version < from || !isDigit(bytes[last])) return 0;
    for (let i = 0; i < VERSION.length; i++) if (bytes[version + i] !== VERSION.charCodeAt(i)) return 0;
    this.#isRequest = true;
    this.#endLine(NAME);
    return feed + 1;
  }

  #stop(at: number): number {
    this.#stoppedAt = at;
    return MALFORMED;
  }

  #take(byte: number): boolean {
    switch (this.#state) {
      case BEFORE:
        return this.#before(byte);
      case OPENING:
        return this.#opening(byte);
      case REQUEST:
        return this.#requestLine(byte);
      case STATUS:
        return this.#statusLine(byte);
      case NAME:
        return this.#name(byte);
      case LENGTH:
        return this.#contentLength(byte);
      case CODING:
        return this.#transferEncoding(byte);
      case TYPE:
        return this.#contentType(byte);
      default:
        return this.#endLine(NAME);
    }
  }

  #before(byte: number): boolean {
    if (byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === SPACE || byte === TAB) return true;
    this.#state = OPENING;
    this.#candidates = OPENINGS_OF[this.#kinds];
    this.#mayBeMethod = this.#kinds !== RESPONSE_BLOCKS;
    return this.#opening(byte);
  }

  #opening(byte: number): boolean {
    this.#candidates = stillMatching(this.#candidates, this.#index, byte);
    if (isWhole(this.#candidates, this.#index)) return this.#opened();
    if (this.#mayBeMethod && byte === SPACE && this.#index > 0) return this.#enterRequest();
    this.#index++;
    this.#mayBeMethod &&= isOfMethod(byte) && this.#index <= METHOD_BYTES_MAX;
    return this.#mayBeMethod || this.#candidates !== 0;
  }

  #opened(): boolean {
    if (this.#candidates === CONTENT_TYPE) return this.#enter(REST);
    if (this.#candidates === CONTENT_LENGTH) return this.#enter(LENGTH);
    if (this.#candidates === STATUS_LINE) return this.#enter(STATUS);
    this.#isTunnel = this.#candidates === CONNECT;
    return this.#enterRequest();
  }

  #enterRequest(): boolean {
    this.#enter(REQUEST);
    this.#index = UNTRIED;
    return true;
  }

  /** Passes over a request line, which must end in a version of HTTP that has this framing. */
  #requestLine(byte: number): boolean {
    const isVersionSeen = this.#index > VERSION.length;
    if (byte === LINE_FEED) {
      this.#isRequest = isVersionSeen;
      return isVersionSeen && this.#endLine(NAME);
    }
    if (isVersionSeen && byte === CARRIAGE_RETURN) return true;
    if (this.#index === VERSION.length && isDigit(byte)) this.#index++;
    else if (this.#index < VERSION.length && byte === VERSION.charCodeAt(this.#index)) this.#index++;
    else this.#index = byte === SPACE ? 1 : 0;
    return true;
  }

  #statusLine(byte: number): boolean {
    if (this.#index === 1) {
      if (byte !== SPACE) return false;
    } else if (!isDigit(byte)) return false;
    else if (this.#index > 1) this.#status = this.#status * 10 + byte - 0x30;
    if (++this.#index < STATUS_BYTES) return true;
    return this.#status >= 100 && this.#enter(REST);
  }

  #name(byte: number): boolean {
    if (byte === LINE_FEED) return this.#endLine(this.#index === 0 ? DONE : NAME);
    if (byte === CARRIAGE_RETURN && this.#index === 0) return true;
    this.#isBeforeText = this.#index === 0 && isOpening(byte);
    if (this.#isBeforeText) return false;
    this.#candidates = stillMatching(this.#candidates, this.#index, byte);
    if (this.#candidates === 0) this.#state = REST;
    else if (!isWhole(this.#candidates, this.#index)) this.#index++;
    else if (this.#candidates === CONTENT_TYPE) return this.#enter(TYPE);
    else return this.#enter(this.#candidates === TRANSFER_ENCODING ? CODING : LENGTH);
    return true;
  }

  /** `index` is 0 before the digits, 1 among them and 2 after them. */
  #contentLength(byte: number): boolean {
    if (isDigit(byte)) {
      if (this.#index === 2) return false;
      this.#lengthOfLine = (this.#index === 0 ? 0 : this.#lengthOfLine * 10) + byte - 0x30;
      this.#index = 1;
      return this.#lengthOfLine <= Number.MAX_SAFE_INTEGER;
    }
    if (byte === LINE_FEED) {
      const isSame = this.#length < 0 || this.#length === this.#lengthOfLine;
      const isNumber = this.#index > 0;
      this.#length = this.#lengthOfLine;
      return isNumber && isSame && this.#endLine(NAME);
    }
    if (this.#index === 1) this.#index = 2;
    return byte === SPACE || byte === TAB || byte === CARRIAGE_RETURN;
  }

  #transferEncoding(byte: number): boolean {
    this.#codings.take(byte);
    return byte !== LINE_FEED || this.#endLine(NAME);
  }

  /** Passes over the rest of the line once the type is another. */
  #contentType(byte: number): boolean {
    if (this.#index === EVENT_STREAM.length) {
      this.#isEventStream = byte <= SPACE || byte === SEMICOLON;
      return byte === LINE_FEED ? this.#endLine(NAME) : this.#enter(REST);
    }
    if (this.#index === 0 && (byte === SPACE || byte === TAB)) return true;
    if (lowerCase(byte) === EVENT_STREAM.charCodeAt(this.#index)) this.#index++;
    else if (byte === LINE_FEED) return this.#endLine(NAME);
    else this.#state = REST;
    return true;
  }

  #enter(state: number): boolean {
    this.#state = state;
    this.#index = 0;
    return true;
  }

  #endLine(state: number): boolean {
    this.#candidates = this.#status === 0 ? NAMES : NAMES_IN_RESPONSE;
    return this.#enter(state);
  }
}

/** Methods have capitals, and those of WebDAV and UPnP hyphens. */
function isOfMethod(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || byte === HYPHEN;
}
