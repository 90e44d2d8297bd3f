import { OTHER } from '../conventions.js';
import { type Direction, RECV, SEND } from '../direction.js';
import type { Carrier } from '../http/carrier.js';
import type {
  AnswerDoubt,
  CallError,
  DecoderMemory,
  MessageSink,
  Request,
  Response,
  UndecodableReason,
} from '../protocol.js';
import { ExchangeQueue } from './exchange-queue.js';
import type { Exchange, Verdict } from './http-exchange.js';

/** Statuses from here on say that the request was not carried out, here at least. */
const STATUS_OF_FAILURE = 300;
const ACCEPTED = 202;

/**
 * What HTTP/1.1 says of the calls that it carries: the k-th response of a connection answers its k-th request, whatever
 * ids say, and what it does not answer one by one has the outcome of its status.
 *
 *   request block ──► exchange ──► its calls are told, with ids of this exchange
 *   response block ─► the first exchange ──► answers in the body, or in each event of it ──► end: the calls that are left
 *
 * Stands between what reads messages and who is told of them, from the first block of HTTP on.
 */
export class HttpExchanges implements MessageSink {
  readonly #sink: MessageSink;
  readonly #queue: ExchangeQueue;
  readonly #isHttp: [boolean, boolean] = [false, false];
  /** The message at hand is an element of a batch. */
  isInBatch = false;
  /** The exchange whose request was begun last. */
  #asked: Exchange | undefined;

  /** The response at hand, and the exchange that it is of, as far as that is known. */
  #isResponding = false;
  #exchange: Exchange | undefined;
  /** The exchange is not known yet. */
  #isOpen = false;
  #isForgotten = false;
  #isEncoded = false;
  #failure: CallError | undefined;
  #status = 0;
  #doubt: AnswerDoubt | undefined;

  constructor(sink: MessageSink, memory: DecoderMemory | undefined) {
    this.#sink = sink;
    this.#queue = new ExchangeQueue(memory);
  }

  /** Whether any block was one of HTTP: those of LSP are not. */
  get isHttp(): boolean {
    return this.#isHttp[SEND] || this.#isHttp[RECV];
  }

