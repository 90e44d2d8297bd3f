import { RECV, SEND } from '../../../protocols/direction.js';
import type { CallId, Matching, Request, Response } from '../../../protocols/protocol.js';
import type { Coverage } from '../../capture/strategies/coverage.js';
import type { UnansweredReason, UnmatchedReason } from '../instruments.js';
import { type CallWaiter, type ClientCalls, PendingCall } from './pending-calls.js';

/** How a response was matched with its request: as its protocol has it, or because there was no other. */
export type MatchedBy = Matching | 'only_outstanding';

export interface TrackerEvents {
  answered(call: PendingCall, response: Response, by: MatchedBy): void;
  unanswered(call: PendingCall, reason: UnansweredReason): void;
  unmatched(response: Response, reason: UnmatchedReason): void;
}

/**
 * Matches responses with requests, in both directions of a conversation. What is sent is answered by what is
 * received, and the other way round. Of several requests with one id the first response answers the first.
 */
export class CallTracker implements CallWaiter {
  readonly #events: TrackerEvents;
  /** By the direction of the requests. */
  readonly #pending: readonly [CallsById, CallsById];
  readonly #coverage: Coverage;
  readonly #calls: () => ClientCalls;
  /** In order: how many answers to calls that were given up are yet to come, by the direction of the requests. */
  readonly #owed: [number, number] = [0, 0];
  /** How often something was lost. */
  #losses = 0;
  /** That of the protocol that is spoken. */
  matching: Matching = 'id';
  /** Requests may be unknown to us: a response without one is nothing to wonder about. */
  isPartial: boolean;

  /** `calls`: all that the client's conversations wait for. */
  constructor(coverage: Coverage, events: TrackerEvents, calls: () => ClientCalls) {
    this.#coverage = coverage;
    this.#events = events;
    this.#calls = calls;
    this.#pending = [new CallsById(), new CallsById()];
    this.isPartial = coverage.send !== 'all' || coverage.recv !== 'all';
  }

  get size(): number {
    return this.#pending[0].size + this.#pending[1].size;
  }

  /** Waits for the response to a request. */
  add(request: Request, count: number): void {
    const pending = this.#pending[request.direction];
    const responses = request.direction === SEND ? this.#coverage.recv : this.#coverage.send;
    const isDoubtful = request.isIdUnknown || responses === 'some';
    const id = request.id ?? pending.nextUnknown();
    const call = new PendingCall(request, count, isDoubtful, this.#losses, id, this);
    pending.add(call);
    this.#calls().add(call);
  }

  answer(response: Response): void {
    const asked = response.direction === SEND ? RECV : SEND;
    const pending = this.#pending[asked];
    if (this.#owed[asked] > 0) {
      this.#owed[asked]--;
      this.#events.unmatched(response, 'unknown_id');
      return;
    }
    if (response.id !== undefined) {
      const call = pending.take(response.id);
      if (call !== undefined) this.#events.answered(call, response, this.matching);
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
    if (this.matching !== 'order') return;
    this.#giveUpAll('order_lost', () => true);
    this.#owed.fill(0);
  }

  /** Gives up calls that began before `timeMs`. */
  expire(timeMs: number): void {
    this.#giveUpAll('aged_out', (call) => call.request.timeMs < timeMs);
  }

  /** Gives up all calls. */
  end(): void {
    this.#giveUpAll('connection_ended', () => true);
  }

  evict(call: PendingCall): void {
    this.#pending[call.request.direction].take(call.id);
    this.#giveUp(call, 'evicted');
  }

  /** No request has the id of this response; but the only outstanding one may, if its own id was not captured. */
  #answerUnknown(pending: CallsById, response: Response): void {
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

  #giveUp(call: PendingCall, reason: UnansweredReason): void {
    call.isDoubtful ||= call.losses !== this.#losses;
    if (this.matching === 'order') this.#owed[call.request.direction]++;
    this.#events.unanswered(call, reason);
  }
}

/** Calls of one direction, to be found by their ids. What is taken is the client's no more. */
class CallsById {
  /** The first with an id; those with the same are one behind the other. */
  readonly #firstOf = new Map<CallId, PendingCall>();
  #nextUnknown = 0;
  size = 0;

  /** No id that was read begins so. */
  nextUnknown(): CallId {
    return `?${this.#nextUnknown++}`;
  }

  add(call: PendingCall): void {
    const first = this.#firstOf.get(call.id);
    if (first === undefined) {
      this.#firstOf.set(call.id, call);
    } else {
      first.lastOfId.nextOfId = call;
      first.lastOfId = call;
    }
    this.size++;
  }

  /** The first of those with an id. */
  take(id: CallId): PendingCall | undefined {
    const call = this.#firstOf.get(id);
    if (call === undefined) return undefined;
    const { nextOfId } = call;
    if (nextOfId === undefined) {
      this.#firstOf.delete(id);
    } else {
      nextOfId.lastOfId = call.lastOfId;
      this.#firstOf.set(id, nextOfId);
    }
    this.size--;
    call.calls?.remove(call);
    return call;
  }

  /** The only call there is, if there is one and it is `accepts`. */
  takeOnly(accepts: (call: PendingCall) => boolean = () => true): PendingCall | undefined {
    if (this.size !== 1) return undefined;
    for (const call of this.#firstOf.values()) return accepts(call) ? this.take(call.id) : undefined;
    return undefined;
  }

  /** Takes the calls that are over. */
  takeThose(isOver: (call: PendingCall) => boolean): PendingCall[] {
    const taken: PendingCall[] = [];
    for (const [id, first] of this.#firstOf) {
      // Those with one id are in order, ids are not: one that is used again keeps its place.
      let call: PendingCall | undefined = first;
      while (call !== undefined && isOver(call)) {
        this.take(id);
        taken.push(call);
        call = call.nextOfId;
      }
    }
    return taken;
  }
}
