import { type Direction, SEND } from '../direction.js';
import { skipBlank } from '../framing/bytes.js';
import { BODY, FRAMED, UNDECIDED, UNFINISHED, UNFRAMED } from '../framing/framer.js';
import { Meter } from '../framing/meter.js';
import { PartialUnit } from '../partial-unit.js';
import type { DecoderSettings, MessageSink } from '../protocol.js';
import { decodeUtf8 } from '../text.js';
import { BodyData } from './body-data.js';
import type { Carrier } from './carrier.js';
import type { HttpExchanges } from './exchanges.js';
import { REQUEST_BLOCKS, RESPONSE_BLOCKS } from './framing/header-block-scanner.js';
import { HttpFramer } from './framing/http-framer.js';

const PAYLOAD_BYTES_MAX = 64 * 1024;
/** Of the first event of a stream, which is kept until that ends. */
const EVENT_BYTES_MAX = 1024;

/** What seems to be a body may be the beginning of a block: so much of it is kept until that is known. */
const OPENING_BYTES = 16;

/**
 * One direction of a conversation in HTTP: puts header blocks together, and passes over bodies. Only of what payload is kept,
 * the beginning of each body is put together, too.
 */
export class HttpDirectionDecoder {
  readonly #direction: Direction;
  readonly #sink: MessageSink;
  readonly #exchanges: HttpExchanges;
  readonly #carrier: Carrier;
  readonly #framer: HttpFramer;
  readonly #unit: PartialUnit;
  readonly #body = new BodyData();
  readonly #keepsBodies: boolean;
  #isBody = false;

  constructor(
    direction: Direction,
    sink: MessageSink,
    exchanges: HttpExchanges,
    carrier: Carrier,
    { memory, keepPayload }: DecoderSettings,
  ) {
    this.#direction = direction;
    this.#sink = sink;
    this.#exchanges = exchanges;
    this.#carrier = carrier;
    this.#framer = new HttpFramer(direction === SEND ? REQUEST_BLOCKS : RESPONSE_BLOCKS, new Meter());
    this.#unit = new PartialUnit(memory);
    this.#keepsBodies = keepPayload;
  }

  /** Whether it has been seen that HTTP is spoken, … */
  get isKnown(): boolean {
    return this.#framer.isRecognised;
  }

  /** … or that it is not. */
  get isStrange(): boolean {
    return this.#framer.framing === UNFRAMED && !this.#framer.isRecognised;
  }