  /** A header block has ended. Whether a body follows, if `hasBody` is what the block itself says. */
  block(direction: Direction, carrier: Carrier, hasBody: boolean, timeMs: number): boolean {
    if (direction === SEND && (carrier.method !== '' || this.#isHttp[SEND])) {
      this.#isHttp[SEND] = true;
      this.#endRequest();
      this.#asked = this.#queue.begin(carrier.method === 'HEAD', hasBody);
    } else if (direction === RECV && (carrier.status !== 0 || this.#isHttp[RECV])) {
      return this.#beginResponse(carrier, hasBody, timeMs);
    }
    return hasBody;
  }

  /** A body has ended; the last part of it had so many bytes. */
  bodyEnded(direction: Direction, bytes: number, timeMs: number): void {
    if (direction === SEND) this.#endRequest();
    else this.#endResponse(bytes, timeMs);
  }

  /** Whether a body that begins with no bracket says nothing, as what a web server has to say of a status. */
  mayBeText(direction: Direction): boolean {
    const isOfFailure = this.#status >= STATUS_OF_FAILURE || this.#status === ACCEPTED;
    return direction === RECV && this.#isResponding && isOfFailure;
  }

  /** Whether the body at hand may be a message: not one that was only asked for, as a file is. */
  mayBeMessage(direction: Direction, isEvent: boolean): boolean {
    if (direction === SEND || !this.#isResponding || isEvent) return true;
    return this.#isOpen || this.#exchange === undefined || this.#exchange.isAsking;
  }

  request(request: Request): void {
    const { direction, id, isIdUnknown } = request;
    const isCall = id !== undefined || isIdUnknown;
    if (!this.#isHttp[direction] || !isCall) this.#sink.request(request);
    // What answers it is another request of the client.
    else if (direction === RECV)
      this.#sink.request({ ...request, isIdUnknown: false, isAnsweredElsewhere: true });
    else if (this.#asked !== undefined) this.#ask(this.#asked, request);
  }

  response(response: Response): void {
    if (!this.#isHttp[response.direction]) this.#sink.response(response);
    // In a request, it answers what the server has asked elsewhere.
    else if (response.direction === RECV) this.#answer(response);
  }

  undecodable(direction: Direction, reason: UndecodableReason): void {
    if (reason === 'unknown_protocol') this.lose();
    this.#sink.undecodable(direction, reason);
  }

  /** Whether it matters that something in the body at hand was not understood: beside a status of failure it does not. */
  matters(direction: Direction, reason: UndecodableReason): boolean {
    if (direction === SEND && this.#asked !== undefined) this.#asked.isWhole = false;
    if (direction === SEND || !this.#isResponding) return true;
    if (reason === 'truncated') this.#doubt = 'truncated';
    else this.#doubt ??= 'not_understood';
    return this.#failure === undefined || reason === 'encoded';
  }

  /** Messages of one direction are missing. */
  missed(direction: Direction, timeMs: number): void {
    if (direction === SEND) this.#queue.missedRequests();
    else {
      this.#doubt ??= 'not_understood';
      this.#endResponse(0, timeMs);
      this.#queue.missedResponses();
    }
  }

  /** Anything may be missing. */
  lose(): void {
    if (this.#exchange !== undefined) this.#queue.release(this.#exchange);
    this.#exchange = undefined;
    this.#isResponding = false;
    this.#queue.clear();
  }

  #ask(exchange: Exchange, request: Request): void {
    const id = exchange.callId(request.id);
    const isRemembered = this.#queue.add(exchange, request.id);
    this.#sink.request({ ...request, id, isIdUnknown: false });
    if (!isRemembered) this.#sink.undecodable(RECV, 'too_large');
    const { early, verdict } = exchange;
    if (verdict === undefined) return;
    exchange.early = undefined;
    if (early !== undefined) this.#answerWith(exchange, early);
    this.#conclude(exchange, verdict);
  }

  #endRequest(): void {
    const exchange = this.#asked;
    if (exchange === undefined) return;
    exchange.isRead = true;
    const { early } = exchange;
    if (early !== undefined) this.#sink.response({ ...early, id: exchange.callId(early.id) });
    exchange.early = undefined;
  }

  #beginResponse(carrier: Carrier, hasBody: boolean, timeMs: number): boolean {
    const { status } = carrier;
    this.#isHttp[RECV] = true;
    // What comes before the response says nothing yet: 100 Continue, 103 Early Hints.
    if (status > 0 && status < 200) return hasBody;
    this.#endResponse(0, timeMs);
    this.#isResponding = true;
    this.#isForgotten = this.#queue.takeForgotten();
    this.#isOpen = !this.#isForgotten && this.#queue.isInDoubt;
    this.#exchange = this.#isForgotten ? undefined : this.#queue.takeFirst();
    this.#isEncoded = carrier.isEncoded && hasBody;
    this.#status = status;
    this.#doubt = status === 0 ? 'truncated' : undefined;
    this.#failure =
      status >= STATUS_OF_FAILURE
        ? { code: String(status), isOfCarrier: true, message: carrier.reason }
        : undefined;
    return hasBody && this.#exchange?.isHead !== true;
  }

  #answer(response: Response): void {
    if (this.#isForgotten) return;
    // A failure of HTTP is one of the call, unless the body says better what has failed.
    const saysWhy = response.error !== undefined && response.error.code !== OTHER;
    if (this.#failure !== undefined && !saysWhy) return;
    if (this.#isOpen) this.#settle(response);
    if (this.#exchange === undefined) this.#sink.response({ ...response, id: `0/${response.id ?? ''}` });
    else this.#answerWith(this.#exchange, response);
  }

  /** Finds the exchange of the response at hand by an answer in it. */
  #settle({ id }: Response): void {
    this.#exchange = this.#queue.takeWith(id);
    this.#isOpen = false;
  }

  #answerWith(exchange: Exchange, response: Response): void {
    const id = exchange.take(response.id);
    if (id !== undefined) {
      this.#sink.response({ ...response, id });
      return;
    }
    const isForAll = response.error !== undefined && response.id === undefined && !this.isInBatch;
    const all = isForAll ? exchange.takeAll() : [];
    for (const each of all) this.#sink.response({ ...response, id: each });
    if (all.length > 0) return;
    if (!exchange.isRead && exchange.early === undefined) {
      exchange.early = response;
      return;
    }
    this.#doubt ??= 'not_understood';
    // Without an id it is not that of a call whose id was not captured either: several wait.
    this.#sink.response({ ...response, id: exchange.callId(response.id ?? '') });
  }

  #endResponse(bytes: number, timeMs: number): void {
    if (!this.#isResponding) return;
    this.#isResponding = false;
    if (this.#isForgotten) this.#sink.undecodable(RECV, 'too_large');
    const exchange = this.#isOpen ? this.#queue.takeOnly() : this.#exchange;
    this.#exchange = undefined;
    if (exchange === undefined) return;
    this.#queue.release(exchange);
    exchange.verdict = { error: this.#failure, doubt: this.#doubtOfRest(), timeMs, bytes };
    this.#conclude(exchange, exchange.verdict);
  }

  /** Why the response does not say how the calls that it has not answered have ended. */
  #doubtOfRest(): AnswerDoubt | undefined {
    if (this.#failure !== undefined) return undefined;
    // What is compressed is not read, but a server that fails says so in the status.
    if (this.#isEncoded) return undefined;
    return this.#doubt ?? (this.#status === ACCEPTED ? 'answered_elsewhere' : 'no_outcome');
  }

  #conclude(exchange: Exchange, verdict: Verdict): void {
    for (const id of exchange.takeAll())
      this.#sink.response({ kind: 'response', direction: RECV, id, payload: undefined, ...verdict });
  }
}
