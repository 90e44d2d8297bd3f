import { type Direction, RECV, SEND } from '../direction.js';
import { isOpening, LEFT_BRACKET } from '../framing/bytes.js';
import type { PartialUnit } from '../partial-unit.js';
import { decodeUtf8 } from '../text.js';
import { BodyData } from './body-data.js';
import type { Carrier } from './carrier.js';
import type { HttpExchanges } from './exchanges.js';
import type { HeadersFramer } from './framing/headers-framer.js';

const PAYLOAD_BYTES_MAX = 64 * 1024;
/** Of the first event of a stream, which is kept until that ends. */
const EVENT_BYTES_MAX = 1024;

/**
 * One direction of HTTP for a protocol that it may carry: takes in header blocks, and says of each body whether it may hold a
 * message, and of what in it is one.
 */
export class CarriedBodies {
  /** The unit at hand is a body, or an event of one. */
  isBody = false;
  readonly #direction: Direction;
  readonly #exchanges: HttpExchanges;
  readonly #carrier: Carrier;
  readonly #headers: HeadersFramer;
  readonly #keepsPayload: boolean;
  readonly #data = new BodyData();

  constructor(
    direction: Direction,
    exchanges: HttpExchanges,
    carrier: Carrier,
    headers: HeadersFramer,
    keepPayload: boolean,
  ) {
    this.#direction = direction;
    this.#exchanges = exchanges;
    this.#carrier = carrier;
    this.#headers = headers;
    this.#keepsPayload = keepPayload && exchanges.calls !== undefined;
  }

  /** Whether HTTP is spoken, and told of. */
  get isTold(): boolean {
    return this.#exchanges.calls !== undefined && (this.#exchanges.isHttp || this.#headers.isHttp);
  }

  /** The bytes of the unit at hand are those of the message. */
  get isPlain(): boolean {
    return !this.isBody || this.#data.isPlain;
  }

  /** The last block was that of a request. */
  get isOfRequest(): boolean {
    return this.#carrier.method !== '';
  }

  get isEncoded(): boolean {
    return this.#carrier.isEncoded;
  }

  /** A unit begins. Returns when its message did, which a block may have begun. */
  begin(isBody: boolean, timeMs: number): number {
    this.isBody = isBody;
    return isBody && !this.#headers.isEventStream ? this.#carrier.beginMs : timeMs;
  }

  /** Adds to the unit at hand what is data in bytes[from, to). */
  append(unit: PartialUnit, bytes: Uint8Array, from: number, to: number): void {
    if (this.#isUnread) unit.skip(to - from);
    else if (this.isBody) this.#data.append(unit, bytes, from, to);
    else unit.append(bytes, from, to);
  }

  /** `count` bytes of the unit at hand are missing. */
  skip(unit: PartialUnit, count: number): void {
    if (this.isBody) this.#data.skip(unit, count);
    else unit.skip(count);
  }

  /** The unit at hand has ended. False when it is an event that is no message. */
  finish(unit: PartialUnit): boolean {
    return !this.isBody || this.#data.finish(unit);
  }

  /** Takes in a header block that began at `beginMs`; `saysBody`: by itself, a body follows. Whether one does. */
  readBlock(
    bytes: Uint8Array,
    from: number,
    to: number,
    beginMs: number,
    saysBody: boolean,
    timeMs: number,
  ): boolean {
    const headers = this.#headers;
    const carrier = this.#carrier;
    const exchanges = this.#exchanges;
    carrier.readBlock(bytes, from, to, beginMs);
    const hasBody = exchanges.block(this.#direction, carrier, saysBody, timeMs);
    if (saysBody && !hasBody) headers.expectNoBody();
    else if (saysBody && exchanges.isBodyCertain(this.#direction)) headers.expectBody();
    this.#data.begin(carrier.isChunked, headers.isEventStream && !carrier.isEncoded);
    const isLast = this.#direction === SEND ? headers.isTunnel : hasBody && headers.isToTheEnd;
    if (isLast) exchanges.calls?.endSending();
    return hasBody;
  }

  /** Whether the request of the last block is nothing that a protocol in HTTP has to do with: it asks for a file. */
  get isStranger(): boolean {
    return this.#exchanges.calls === undefined && this.isOfRequest && !this.#carrier.mayBelong;
  }

  /** Remembers what the body at hand says, if payload is kept. */
  note(bytes: Uint8Array, from: number, to: number): void {
    const { calls } = this.#exchanges;
    if (!this.#keepsPayload || calls?.hasBody(this.#direction) === true) return;
    if (this.isEncoded || from === to) return;
    const most = this.#headers.isEventStream ? EVENT_BYTES_MAX : PAYLOAD_BYTES_MAX;
    calls?.noteBody(this.#direction, decodeUtf8(bytes, from, Math.min(to, from + most)));
  }

  /** Whether a body, or an event of one, may be a text of JSON that is a message. */
  mayBeMessage(bytes: Uint8Array, from: number, to: number): boolean {
    const exchanges = this.#exchanges;
    if (!exchanges.mayBeMessage(this.#direction, this.#headers.isEventStream)) return false;
    const isText = from < to && !isOpening(bytes[from]);
    // What is told of as a call of HTTP may be anything.
    if (exchanges.calls !== undefined && isText) return false;
    exchanges.isInBatch = bytes[from] === LEFT_BRACKET;
    // What a web server says of a status is no answer to a call.
    return !isText || !exchanges.mayBeText(this.#direction);
  }

  /** Whether an object without any sign of its protocol may be an answer: to what was not seen, or not yet. */
  get mayBeAnswer(): boolean {
    return this.#direction === RECV && !this.#exchanges.isAnsweringCall;
  }

  /** The body at hand says nothing that anybody wants to know. */
  get #isUnread(): boolean {
    if (!this.isBody || this.#keepsPayload || this.#headers.isEventStream) return false;
    return this.#exchanges.isUnread(this.#direction);
  }
}
