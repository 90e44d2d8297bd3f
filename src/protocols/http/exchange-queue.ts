import type { CallId, DecoderMemory } from '../protocol.js';
import { Exchange } from './exchange.js';

/** Requests that a client may have sent ahead; what is more is forgotten, oldest first. */
const EXCHANGES_MAX = 1024;
/** What an exchange takes, and each of its calls beside the characters of its id. */
const EXCHANGE_BYTES = 256;
const CALL_BYTES = 96;

/**
 * The exchanges of a connection that have had no response, in order: the first response is that to the first request.
 *
 * Where messages are missing, that does not hold until an id has shown where it does again. As a rule a client has one
 * request out. So of exchanges with that id the last is meant; and a request that follows on a response says that those
 * before it have had theirs.
 */
export class ExchangeQueue {
  readonly #memory: DecoderMemory | undefined;
  readonly #givenUp: (exchange: Exchange) => void;
  #waiting: Exchange[] = [];
  #next = 1;
  /** Responses to so many exchanges that were forgotten are yet to come before that to the first. */
  #forgotten = 0;
  #isSure = true;
  /** It has not been since anything was lost. Messages that are left out one by one are told of as such. */
  #isBehindLoss = false;
  /** A response came, or was missed, that is of none of those that wait, as far as could be told. */
  #hasStrayed = false;
  /** The client has sent a request before it had the response to the one before. */
  #sendsAhead = false;
  /** The next response may be that to a request that was missed, or seen before a loss, … */
  #isOwed = false;
  /** … or the last one was. */
  #wasOwed = false;
  /** The first exchange that began behind what is missing. */
  #firstBehind = 0;

  /** `givenUp`: is told of each exchange behind a loss of which it cannot be said which response was its own. */
  constructor(memory: DecoderMemory | undefined, givenUp: (exchange: Exchange) => void = () => {}) {
    this.#memory = memory;
    this.#givenUp = givenUp;
  }

  begin(isHead: boolean, isAsking: boolean): Exchange {
    this.giveUpStrays();
    this.#hasStrayed = this.#wasOwed = false;
    this.#sendsAhead ||= this.#isSure && this.#waiting.length > 0;
    const exchange = new Exchange(this.#next++, isHead, isAsking);
    this.#waiting.push(exchange);
    if (this.#waiting.length > EXCHANGES_MAX && this.#isSure) this.#forget(1);
    else if (this.#waiting.length > EXCHANGES_MAX) this.#giveUp(1);
    this.#hold(exchange, EXCHANGE_BYTES);
    return exchange;
  }

  /** If a response came that may be that to any of those that wait, nothing will be said of them. */
  giveUpStrays(): void {
    if (!this.#isSure && (this.#hasStrayed || this.#wasOwed)) this.#giveUp(this.#waiting.length);
  }

  /**
   * A call waits for its answer, if there is room to remember it; after the response, not for long. False when nothing will be
   * said of it: it is not remembered, and no response is counted out for it either.
   */
  add(exchange: Exchange, id: CallId | undefined): boolean {
    const isHeld = this.#hold(exchange, CALL_BYTES + 2 * (id?.length ?? 0));
    if (!isHeld && exchange.verdict === undefined) return exchange.isCountedOut;
    exchange.add(id);
    return true;
  }

  /** Whether the next response is to an exchange that was forgotten; it is counted out. */
  takeForgotten(): boolean {
    if (this.#forgotten === 0) return false;
    this.#forgotten--;
    return true;
  }

  /** Whether the next response may be of an exchange that only what is in it can tell. */
  get isInDoubt(): boolean {
    return !this.#isSure && this.#waiting.length > 0;
  }

  /** The exchange that the next response is of, if that can be told without looking into it. */
  takeFirst(): Exchange | undefined {
    if (this.#waiting.length === 0) this.#isOwed = false;
    return this.#isSure && this.#waiting.length > 0 ? this.#take(0) : undefined;
  }

  /** The exchange that a response is of in which an id was found; undefined where it is of none. */
  takeWith(id: CallId | undefined): Exchange | undefined {
    if (id === undefined) return this.takeOnly();
    let index = this.#waiting.length - 1;
    while (index >= 0 && !this.#waiting[index].has(id)) index--;
    if (index < 0) return this.#stray();
    const exchange = this.#take(index);
    this.#isSure = exchange.number >= this.#firstBehind;
    this.#isOwed &&= !this.#isSure;
    this.#isBehindLoss &&= !this.#isSure;
    return exchange;
  }

  /** The exchange that a response is of which has no id, or no answer, in it. A call itself is none: `takeOnlyCall`. */
  takeOnly(): Exchange | undefined {
    const [only, another] = this.#waiting;
    if (only === undefined || another !== undefined || only.isCall) return this.#stray();
    return this.#take(0);
  }

  /** The only exchange, if that is a call itself, and no response was missed that may have been the one to it. */
  takeOnlyCall(): Exchange | undefined {
    const [only, another] = this.#waiting;
    if (this.#isOwed) return undefined;
    if (only === undefined || another !== undefined || !only.isCall || this.#hasStrayed) return undefined;
    return this.#take(0);
  }

  /** Messages are missing between those before and those that follow. */
  missedRequests(): void {
    this.#isOwed = true;
    this.#isSure = false;
    this.#firstBehind = this.#next;
  }

  missedResponses(): void {
    this.#isSure = this.#isOwed = false;
    this.#hasStrayed = true;
  }

  /** Anything may be missing: none of the responses that are yet to come is to a request that was seen. */
  clear(): void {
    const wereOwed = this.#isOwed || this.#waiting.length > 0 || this.#forgotten > 0;
    for (const exchange of this.#waiting) this.release(exchange);
    this.#waiting = [];
    this.#forgotten = 0;
    this.missedRequests();
    this.#isBehindLoss = true;
    // Any other client asks again only behind its answer, which was lost.
    this.#isOwed = wereOwed && this.#sendsAhead;
  }

  /** Gives back what it took to remember the calls of an exchange. */
  release(exchange: Exchange): void {
    this.#memory?.give(exchange.heldBytes);
    exchange.heldBytes = 0;
    exchange.isOver = true;
  }

  #stray(): undefined {
    if (this.#isOwed) this.#wasOwed = true;
    else this.#hasStrayed = true;
    this.#isOwed = false;
  }

  /** Takes the one at an index, and gives up those before it. */
  #take(index: number): Exchange {
    this.#giveUp(index);
    return this.#waiting.shift() as Exchange;
  }

  /** Nobody can tell any more which responses are those to the first ones: they have come, or will. */
  #giveUp(count: number): void {
    for (const exchange of count > 0 ? this.#waiting.splice(0, count) : []) {
      this.release(exchange);
      if (this.#isBehindLoss) this.#givenUp(exchange);
    }
  }

  /** Whether there is room. If not, the exchange is forgotten, and those before it. */
  #hold(exchange: Exchange, bytes: number): boolean {
    if (exchange.isOver) return false;
    const isHeld = this.#memory?.take(bytes) !== false;
    if (isHeld) exchange.heldBytes += bytes;
    else this.#forget(this.#waiting.indexOf(exchange) + 1);
    return isHeld;
  }

  #forget(count: number): void {
    for (const exchange of this.#waiting.splice(0, count)) {
      this.release(exchange);
      exchange.isCountedOut = this.#isSure;
    }
    if (this.#isSure) this.#forgotten += count;
  }
}
