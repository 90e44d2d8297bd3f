import { OTHER } from '../conventions.js';
import { type Direction, RECV, SEND } from '../direction.js';
import type {
  AnswerDoubt,
  CallError,
  DecoderMemory,
  MessageSink,
  Request,
  Response,
  UndecodableReason,
} from '../protocol.js';
import type { Carrier } from './carrier.js';
import type { Exchange, Verdict } from './exchange.js';
import type { ExchangeCalls } from './exchange-calls.js';
import { ExchangeQueue } from './exchange-queue.js';

/** Statuses from here on say that the request was not carried out, here at least. */
const STATUS_OF_FAILURE = 300;
const ACCEPTED = 202;
const SWITCHING_PROTOCOLS = 101;
const OK = 200;

const NO_HEADERS: readonly string[] = [];

/**
 * What HTTP/1.1 says of the calls that it carries: the k-th response of a connection answers its k-th request, whatever
 * ids say, and what it does not answer one by one has the outcome of its status.
 *
 *   request block ──► exchange ──► its calls are told, with ids of this exchange
 *   response block ─► the first exchange ──► answers in the body, or in each event of it ──► end: the calls that are left
 *
 * Stands between what reads messages and who is told of them, from the first block of HTTP on. With `calls`, an exchange of which
 * the request carries no message is a call itself. What follows an upgrade belongs to the response with which it began.
 */
export class HttpExchanges implements MessageSink {
  readonly #sink: MessageSink;
  readonly #queue: ExchangeQueue;
  /** Where exchanges are calls themselves. */
  readonly calls: ExchangeCalls | undefined;
  readonly #isHttp: [boolean, boolean] = [false, false];
  /** The message at hand is an element of a batch. */
  isInBatch = false;
  /** The exchange whose request was begun last, and whether more of that may come. */
  #asked: Exchange | undefined;
  #isAsking = false;
  /** The exchange that asks for an upgrade and has no response: what is sent behind it may be the other protocol. */
  #upgrade: Exchange | undefined;

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
  /** Behind the response at hand, both directions are HTTP/2. */
  #isToHttp2 = false;
  /** When the block at hand ended, monotonic ms. */
  #timeMs = 0;

  constructor(sink: MessageSink, memory: DecoderMemory | undefined, calls?: ExchangeCalls) {
    this.#sink = sink;
    this.#queue = new ExchangeQueue(memory, (exchange) => this.#giveUp(exchange));
    this.calls = calls;
  }

