import { type Direction, RECV, SEND } from '../direction.js';
import type { Decoder, DecoderSettings, MessageSink, UndecodableReason } from '../protocol.js';
import type { Carrier } from './carrier.js';
import type { Answer, Exchange, RequestHead } from './exchange.js';
import { httpFraming } from './framing/index.js';

/** Statuses from here on say that the server has failed; below, it has done what it should with what it was asked. */
const STATUS_OF_SERVER_ERROR = 500;

/** The id of a response of which the request is not known. Exchanges begin at 1. */
const NO_EXCHANGE = '0/';

/** Tells of exchanges as calls, where they carry no messages: that is what they are where HTTP is the protocol. */
export class ExchangeCalls {
  readonly #sink: MessageSink;
  readonly #carrier: string | undefined;
  /** By direction: bytes of the message at hand, and what its body says, if payload is kept. */
  readonly #bytes: [number, number] = [0, 0];
  readonly #bodies: [string | undefined, string | undefined] = [undefined, undefined];
  /** By direction: what is left of the stream is no HTTP, or is not answered any more. */
  readonly #isOver: [boolean, boolean] = [false, false];
  /** Anything was carried: what is not understood in another body may be such a message. */
  #hasCarried = false;
  /** A request was told of as the last. */
  #hasEndedSending = false;
  /** The response at hand, and whether it has carried anything. */
  #status = 0;
  #reason = '';
  #firstByteMs = 0;
  #hasAnswered = false;
  #isBrokenOff = false;
  readonly #succeed: DecoderSettings['succeed'];
  #successor: Decoder | undefined;

  /** `carrier`: what HTTP is called, if the decoder is one of a protocol that it may carry. */
  constructor(sink: MessageSink, { succeed }: DecoderSettings, carrier?: string) {
    this.#sink = sink;
    this.#succeed = succeed;
    this.#carrier = carrier;
  }

  /** Decodes what follows an upgrade, where that is known. */
  get successor(): Decoder | undefined {
    return this.#successor;
  }

  /** All exchanges have ended, and HTTP/2 follows. */
  follow(): void {
    if (httpFraming.successor !== undefined) this.#successor = this.#succeed?.(httpFraming.successor);
  }

  /** Whether what is left of a direction is not to be decoded. */
  isOver(direction: Direction): boolean {
    return this.#isOver[direction];
  }

