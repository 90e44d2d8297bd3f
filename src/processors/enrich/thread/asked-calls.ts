import type { CallId, Response } from '../../../protocols/protocol.js';
import type { Share } from '../../capture/strategies/coverage.js';
import type { UnknownReason } from '../instruments.js';
import { ABSENCE_MS, AbsentRequests } from './absent-requests.js';
import { type AnswerGroup, OpenAnswers } from './open-answers.js';
import type { PendingCall } from './pending-calls.js';
import type { AnswerMatcher, TrackerEvents } from './tracker-events.js';
import { WaitingCalls } from './waiting-calls.js';

/** Calls of unknown ids that wait, and answers of which it is open whose they are; the oldest are let go. */
const UNKNOWN_IDS_MAX = 64;
const OPEN_ANSWERS_MAX = 64;

/**
 * The calls of one direction of a conversation, where answers name their calls. An answer that names none that waits may
 * still be that of one: of a call whose own id is not known, or of any if it is the answer's that is not. It is the
 * answer to the only one there is; of several, it is kept until it can be told.
 *
 * A call waits as long as its connection lives, unless its answer may have been missed.
 */
export class AskedCalls implements AnswerMatcher {
  readonly #events: TrackerEvents;
  readonly #waiting = new WaitingCalls();
  readonly #open = new OpenAnswers();
  readonly #absent: AbsentRequests;
  readonly #areAnswersPartial: boolean;
  #nextNumber = 0;
  /** When the latest request was made, monotonic ms, and its id. */
  #latestMs = 0;
  #latestId: CallId | undefined;
  /** The client gives the same id to one call after the other, as many do that wait for each answer. */
  #areIdsReused = false;
  /** So many open answers were let go that what is left may belong to calls that were let go with them. */
  #isMuddled = false;
  /** Something was lost, and no answer has been read since: what comes first may be passed over as the rest of a message. */
  #isLost = false;
  /** Calls before these numbers may have been answered: by what was lost, by what was not understood, … */
  #lostBefore = 0;
  #notUnderstoodBefore = 0;
  /** … and by an answer that may have been another's: any call, and one whose id is not known. */
  #ambiguousBefore = 0;
  #ambiguousUnknownBefore = 0;

