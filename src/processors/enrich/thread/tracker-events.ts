import type { CallId, Matching, Response } from '../../../protocols/protocol.js';
import type { UnansweredReason, UnknownReason, UnmatchedReason } from '../instruments.js';
import type { CallWaiter, PendingCall } from './pending-calls.js';

/**
 * How an answer was matched with its call: as its protocol has it; because there was no other call; or because all others
 * that might have been its call turned out to have answers of their own.
 */
export type MatchedBy = Matching | 'only_outstanding' | 'elimination';

/** What becomes of calls: each is told of once, with one of the first four. */
export interface TrackerEvents {
  answered(call: PendingCall, response: Response, by: MatchedBy): void;
  /** Everything was seen, and nobody answered. */
  unanswered(call: PendingCall, reason: UnansweredReason): void;
  /** It may have been answered. */
  unknown(call: PendingCall, reason: UnknownReason): void;
  /** Nobody waits for its answer any more, as who has asked it says. */
  cancelled(call: PendingCall): void;
  unmatched(response: Response, reason: UnmatchedReason): void;
}

/** The calls of one direction of a conversation, and the answers to them. */
export interface AnswerMatcher extends CallWaiter {
  /** How many wait. */
  readonly size: number;
  add(call: PendingCall): void;
  answer(response: Response): void;
  /** The call with an id is called off, if it waits. */
  cancel(id: CallId): void;
  /** Requests and answers were lost. */
  lose(timeMs: number): void;
  /** What may have been an answer was not understood. */
  missAnswer(): void;
  /** What may have been a request was not understood. */
  missRequest(timeMs: number): void;
  /** Lets go of what has waited too long. */
  expire(nowMs: number): void;
  /** The connection has ended, and was seen to. */
  end(): void;
  /** Nothing more will be known of any call. */
  giveUp(reason: UnknownReason): void;
}
