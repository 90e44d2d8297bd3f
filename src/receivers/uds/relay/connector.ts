import { EACCES, EAGAIN, EINTR, EISCONN, errnoName } from '../../../linux/errno.js';
import { connect } from '../../../linux/socket.js';
import { ClientCredentials } from './client-credentials.js';
import { CLIENT, type ConnectionTable, UPSTREAM } from './connection-table.js';
import { ERROR_TYPES, type ErrorType } from './counters.js';
import type { Listener } from './listener.js';

/** First pause before a full backlog is tried again, and the longest, in ms. */
const RETRY_MS_MIN = 1;
const RETRY_MS_MAX = 10;

/** Connections of one listener that are tried in one turn of the loop. */
const ATTEMPTS_A_TURN = 64;

const CONNECTED = 0;

interface Attempt {
  slot: number;
  generation: number;
  deadlineMs: number;
}

/** Connections of one listener that wait for room in its upstream's backlog, first come, first served. */
interface Queue {
  listener: Listener;
  attempts: Attempt[];
  nextMs: number;
  pauseMs: number;
}

/** What becomes of a connection's upstream end. */
export interface ConnectOutcome {
  established(slot: number, listener: Listener): void;
  failed(slot: number, listener: Listener, error: ErrorType, errno: string): void;
  /** The client may not connect to it; others may. Counted as EACCES. */
  refused(slot: number, listener: Listener, user: number, reason: string): void;
}

/**
 * Connects upstream ends. A Unix socket connects or fails at once, except that a full backlog asks to
 * come back later; nothing reports when there is room, so the first of those who wait is tried on a timer,
 * and the next ones as long as there is more room. Who comes later waits behind them.
 */
export class Connector {
  readonly #table: ConnectionTable;
  readonly #clients = new ClientCredentials();
  readonly #outcome: ConnectOutcome;
  readonly #queues = new Map<Listener, Queue>();

  constructor(table: ConnectionTable, outcome: ConnectOutcome) {
    this.#table = table;
    this.#outcome = outcome;
  }

  /** As ClientCredentials has it. */
  get credentialsObstacle(): string | undefined {
    return this.#clients.obstacle;
  }

  /** Ms of the next retry, Infinity when there is none. */
  get nextMs(): number {
    let next = Number.POSITIVE_INFINITY;
    if (this.#queues.size === 0) return next;
    for (const queue of this.#queues.values()) next = Math.min(next, queue.nextMs);
    return next;
  }

  /** Connects the upstream end of a slot, now or as soon as the backlog lets us. */
  start(slot: number, listener: Listener, now: () => number): void {
    const queue = this.#queues.get(listener);
    if (queue === undefined && this.#attempt(slot, listener)) return;
    const nowMs = now();
    const attempt = {
      slot,
      generation: this.#table.generation[slot],
      deadlineMs: nowMs + listener.settings.connectTimeoutMs,
    };
    if (queue !== undefined) {
      queue.attempts.push(attempt);
      return;
    }
    const nextMs = Math.min(nowMs + RETRY_MS_MIN, attempt.deadlineMs);
    this.#queues.set(listener, { listener, attempts: [attempt], nextMs, pauseMs: RETRY_MS_MIN });
  }

  /** Retries what is due. */
  retry(nowMs: number): void {
    if (this.#queues.size === 0) return;
    for (const queue of this.#queues.values()) {
      if (queue.nextMs > nowMs) continue;
      this.#retryQueue(queue, nowMs);
      if (queue.attempts.length === 0) this.#queues.delete(queue.listener);
    }
  }

  #retryQueue(queue: Queue, nowMs: number): void {
    const { listener, attempts } = queue;
    const end = Math.min(attempts.length, ATTEMPTS_A_TURN);
    let done = 0;
    while (done < end && (this.#isOver(attempts[done]) || this.#attempt(attempts[done].slot, listener)))
      done++;
    queue.pauseMs = done > 0 ? RETRY_MS_MIN : Math.min(queue.pauseMs * 2, RETRY_MS_MAX);
    if (done < end) done = this.#expire(queue, done, nowMs);
    attempts.splice(0, done);
    if (attempts.length > 0) queue.nextMs = Math.min(nowMs + queue.pauseMs, attempts[0].deadlineMs);
  }

  /** Gives up those whose time is over; all of a queue wait equally long, so they come first. */
  #expire({ listener, attempts }: Queue, from: number, nowMs: number): number {
    let index = from;
    for (; index < attempts.length && attempts[index].deadlineMs <= nowMs; index++) {
      if (this.#isOver(attempts[index])) continue;
      this.#outcome.failed(attempts[index].slot, listener, 'connect_timeout', 'EAGAIN');
    }
    return index;
  }

  /** Whether the connection was closed while it waited, and its slot perhaps given to another. */
  #isOver({ slot, generation }: Attempt): boolean {
    return this.#table.generation[slot] !== generation;
  }

  /** Tries once; false when it must wait. */
  #attempt(slot: number, listener: Listener): boolean {
    const asClient = listener.settings.credentials === 'client';
    const result = asClient
      ? this.#connectAsClient(slot, listener)
      : connect(this.#table.fd[slot * 2 + UPSTREAM], listener.address);
    if (result === -EAGAIN || result === -EINTR) return false;
    if (result === CONNECTED || result === -EISCONN) this.#outcome.established(slot, listener);
    else if (asClient && result === -EACCES) {
      this.#outcome.refused(slot, listener, this.#clients.user, this.#clients.refusal);
    } else this.#fail(slot, listener, result);
    return true;
  }

  #connectAsClient(slot: number, { address }: Listener): number {
    const { fd, senderUid, senderGid } = this.#table;
    const result = this.#clients.connect(fd[slot * 2 + CLIENT], fd[slot * 2 + UPSTREAM], address);
    if ((result === CONNECTED || result === -EISCONN) && this.#clients.isOther) {
      senderUid[slot] = this.#clients.user;
      senderGid[slot] = this.#clients.group;
    }
    return result;
  }

  #fail(slot: number, listener: Listener, result: number): void {
    const name = errnoName(-result);
    const type = ERROR_TYPES.find((known) => known === name) ?? '_OTHER';
    this.#outcome.failed(slot, listener, type, name);
  }
}
