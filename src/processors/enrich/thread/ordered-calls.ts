import { IN_ORDER, type Response } from '../../../protocols/protocol.js';
import type { UnknownReason } from '../instruments.js';
import type { PendingCall } from './pending-calls.js';
import type { AnswerMatcher, TrackerEvents } from './tracker-events.js';
import { WaitingCalls } from './waiting-calls.js';

/**
 * The calls of one direction where answers come in their order. All of them have the same id. One may turn out to have been a
 * notification, of which too little was captured: an answer is its own only if no later call waits.
 */
export class OrderedCalls implements AnswerMatcher {
  readonly #events: TrackerEvents;
  readonly #waiting = new WaitingCalls();
  /** How many answers to calls that are not waited for any more are yet to come. They come first. */
  #owed = 0;

  constructor(events: TrackerEvents) {
    this.#events = events;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(call: PendingCall): void {
    this.#waiting.add(call);
  }

  answer(response: Response): void {
    if (this.#owed > 0) {
      this.#owed--;
      this.#events.unmatched(response, 'late');
      return;
    }
    const call = this.#waiting.take(IN_ORDER);
    if (call === undefined) {
      this.#events.unmatched(response, 'unknown_id');
    } else if (call.request.isIdUnknown && this.size > 0) {
      this.#events.unknown(call, 'order_lost');
      this.lose();
      this.#events.unmatched(response, 'id_not_captured');
    } else {
      this.#events.answered(call, response, 'order');
    }
  }

  /** Without ids, nothing says which. */
  cancel(): void {}

  lose(): void {
    this.giveUp('order_lost');
    this.#owed = 0;
  }

  missAnswer(): void {
    this.lose();
  }

  missRequest(): void {
    this.lose();
  }

  /** Whatever waits can still be answered. */
  expire(): void {}

  end(): void {
    for (const call of this.#takeAll()) {
      if (call.request.isIdUnknown) this.#events.unknown(call, 'id_not_captured');
      else this.#events.unanswered(call, 'connection_ended');
    }
  }

  giveUp(reason: UnknownReason): void {
    for (const call of this.#takeAll()) this.#events.unknown(call, reason);
  }

  evict(call: PendingCall): void {
    this.#waiting.remove(call);
    this.#owed++;
    this.#events.unknown(call, 'evicted');
  }

  #takeAll(): PendingCall[] {
    return this.#waiting.takeThose(() => true);
  }
}
