import { RECV, SEND } from '../capture/direction.js';
import type { Coverage } from '../capture/strategies/coverage.js';
import type { UnansweredReason, UnmatchedReason } from './instruments.js';
import type { CallId, Request, Response } from './protocols/protocol.js';

/** Calls of one conversation whose responses are waited for at most. */
const MAX_PENDING = 16_384;

/** A request whose response is waited for. */
export interface PendingCall {
  readonly request: Request;
  /** How many calls it stands for. */
  readonly count: number;
  /** Its response may have been missed: that nobody saw one says nothing. */
  isDoubtful: boolean;
}

/** How a response was matched with its request. */
export type MatchedBy = 'id' | 'only_outstanding';

export interface TrackerEvents {
  answered(call: PendingCall, response: Response, by: MatchedBy): void;
  unanswered(call: PendingCall, reason: UnansweredReason): void;
  unmatched(response: Response, reason: UnmatchedReason): void;
}

/**
 * Matches responses with requests, in both directions of a conversation. What is sent is answered by what is
 * received, and the other way round. Of several requests with one id the first response answers the first.
 */
export class CallTracker {
  readonly #events: TrackerEvents;
  /** By the direction of the requests. */
  readonly #pending = [new PendingCalls(), new PendingCalls()] as const;
  readonly #coverage: Coverage;
  /** Requests may be unknown to us: a response without one is nothing to wonder about. */
  isPartial: boolean;

  constructor(coverage: Coverage, events: TrackerEvents) {
    this.#coverage = coverage;
    this.#events = events;
    this.isPartial = coverage.send === 'some' || coverage.recv === 'some';
  }

  get size(): number {
    return this.#pending[0].size + this.#pending[1].size;
  }

  /** Waits for the response to a request. */
  add(request: Request, count: number): void {
    const pending = this.#pending[request.direction];
    if (pending.size >= MAX_PENDING) this.#giveUp(pending, 'evicted');
    const responses = request.direction === SEND ? this.#coverage.recv : this.#coverage.send;
    pending.add({ request, count, isDoubtful: request.isIdUnknown || responses === 'some' });
  }

  answer(response: Response): void {
    const pending = this.#pending[response.direction === SEND ? RECV : SEND];
    if (response.id !== undefined) {
      const call = pending.take(response.id);
      if (call !== undefined) this.#events.answered(call, response, 'id');
      else this.#answerUnknown(pending, response);
      return;
    }
    const only = pending.takeOnly();
    if (only !== undefined) this.#events.answered(only, response, 'only_outstanding');
    else this.#events.unmatched(response, this.isPartial ? 'request_not_captured' : 'id_not_captured');
  }

  /** Something was lost: responses may have been among it. */
  doubt(): void {
    this.isPartial = true;
    for (const pending of this.#pending) pending.doubt();
  }

  /** Gives up calls that began before `timeMs`. */
  expire(timeMs: number): void {
    for (const pending of this.#pending) {
      while (pending.oldest !== undefined && pending.oldest.request.timeMs < timeMs) {
        this.#giveUp(pending, 'aged_out');
      }
    }
  }

  /** Gives up all calls. */
  end(): void {
    for (const pending of this.#pending) {
      while (pending.oldest !== undefined) this.#giveUp(pending, 'connection_ended');
    }
  }

  /** A response whose id no request has: the one request whose own id was not captured may have it. */
  #answerUnknown(pending: PendingCalls, response: Response): void {
    const only = pending.takeOnly((call) => call.request.isIdUnknown);
    if (only !== undefined) this.#events.answered(only, response, 'only_outstanding');
    else this.#events.unmatched(response, this.isPartial ? 'request_not_captured' : 'unknown_id');
  }

  #giveUp(pending: PendingCalls, reason: UnansweredReason): void {
    const call = pending.takeOldest();
    if (call !== undefined) this.#events.unanswered(call, reason);
  }
}

/** Calls in the order of their requests, to be found by their ids. */
class PendingCalls {
  /** A map keeps the order in which its keys came; those with the same id are one behind the other. */
  readonly #byId = new Map<CallId, PendingCall[]>();
  #nextUnknown = 0;
  size = 0;

  add(call: PendingCall): void {
    // No id that was read begins so.
    const id = call.request.id ?? `?${this.#nextUnknown++}`;
    const same = this.#byId.get(id);
    if (same === undefined) this.#byId.set(id, [call]);
    else same.push(call);
    this.size++;
  }

  take(id: CallId): PendingCall | undefined {
    const calls = this.#byId.get(id);
    if (calls === undefined) return undefined;
    const call = calls.shift();
    if (calls.length === 0) this.#byId.delete(id);
    this.size--;
    return call;
  }

  /** The only call there is, if there is one and it is `accepts`. */
  takeOnly(accepts: (call: PendingCall) => boolean = () => true): PendingCall | undefined {
    if (this.size !== 1) return undefined;
    const { oldest } = this;
    return oldest !== undefined && accepts(oldest) ? this.takeOldest() : undefined;
  }

  get oldest(): PendingCall | undefined {
    for (const [call] of this.#byId.values()) return call;
    return undefined;
  }

  takeOldest(): PendingCall | undefined {
    for (const id of this.#byId.keys()) return this.take(id);
    return undefined;
  }

  doubt(): void {
    for (const calls of this.#byId.values()) {
      for (const call of calls) call.isDoubtful = true;
    }
  }
}