  /** bytes[from, to) of a direction that is over. */
  passOver(direction: Direction, bytes: Uint8Array, from: number, to: number, timeMs: number): void {
    if (this.#successor === undefined) this.pass(direction, to - from);
    else this.#successor.data(direction, bytes, from, to, timeMs);
  }

  /** So many bytes of a direction belong to the message at hand, or to what comes instead of one. */
  pass(direction: Direction, count: number): void {
    this.#bytes[direction] += count;
  }

  /** Whether that is known already of the body at hand: of its first event. */
  hasBody(direction: Direction): boolean {
    return this.#bodies[direction] !== undefined;
  }

  /** What the body at hand says, as far as it was captured. */
  noteBody(direction: Direction, text: string): void {
    this.#bodies[direction] ??= text;
  }

  /** What was passed of a direction belongs to nothing. */
  drop(direction: Direction): void {
    this.#bytes[direction] = 0;
    this.#bodies[direction] = undefined;
  }

  /** What stands in a direction is no HTTP. `isExpected`: another protocol may stand there. */
  stray(direction: Direction, isExpected: boolean): void {
    this.#isOver[direction] = true;
    // Nothing that is asked from now on would have an answer.
    if (direction === RECV) this.#isOver[SEND] = true;
    if (!isExpected) this.#sink.undecodable(direction, 'malformed');
  }

  /** Nothing else that is sent is a request that has a response. */
  endSending(): void {
    this.#hasEndedSending = true;
    this.#isOver[SEND] = true;
  }

  /** The body at hand carries a message; `asked`: the exchange whose request was begun last. */
  carried(direction: Direction, asked: Exchange | undefined): void {
    this.#hasCarried = true;
    if (direction === RECV) this.#hasAnswered = true;
    else if (asked !== undefined) asked.hasMessages = true;
  }

  /** Whether a body that was not understood may carry a message: only of what is no call that is open. */
  mayCarry(exchange: Exchange | undefined, reason: UndecodableReason): boolean {
    if (exchange?.hasMessages === true) return true;
    if (exchange?.isCall === true) return false;
    return this.#hasCarried && reason !== 'not_a_message' && reason !== 'malformed';
  }

  /** A response has begun. `isUpgrade`: what follows, in both directions, belongs to it. */
  begin({ status, reason, beginMs }: Carrier, isUpgrade: boolean): void {
    this.#status = status;
    this.#reason = reason;
    this.#firstByteMs = beginMs;
    this.#hasAnswered = this.#isBrokenOff = false;
    if (isUpgrade) this.#isOver.fill(true);
  }

  /** The response at hand is not whole, and will not be. */
  breakOff(): void {
    this.#isBrokenOff = true;
  }

  /** The request of an exchange has ended: it is a call if it carries nothing. */
  ask(exchange: Exchange): void {
    const { head, hasMessages, answer } = exchange;
    exchange.head = exchange.answer = undefined;
    if (head !== undefined && !hasMessages) {
      exchange.isCall = true;
      this.#request(exchange, head);
      if (answer !== undefined) this.#response(exchange, answer);
      else if (exchange.verdict !== undefined) this.giveUp(exchange, exchange.verdict.timeMs);
    }
    this.drop(SEND);
  }

  /** It cannot be told which response is that to an exchange. */
  giveUp({ isCall, ownId }: Exchange, timeMs: number): void {
    if (!isCall) return;
    const doubt = 'order_lost';
    const nothing = { error: undefined, bytes: 0, payload: undefined };
    this.#sink.response({ kind: 'response', direction: RECV, id: ownId, doubt, timeMs, ...nothing });
  }

  /** The response at hand has ended. `exchange`: undefined where it is not known which it is of. */
  answer(exchange: Exchange | undefined, timeMs: number): void {
    const answer: Answer = {
      status: this.#status,
      isBrokenOff: this.#isBrokenOff,
      reason: this.#reason,
      firstByteMs: this.#firstByteMs,
      timeMs,
      bytes: this.#bytes[RECV],
      payload: this.#bodies[RECV],
    };
    this.drop(RECV);
    if (exchange === undefined) {
      // Behind the last request that is told of, it is to one of those that are not.
      if (!this.#hasAnswered && !this.#hasEndedSending) this.#response(undefined, answer);
    } else if (exchange.isCall) this.#response(exchange, answer);
    else if (exchange.head !== undefined) exchange.answer = answer;
  }

  #request(exchange: Exchange, head: RequestHead): void {
    const { target } = head;
    const body = this.#bodies[SEND];
    this.#sink.request({
      kind: 'request',
      direction: SEND,
      method: head.name,
      id: exchange.ownId,
      idText: undefined,
      isIdUnknown: false,
      isAnsweredElsewhere: false,
      carrier: this.#carrier,
      timeMs: head.beginMs,
      bytes: this.#bytes[SEND],
      traceparent: head.traceparent,
      tracestate: head.tracestate,
      payload: target === undefined || body === undefined ? target : `${target}\n${body}`,
      attributes: head.attributes,
    });
  }

  #response(exchange: Exchange | undefined, answer: Answer): void {
    const { status, isBrokenOff, reason, firstByteMs, timeMs, bytes, payload } = answer;
    const code = status === 0 ? undefined : String(status);
    const isError = code !== undefined && status >= STATUS_OF_SERVER_ERROR;
    const isUnfinished = isBrokenOff && !isError;
    this.#sink.response({
      kind: 'response',
      direction: RECV,
      id: exchange?.ownId ?? NO_EXCHANGE,
      error: isError ? { code, message: reason } : undefined,
      doubt: code === undefined ? 'truncated' : isUnfinished ? 'unfinished' : undefined,
      statusCode: isError || isUnfinished ? undefined : code,
      firstByteMs,
      timeMs,
      bytes,
      payload,
    });
  }
}