  constructor(requests: Share, answers: Share, events: TrackerEvents) {
    this.#events = events;
    this.#absent = new AbsentRequests(requests !== 'all');
    this.#areAnswersPartial = answers !== 'all';
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Waits for the answer to a call. */
  add(call: PendingCall): void {
    this.#latestMs = call.request.timeMs;
    call.number = this.#nextNumber++;
    const { id } = call.request;
    const former = this.#waiting.add(call);
    if (former !== undefined) this.#makeWay(former);
    if (id === undefined) this.#boundUnknown();
    else if (id === this.#latestId) this.#areIdsReused = true;
    else this.#latestId = id;
  }

  answer(response: Response): void {
    if (this.#isLost) this.#find();
    const { id } = response;
    const named = id === undefined ? undefined : (this.#waiting.take(id) ?? this.#waiting.takeAlike(id));
    if (named !== undefined) {
      this.#answerNamed(named, response);
    } else if (id !== undefined && this.#absent.takeLate(id)) {
      this.#events.unmatched(response, 'late');
    } else {
      // Once muddled, it may be that of a call that was let go, in the place of which another was answered.
      this.#answerUnnamed(response, id !== undefined && !this.#isMuddled);
    }
  }

  cancel(id: CallId): void {
    const call = this.#waiting.take(id);
    if (call === undefined) return;
    this.#absent.noteLate(id);
    this.#events.cancelled(call);
    this.#left(call);
  }

  lose(timeMs: number): void {
    this.#isLost = true;
    this.#absent.lost(timeMs);
  }

  missAnswer(): void {
    if (this.#isLost) this.#find();
    this.#notUnderstoodBefore = this.#nextNumber;
  }

  missRequest(timeMs: number): void {
    this.#absent.notUnderstood(timeMs);
  }

  /** Lets go of calls that were made more than ten minutes ago, and may have been answered. */
  expire(nowMs: number): void {
    const isOver = (call: PendingCall) =>
      call.request.timeMs < nowMs - ABSENCE_MS && this.#doubtOf(call) !== undefined;
    const old = this.#waiting.takeThose(isOver);
    if (old.length > 0) this.#closeOpen();
    for (const call of old) {
      if (call.request.id !== undefined) this.#absent.noteLate(call.request.id);
      this.#events.unknown(call, 'aged_out');
    }
  }

  end(): void {
    this.#closeOpen();
    for (const call of this.#waiting.takeThose(() => true)) {
      const doubt = this.#doubtOf(call);
      if (doubt === undefined) this.#events.unanswered(call, 'connection_ended');
      else this.#events.unknown(call, doubt);
    }
  }

  giveUp(reason: UnknownReason): void {
    this.#closeOpen();
    for (const call of this.#waiting.takeThose(() => true)) this.#events.unknown(call, reason);
  }

  evict(call: PendingCall): void {
    this.#letGo(call, 'evicted');
  }

  /** Why a call may have been answered though no answer was matched with it. */
  #doubtOf({ number, request }: PendingCall): UnknownReason | undefined {
    if (this.#isLost || number < this.#lostBefore) return 'lost';
    if (number < this.#notUnderstoodBefore) return 'not_understood';
    if (number < this.#ambiguousBefore) return 'ambiguous';
    if (request.isIdUnknown) {
      return number < this.#ambiguousUnknownBefore ? 'ambiguous' : 'id_not_captured';
    }
    return this.#areAnswersPartial ? 'not_captured' : undefined;
  }

  /** Answers can be read again. */
  #find(): void {
    this.#isLost = false;
    this.#lostBefore = this.#nextNumber;
  }

  /** No call with its id waits. `isIdKnown`: so it can only be that of one whose id is not known. */
  #answerUnnamed(response: Response, isIdKnown: boolean): void {
    const candidates = isIdKnown ? this.#waiting.unknownIds : this.#waiting.size;
    const absent = this.#absent.reasonAt(response.timeMs);
    if (absent !== undefined) {
      if (candidates === 0) this.#absent.answered();
      this.#taint(isIdKnown);
      this.#events.unmatched(response, absent);
    } else if (candidates === 0) {
      // It is wrong, or nobody's: a call that gets no other answer may have had this one.
      this.#taint(false);
      this.#events.unmatched(response, response.id === undefined ? 'id_not_captured' : 'unknown_id');
    } else if (candidates === 1 && this.#open.size === 0 && !this.#isMuddled) {
      const only = this.#waiting.remove(this.#waiting.oldest(isIdKnown) as PendingCall) as PendingCall;
      this.#events.answered(only, response, 'only_outstanding');
    } else {
      this.#taint(isIdKnown);
      this.#open.add(response, this.#nextNumber, isIdKnown, candidates);
      if (this.#open.size > OPEN_ANSWERS_MAX) this.#muddle();
      this.#settle();
    }
  }

  /** All that wait may have been answered by what is another's answer. */
  #taint(isOfUnknownId: boolean): void {
    this.#ambiguousUnknownBefore = this.#nextNumber;
    if (!isOfUnknownId) this.#ambiguousBefore = this.#nextNumber;
  }

  /** There are more open answers than are kept: the oldest goes, and the oldest call that it may belong to. */
  #muddle(): void {
    this.#isMuddled = true;
    const group = this.#open.takeOldest();
    if (group === undefined) return;
    const call = this.#waiting.oldest(group.isOfUnknownId);
    if (call === undefined) return;
    this.#waiting.remove(call);
    this.#events.unknown(call, 'ambiguous');
    this.#left(call);
  }

  #boundUnknown(): void {
    const oldest = this.#waiting.unknownIds > UNKNOWN_IDS_MAX ? this.#waiting.oldest(true) : undefined;
    if (oldest !== undefined) this.#letGo(oldest, 'id_not_captured');
  }

  /** The answer to a call with its id; or, if ids are used again, to a later one, where that to the call may have been missed. */
  #answerNamed(call: PendingCall, response: Response): void {
    const doubt = this.#areIdsReused ? this.#doubtOf(call) : undefined;
    const isMissed = doubt === 'lost' || doubt === 'not_understood' || doubt === 'ambiguous';
    if (isMissed) {
      this.#closeOpen();
      this.#events.unknown(call, doubt);
    } else {
      this.#events.answered(call, response, 'id');
      this.#left(call);
    }
  }

  /**
   * A call with the same id is made. Who uses an id again usually has the answer: if it may have been missed, the next one is
   * not the former call's, or each would be taken for that to the call before.
   */
  #makeWay(former: PendingCall): void {
    const doubt = this.#doubtOf(former);
    if (doubt === undefined) return;
    this.#closeOpen();
    this.#waiting.remove(former);
    this.#events.unknown(former, doubt);
  }

  /** A call waits no longer. */
  #left({ number, request }: PendingCall): void {
    if (this.#open.size === 0 && !this.#isMuddled) return;
    this.#open.callLeft(number, request.id === undefined);
    this.#settle();
  }

  #settle(): void {
    while (this.#open.size > 0) {
      const group = this.#open.takeSettled();
      if (group === undefined) return;
      this.#settleGroup(group);
    }
    // As many answers as calls: none is to come any more.
    if (this.#waiting.size === 0) this.#isMuddled = false;
  }

  #settleGroup({ responses, before, isOfUnknownId }: AnswerGroup): void {
    const isCandidate = ({ number }: PendingCall) => number < before;
    const calls = isOfUnknownId
      ? this.#waiting.takeUnknown(isCandidate)
      : this.#waiting.takeThose(isCandidate);
    for (const { number, request } of calls) this.#open.callLeft(number, request.id === undefined);
    const [response] = responses;
    if (calls.length === 1 && responses.length === 1 && !this.#isMuddled) {
      this.#events.answered(calls[0], response, 'elimination');
      return;
    }
    for (const call of calls) this.#events.unknown(call, 'ambiguous');
    for (const each of responses.slice(calls.length)) {
      this.#events.unmatched(each, each.id === undefined ? 'id_not_captured' : 'unknown_id');
    }
  }

  /** Does not wait for an answer any more that may come all the same. */
  #letGo(call: PendingCall, reason: UnknownReason): void {
    this.#closeOpen();
    this.#absent.givenUp(call.request.id, this.#latestMs);
    this.#waiting.remove(call);
    this.#events.unknown(call, reason);
  }

  /** It will not be told any more whose open answers are: a call has gone that may have been theirs. */
  #closeOpen(): void {
    for (const response of this.#open.takeAll()) this.#events.unmatched(response, 'id_not_captured');
  }
}