  data(bytes: Uint8Array, from: number, to: number, timeMs: number): void {
    const framer = this.#framer;
    for (let at = from; at < to; ) {
      if (this.#exchanges.calls?.isOver(this.#direction) === true) {
        this.#exchanges.calls.passOver(this.#direction, bytes, at, to, timeMs);
        return;
      }
      const begins = framer.isBetween;
      if (begins) this.#begin(timeMs);
      const end = framer.next(bytes, at, to);
      if (this.#isBody && framer.headers.isBlockInsteadOfBody) this.#isBody = false;
      if (framer.framing !== FRAMED && !framer.headers.isTunnel) {
        this.#miss(timeMs);
        return;
      }
      // Empty lines between two messages; or what frames the chunks between two events.
      if (end === UNFINISHED && framer.isBetween) {
        if (framer.kind === BODY) this.#exchanges.calls?.pass(this.#direction, to - at);
        return;
      }
      if (begins && !this.#isBody) at = skipBlank(bytes, at, to);
      const stop = end === UNFINISHED ? to : end;
      this.#exchanges.calls?.pass(this.#direction, stop - at);
      if (this.#isBody) this.#takeBody(bytes, at, stop);
      else if (begins && end !== UNFINISHED) this.#readBlock(bytes, at, stop, timeMs);
      else this.#unit.append(bytes, at, stop);
      if (end !== UNFINISHED) this.#endUnit(begins, timeMs);
      at = stop;
    }
  }

  gap(count: number, endsUnit: boolean, timeMs: number): void {
    const framer = this.#framer;
    if (this.#exchanges.calls?.isOver(this.#direction) === true || framer.framing === UNFRAMED) {
      this.#exchanges.calls?.pass(this.#direction, count);
      return;
    }
    const begins = framer.isBetween;
    if (begins && count === 0) {
      framer.skip(count, endsUnit);
      return;
    }
    if (begins) this.#begin(timeMs);
    this.#exchanges.calls?.pass(this.#direction, count);
    framer.skip(count, endsUnit);
    if (this.#isBody) this.#body.skip(this.#unit, count);
    else this.#unit.skip(count);
    if (framer.framing === UNDECIDED) this.#miss(timeMs, true);
    else if (endsUnit || framer.isBetween) this.#endUnit(false, timeMs);
  }

  /** The connection has ended. */
  end(): void {
    if (this.#framer.headers.isOfLength) this.#exchanges.breakOff(this.#direction);
  }

  lose(): void {
    this.#framer.lose();
    this.#unit.clear();
    this.#isBody = false;
  }

  release(): void {
    this.#unit.release();
  }

  #begin(timeMs: number): void {
    this.#isBody = this.#framer.kind === BODY;
    this.#unit.begin(timeMs);
  }

  /** What is at hand is no HTTP, or part of it is missing that cannot be done without. */
  #miss(timeMs: number, isMissing = false): void {
    const { isUnseen } = this.#unit;
    this.#unit.clear();
    if (this.#framer.framing === UNFRAMED) {
      if (!this.isStrange) this.#exchanges.stray(this.#direction);
      return;
    }
    // What was left out on purpose is nothing that was not understood; what is missing beyond the end of a body is.
    if (isMissing && (this.#isBody || !isUnseen)) this.#sink.undecodable(this.#direction, 'truncated');
    this.#isBody = false;
    this.#exchanges.missed(this.#direction, timeMs);
  }

  #takeBody(bytes: Uint8Array, from: number, to: number): void {
    const unit = this.#unit;
    if (this.#keepsBodies) this.#body.append(unit, bytes, from, to);
    else if (unit.headBytes < OPENING_BYTES) unit.append(bytes, from, Math.min(to, from + OPENING_BYTES));
  }

  /** The unit at hand has ended; `isRead`: it is a block, and has been read where it was. */
  #endUnit(isRead: boolean, timeMs: number): void {
    const unit = this.#unit;
    if (this.#isBody) {
      this.#noteBody();
      // Of a stream of events, each is a unit.
      if (this.#framer.kind !== BODY) this.#endBody(timeMs);
    } else if (!isRead) this.#readBlock(unit.head, 0, unit.headBytes, timeMs);
    unit.clear();
  }

  #readBlock(bytes: Uint8Array, from: number, to: number, timeMs: number): void {
    const { headers, kind } = this.#framer;
    const carrier = this.#carrier;
    const saysBody = kind === BODY;
    carrier.readBlock(bytes, from, to, this.#unit.beginMs);
    const hasBody = this.#exchanges.block(this.#direction, carrier, saysBody, timeMs);
    if (saysBody && !hasBody) headers.expectNoBody();
    else if (saysBody && this.#exchanges.isBodyCertain(this.#direction)) headers.expectBody();
    this.#body.begin(carrier.isChunked, false);
    if (!hasBody) this.#endBody(timeMs);
    // Of requests, only those that open a tunnel are the last.
    if (this.#direction === SEND ? headers.isTunnel : hasBody && headers.isToTheEnd)
      this.#exchanges.calls?.endSending();
  }

  #endBody(timeMs: number): void {
    this.#isBody = false;
    this.#exchanges.bodyEnded(this.#direction, 0, timeMs);
  }

  #noteBody(): void {
    const isNoted = this.#exchanges.calls?.hasBody(this.#direction) === true;
    if (!this.#keepsBodies || this.#carrier.isEncoded || isNoted) return;
    const { head, headBytes } = this.#unit;
    const most = this.#framer.headers.isEventStream ? EVENT_BYTES_MAX : PAYLOAD_BYTES_MAX;
    const text = decodeUtf8(head, 0, Math.min(headBytes, most));
    if (text !== '') this.#exchanges.calls?.noteBody(this.#direction, text);
  }
}
