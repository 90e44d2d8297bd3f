import { type Direction, RECV, SEND } from '../../../protocols/direction.js';
import type { CallId, Matching, Request, Response } from '../../../protocols/protocol.js';
import type { Coverage } from '../../capture/strategies/coverage.js';
import type { UnknownReason } from '../instruments.js';
import { AskedCalls } from './asked-calls.js';
import { OrderedCalls } from './ordered-calls.js';
import { type ClientCalls, PendingCall } from './pending-calls.js';
import type { AnswerMatcher, TrackerEvents } from './tracker-events.js';

/**
 * Matches answers with requests, in both directions of a conversation. What is sent is answered by what is
 * received, and the other way round. Of several requests with one id the first answer answers the first.
 */
export class CallTracker {
  readonly #events: TrackerEvents;
  /** By the direction of the requests. */
  #asked: readonly [AnswerMatcher, AnswerMatcher];
  readonly #calls: () => ClientCalls;

  /** `calls`: all that the client's conversations wait for. */
  constructor({ send, recv }: Coverage, events: TrackerEvents, calls: () => ClientCalls) {
    this.#events = events;
    this.#calls = calls;
    this.#asked = [new AskedCalls(send, recv, events), new AskedCalls(recv, send, events)];
  }

  /** The protocol is known. No message was before; something may have been lost. */
  set matching(matching: Matching) {
    if (matching === 'order') this.#asked = [new OrderedCalls(this.#events), new OrderedCalls(this.#events)];
  }

  get size(): number {
    return this.#asked[SEND].size + this.#asked[RECV].size;
  }

  /** Waits for the answer to a request. */
  add(request: Request, count: number): void {
    const asked = this.#asked[request.direction];
    const call = new PendingCall(request, count, asked);
    asked.add(call);
    this.#calls().add(call);
  }

  answer(response: Response): void {
    this.#asked[against(response.direction)].answer(response);
  }

  /** A request calls off another, of its own direction or of the other one. */
  cancel({ direction, cancelsAsked }: Request, id: CallId): void {
    this.#asked[cancelsAsked === true ? against(direction) : direction].cancel(id);
  }

  /** A message was not understood: it may have been a request, or an answer. */
  miss(direction: Direction, timeMs: number): void {
    this.#asked[direction].missRequest(timeMs);
    this.#asked[against(direction)].missAnswer();
  }

  /** An unknown number of messages was lost in both directions. */
  lose(timeMs: number): void {
    for (const asked of this.#asked) asked.lose(timeMs);
  }

  /** Lets go of calls that have waited too long. */
  expire(nowMs: number): void {
    for (const asked of this.#asked) asked.expire(nowMs);
  }

  /** The connection has ended, and was seen to. */
  end(): void {
    for (const asked of this.#asked) asked.end();
  }

  /** Nothing more will be known of any call. */
  giveUp(reason: UnknownReason): void {
    for (const asked of this.#asked) asked.giveUp(reason);
  }
}

function against(direction: Direction): Direction {
  return direction === SEND ? RECV : SEND;
}
