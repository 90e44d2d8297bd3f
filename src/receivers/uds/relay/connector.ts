import { EAGAIN, EINTR, EISCONN, errnoName } from '../../../linux/errno.js';
import { connect } from '../../../linux/socket.js';
import { type ConnectionTable, UPSTREAM } from './connection-table.js';
import { ERROR_TYPES, type ErrorType } from './counters.js';
import type { Listener } from './listener.js';

/** First pause before a full backlog is tried again, and the longest, in ms. */
const RETRY_MS_MIN = 1;
const RETRY_MS_MAX = 50;

const CONNECTED = 0;

interface Attempt {
  slot: number;
  generation: number;
  listener: Listener;
  deadlineMs: number;
  nextMs: number;
  pauseMs: number;
}

/** What becomes of a connection's upstream end. */
export interface ConnectOutcome {
  established(slot: number, listener: Listener): void;
  failed(slot: number, listener: Listener, error: ErrorType, errno: string): void;
}

/**
 * Connects upstream ends. A Unix socket connects or fails at once, except that a full backlog asks to
 * come back later; nothing reports when there is room, so those are retried on a timer.
 */
export class Connector {
  readonly #table: ConnectionTable;
  readonly #outcome: ConnectOutcome;
  #waiting: Attempt[] = [];

  constructor(table: ConnectionTable, outcome: ConnectOutcome) {
    this.#table = table;
    this.#outcome = outcome;
  }

  /** Ms of the next retry, Infinity when there is none. */
  get nextMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const attempt of this.#waiting) next = Math.min(next, attempt.nextMs);
    return next;
  }

  /** Connects the upstream end of a slot, now or as soon as the backlog lets us. */
  start(slot: number, listener: Listener, now: () => number): void {
    const result = this.#attempt(slot, listener);
    if (result === CONNECTED) {
      this.#outcome.established(slot, listener);
    } else if (isRetryable(result)) {
      const nowMs = now();
      this.#waiting.push({
        slot,
        generation: this.#table.generation[slot],
        listener,
        deadlineMs: nowMs + listener.settings.connectTimeoutMs,
        nextMs: nowMs + RETRY_MS_MIN,
        pauseMs: RETRY_MS_MIN,
      });
    } else {
      this.#fail(slot, listener, result);
    }
  }

  /** Retries what is due. */
  retry(nowMs: number): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const attempt of waiting) {
      if (this.#table.generation[attempt.slot] !== attempt.generation) continue;
      if (attempt.nextMs > nowMs || this.#retryOne(attempt, nowMs)) this.#waiting.push(attempt);
    }
  }

  /** Whether the attempt goes on waiting. */
  #retryOne(attempt: Attempt, nowMs: number): boolean {
    const { slot, listener } = attempt;
    const result = this.#attempt(slot, listener);
    if (result === CONNECTED) {
      this.#outcome.established(slot, listener);
    } else if (!isRetryable(result)) {
      this.#fail(slot, listener, result);
    } else if (nowMs >= attempt.deadlineMs) {
      this.#outcome.failed(slot, listener, 'connect_timeout', 'EAGAIN');
    } else {
      attempt.pauseMs = Math.min(attempt.pauseMs * 2, RETRY_MS_MAX);
      attempt.nextMs = Math.min(nowMs + attempt.pauseMs, attempt.deadlineMs);
      return true;
    }
    return false;
  }

  #attempt(slot: number, listener: Listener): number {
    const result = connect(this.#table.fd[slot * 2 + UPSTREAM], listener.address);
    return result === -EISCONN ? CONNECTED : result;
  }

  #fail(slot: number, listener: Listener, result: number): void {
    const name = errnoName(-result);
    const type = ERROR_TYPES.find((known) => known === name) ?? '_OTHER';
    this.#outcome.failed(slot, listener, type, name);
  }
}

function isRetryable(result: number): boolean {
  return result === -EAGAIN || result === -EINTR;
}
