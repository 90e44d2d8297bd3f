import { RECV, SEND } from '../capture/direction.js';
import type { Coverage } from '../capture/strategies/coverage.js';
import type { UnansweredReason, UnmatchedReason } from './instruments.js';
import type { CallId, Request, Response } from './protocols/protocol.js';

/** Calls of one conversation whose responses are waited for at most. */
const MAX_PENDING = 16_384;

/** And where the agent waits for too many in all: a few for everybody, so that nobody takes the room of others. */
const MAX_PENDING_CROWDED = 16;

/** A request whose response is waited for. */
export interface PendingCall {
  readonly request: Request;
  /** How many calls it stands for. */
  readonly count: number;
  /** Its response may have been missed: that nobody saw one says nothing. */
  isDoubtful: boolean;
  /** How often something had been lost before. */
  readonly losses: number;
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
  /** How often something was lost. */
  #losses = 0;
  /** Requests may be unknown to us: a response without one is nothing to wonder about. */
  isPartial: boolean;

  constructor(coverage: Coverage, events: TrackerEvents) {
    this.#coverage = coverage;
    this.#events = events;
    this.isPartial = coverage.send !== 'all' || coverage.recv !== 'all';
  }

  get size(): number {
    return this.#pending[0].size + this.#pending[1].size;
  }

  /** Waits for the response to a request. `isCrowded`: the agent waits for very many already. */
  add(request: Request, count: number, isCrowded = false): void {
    const pending = this.#pending[request.direction];
    if (pending.size >= (isCrowded ? MAX_PENDING_CROWDED : MAX_PENDING)) this.#evictOldest(pending);
    const responses = request.direction === SEND ? this.#coverage.recv : this.#coverage.send;
    const isDoubtful = request.isIdUnknown || responses === 'some';
    pending.add({ request, count, isDoubtful, losses: this.#losses });
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
    // Seen when a call is given up: there may be thousands, and a loss with every record.
    this.#losses++;
  }

  /** Gives up calls that began before `timeMs`. */
  expire(timeMs: number): void {
    this.#giveUpAll('aged_out', (call) => call.request.timeMs < timeMs);
  }

  /** Gives up all calls. */
  end(): void {
    this.#giveUpAll('connection_ended', () => true);
  }

  /** A response whose id no request has: the one request whose own id was not captured may have it. */
  #answerUnknown(pending: PendingCalls, response: Response): void {
    const only = pending.takeOnly((call) => call.request.isIdUnknown);
    if (only !== undefined) this.#events.answered(only, response, 'only_outstanding');
    else this.#events.unmatched(response, this.isPartial ? 'request_not_captured' : 'unknown_id');
  }

  /** The oldest calls, as long as they are to be given up. */
  #giveUpAll(reason: UnansweredReason, isOver: (call: PendingCall) => boolean): void {
    for (const pending of this.#pending) {
      for (const call of pending.takeThose(isOver)) this.#giveUp(call, reason);
    }
  }

  #evictOldest(pending: PendingCalls): void {
    const call = pending.takeOldest();
    if (call !== undefined) this.#giveUp(call, 'evicted');
  }

  #giveUp(call: PendingCall, reason: UnansweredReason): void {
    call.isDoubtful ||= call.losses !== this.#losses;
    this.#events.unanswered(call, reason);
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

  /**
   * Takes the calls that are over. In one walk: to look for the oldest again and again would be to pass by all
   * that were there before, each time.
   */
  takeThose(isOver: (call: PendingCall) => boolean): PendingCall[] {
    const taken: PendingCall[] = [];
    for (const [id, calls] of this.#byId) {
      // Those with one id are in order, ids are not: one that is used again keeps its place.
      const end = calls.findIndex((call) => !isOver(call));
      taken.push(...calls.splice(0, end < 0 ? calls.length : end));
      if (calls.length === 0) this.#byId.delete(id);
    }
    this.size -= taken.length;
    return taken;
  }
}
