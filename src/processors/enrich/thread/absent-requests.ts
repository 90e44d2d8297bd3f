import type { CallId } from '../../../protocols/protocol.js';
import type { UnmatchedReason } from '../instruments.js';

/** How long the answer to a request that nobody waits for may take, in ms. */
export const ABSENCE_MS = 10 * 60_000;

/** Ids that are remembered of calls that are not waited for any more. */
const LATE_IDS_MAX = 64;
/** Longer ids are not, as there may be many connections. One of an exchange has room that is a UUID. */
const LATE_ID_LENGTH_MAX = 64;

/**
 * Requests of one direction whose answers may come though no call waits for them: they were missed, not understood, or
 * are waited for no longer. As long as there may be one, an answer that does not name its call may be its answer.
 */
export class AbsentRequests {
  /** Some are never captured. */
  readonly #isPartial: boolean;
  #lostUntilMs = Number.NEGATIVE_INFINITY;
  #notUnderstood = 0;
  #givenUp = 0;
  /** When the last of these two came, and its answer is to be expected no more. */
  #countedUntilMs = Number.NEGATIVE_INFINITY;
  #lateIds: Set<CallId> | undefined;

  constructor(isPartial: boolean) {
    this.#isPartial = isPartial;
  }

  /** Any number of them may have been missed until now. */
  lost(nowMs: number): void {
    this.#lostUntilMs = nowMs + ABSENCE_MS;
  }

  /** What may have been one was not understood. */
  notUnderstood(nowMs: number): void {
    this.#notUnderstood++;
    this.#countedUntilMs = nowMs + ABSENCE_MS;
  }

  /** The answer to a call is not waited for any more, but expected. */
  givenUp(id: CallId | undefined, nowMs: number): void {
    this.#givenUp++;
    this.#countedUntilMs = nowMs + ABSENCE_MS;
    if (id !== undefined) this.noteLate(id);
  }

  /** An answer with this id would be late. */
  noteLate(id: CallId): void {
    if (id.length > LATE_ID_LENGTH_MAX) return;
    this.#lateIds ??= new Set();
    this.#lateIds.add(id);
    if (this.#lateIds.size <= LATE_IDS_MAX) return;
    const [oldest] = this.#lateIds;
    this.#lateIds.delete(oldest);
  }

  /** Whether an answer with this id is late. It comes once. */
  takeLate(id: CallId): boolean {
    if (this.#lateIds?.delete(id) !== true) return false;
    if (this.#givenUp > 0) this.#givenUp--;
    return true;
  }

  /** Why an answer may be none to a call that is waited for; undefined if it must be one. */
  reasonAt(nowMs: number): UnmatchedReason | undefined {
    if (this.#isPartial || nowMs < this.#lostUntilMs) return 'request_not_captured';
    if (nowMs >= this.#countedUntilMs) return undefined;
    if (this.#notUnderstood > 0) return 'request_not_understood';
    return this.#givenUp > 0 ? 'late' : undefined;
  }

  /** One of them was answered. */
  answered(): void {
    if (this.#notUnderstood > 0) this.#notUnderstood--;
    else if (this.#givenUp > 0) this.#givenUp--;
  }
}