  /** Whether the exchange at hand is known to carry messages in its request, … */
  hasMessages(direction: Direction): boolean {
    return (direction === SEND ? this.#asked : this.#exchange)?.hasMessages === true;
  }

  /** … or, where it is that of a response, to be a call of HTTP. */
  get isAnsweringCall(): boolean {
    return this.#exchange?.isCall === true;
  }

  /** The headers that were asked for, of the request of the exchange at hand; none of what is no HTTP. */
  headersOf(direction: Direction): readonly string[] | undefined {
    if (!this.isHttp) return undefined;
    return (direction === SEND ? this.#asked : this.#exchange)?.headers ?? NO_HEADERS;
  }

  /** Whether nobody wants to know what the body at hand says. */
  isUnread(direction: Direction): boolean {
    return direction === RECV && this.isAnsweringCall;
  }

  /** What stands in a direction is no HTTP. A client may not wait for the word of its server. */
  stray(direction: Direction): void {
    if (direction === RECV && this.calls !== undefined) this.#isAsking = false;
    this.calls?.stray(direction, direction === SEND && this.#mayUpgrade);
  }

  get #mayUpgrade(): boolean {
    return this.#upgrade !== undefined || this.#asked?.mayUpgrade === true;
  }

  /** The connection has ended within a body that says where it ends. */
  breakOff(direction: Direction): void {
    if (this.isBodyCertain(direction)) this.calls?.breakOff();
  }

  /** The connection has ended: so has what is at hand. */
  end(timeMs: number): void {
    this.#endRequest();
    this.#endResponse(0, timeMs);
    this.#timeMs = timeMs;
    this.#queue.giveUpStrays();
  }

  /** Whether any block was one of HTTP: those of LSP are not. */
  get isHttp(): boolean {
    return this.#isHttp[SEND] || this.#isHttp[RECV];
  }

  /** A header block has ended. Whether a body follows, if `hasBody` is what the block itself says. */
  block(direction: Direction, carrier: Carrier, hasBody: boolean, timeMs: number): boolean {
    this.#timeMs = timeMs;
    if (direction === SEND && (carrier.method !== '' || this.#isHttp[SEND])) {
      this.#isHttp[SEND] = true;
      this.#endRequest();
      this.#asked = this.#queue.begin(carrier.method === 'HEAD', hasBody);
      this.#isAsking = true;
      this.#asked.isEarly = this.#upgrade !== undefined;
      if (!this.#asked.isEarly) this.#asked.head = carrier.takeHead();
      this.#asked.mayUpgrade = carrier.mayUpgrade;
      this.#asked.headers = carrier.takeHeaders();
      if (this.calls !== undefined && carrier.mayUpgrade) this.#upgrade ??= this.#asked;
    } else if (direction === RECV && (carrier.status !== 0 || this.#isHttp[RECV])) {
      return this.#beginResponse(carrier, hasBody, timeMs);
    }
    return hasBody;
  }

  /** Whether a body follows for sure where a block says so: not on the response to a HEAD, which this one may be. */
  isBodyCertain(direction: Direction): boolean {
    return direction === RECV && this.#isResponding && this.#exchange !== undefined;
  }

  /** A body has ended; the last part of it had so many bytes. */
  bodyEnded(direction: Direction, bytes: number, timeMs: number): void {
    if (direction === SEND) this.#endRequest();
    else if (this.#isToHttp2 || this.calls?.isOver(RECV) !== true) this.#endResponse(bytes, timeMs);
    if (this.#isToHttp2) this.calls?.follow();
    this.#isToHttp2 = false;
  }

  /** Whether a body that begins with no bracket says nothing, as what a web server has to say of a status. */
  mayBeText(direction: Direction): boolean {
    const isOfFailure = this.#status >= STATUS_OF_FAILURE || this.#status === ACCEPTED;
    return direction === RECV && this.#isResponding && isOfFailure;
  }

  /** Whether the body at hand may be a message: not one that was only asked for, as a file is. */
  mayBeMessage(direction: Direction, isEvent: boolean): boolean {
    if (direction === SEND) return this.#asked?.isCall !== true;
    if (!this.#isResponding || isEvent) return true;
    if (this.#exchange?.isCall === true) return false;
    return this.#isOpen || this.#exchange === undefined || this.#exchange.isAsking;
  }

  request(request: Request): void {
    const { direction, id, isIdUnknown } = request;
    if (direction === SEND && this.#asked?.isEarly === true) return;
    this.calls?.carried(direction, this.#asked);
    const isCall = id !== undefined || isIdUnknown;
    if (!this.#isHttp[direction] || !isCall) this.#sink.request(request);
    // What answers it is another request of the client.
    else if (direction === RECV)
      this.#sink.request({ ...request, isIdUnknown: false, isAnsweredElsewhere: true });
    else if (this.#asked !== undefined) this.#ask(this.#asked, request);
  }

  response(response: Response): void {
    this.calls?.carried(response.direction, this.#asked);
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
    if (!this.#mayCarry(direction, reason)) return false;
    if (direction === SEND || !this.#isResponding) return true;
    if (reason === 'truncated') this.#doubt = 'truncated';
    else this.#doubt ??= 'not_understood';
    return this.#failure === undefined || reason === 'encoded';
  }

  #mayCarry(direction: Direction, reason: UndecodableReason): boolean {
    if (this.calls === undefined || !this.isHttp) return true;
    return this.calls.mayCarry(direction === SEND ? this.#asked : this.#exchange, reason);
  }

  /** Messages of one direction are missing. */
  missed(direction: Direction, timeMs: number): void {
    if (direction === SEND) {
      this.#endRequest();
      this.#queue.missedRequests();
    } else {
      this.#doubt ??= 'not_understood';
      this.#upgrade = undefined;
      this.#endResponse(0, timeMs);
      this.#queue.missedResponses();
    }
    this.calls?.drop(direction);
  }

  /** Anything may be missing. */
  lose(): void {
    if (this.#exchange !== undefined) this.#queue.release(this.#exchange);
    this.#exchange = this.#upgrade = undefined;
    this.#isResponding = false;
    if (this.calls !== undefined) this.#asked = undefined;
    this.calls?.drop(SEND);
    this.calls?.drop(RECV);
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
    if (exchange === undefined || !this.#isAsking) return;
    this.#isAsking = false;
    exchange.isRead = true;
    const { early } = exchange;
    if (early !== undefined) this.#sink.response({ ...early, id: exchange.callId(early.id) });
    exchange.early = undefined;
    this.calls?.ask(exchange);
  }

  #beginResponse(carrier: Carrier, hasBody: boolean, timeMs: number): boolean {
    const { status } = carrier;
    this.#isHttp[RECV] = true;
    const isUpgrade = status === SWITCHING_PROTOCOLS && this.calls !== undefined;
    // What comes before the response says nothing yet: 100 Continue, 103 Early Hints.
    if (status > 0 && status < OK && !isUpgrade) return hasBody;
    this.#endResponse(0, timeMs);
    this.#isResponding = true;
    // What was sent ahead of it is lost already.
    const isInOrder = !this.#isAsking && this.calls?.isOver(SEND) === false;
    this.calls?.begin(carrier, isUpgrade);
    this.#isForgotten = this.#queue.takeForgotten();
    this.#isOpen = !this.#isForgotten && this.#queue.isInDoubt;
    this.#exchange = this.#isForgotten ? undefined : this.#queue.takeFirst();
    if (this.#isOpen && this.calls !== undefined) {
      this.#exchange = this.#queue.takeOnlyCall();
      this.#isOpen = this.#exchange === undefined;
    }
    const isAgreed = this.#exchange === this.#asked && this.#asked?.mayUpgrade === true;
    this.#isToHttp2 = isUpgrade && carrier.isToHttp2 && isInOrder && isAgreed;
    if (this.#exchange === undefined || this.#exchange === this.#upgrade) this.#upgrade = undefined;
    this.#isEncoded = carrier.isEncoded && hasBody;
    this.#status = status;
    this.#doubt = status === 0 ? 'truncated' : undefined;
    this.#failure =
      status >= STATUS_OF_FAILURE
        ? { code: String(status), isForeign: true, message: carrier.reason }
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
    if (exchange !== undefined) this.#queue.release(exchange);
    if (this.#isForgotten) this.calls?.drop(RECV);
    else this.calls?.answer(exchange, timeMs);
    if (exchange === undefined) return;
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

  /** Its response has come, or will, and nobody can tell which it is. Without a word, it would seem to have none. */
  #giveUp(exchange: Exchange): void {
    exchange.verdict = { error: undefined, doubt: 'order_lost', timeMs: this.#timeMs, bytes: 0 };
    this.calls?.giveUp(exchange, this.#timeMs);
    this.#conclude(exchange, exchange.verdict);
  }

  #conclude(exchange: Exchange, verdict: Verdict): void {
    for (const id of exchange.takeAll())
      this.#sink.response({ kind: 'response', direction: RECV, id, payload: undefined, ...verdict });
  }
}
