import { EACCES, EAGAIN, EINTR, EISCONN, errnoName } from '../../../linux/errno.js';
import type { PeerCredentials } from '../../../linux/socket.js';
import { FAILURE_NAMES, type FailureName } from '../counters.js';
import { ClientCredentials } from './client-credentials.js';
import { CLIENT, type ConnectionTable, NAME_ALWAYS, UPSTREAM } from './connection-table.js';
import type { Listener } from './listener.js';
import { NOBODY, WaitingLine, WaitingLinks } from './waiting-line.js';

/** First pause before a full backlog is tried again, and the longest, in ms. */
const RETRY_MS_MIN = 1;
const RETRY_MS_MAX = 10;

/** Connections of one listener that are tried in one turn of the loop: what others say waits for them. */
const ATTEMPTS_A_TURN = 8;

const CONNECTED = 0;

/** Connections of one listener that wait for room in its upstream's backlog. */
interface Queue {
  readonly listener: Listener;
  readonly line: WaitingLine;
  nextMs: number;
  pauseMs: number;
}

/** What becomes of a connection's upstream end. */
export interface ConnectOutcome {
  established(slot: number, listener: Listener): void;
  failed(slot: number, listener: Listener, error: FailureName, errno: string): void;
  /** The client may not connect to it; others may. Counted as EACCES. */
  refused(slot: number, listener: Listener, user: number, reason: string): void;
}

/**
 * Connects upstream ends. A Unix socket connects or fails at once, except that a full backlog asks to
 * come back later; nothing reports when there is room, so the first connection that waits is tried on a timer,
 * and the next ones as long as there is more room. Later connections wait behind them, clients in turn.
 */
export class Connector {
  readonly #table: ConnectionTable;
  readonly #clients = new ClientCredentials();
  readonly #outcome: ConnectOutcome;
  readonly #queues = new Map<Listener, Queue>();
  readonly #links: WaitingLinks;
  /** By connection: the queue that it waits in, and until when. */
  readonly #queueOf: (Queue | undefined)[];
  readonly #deadlineMs: Float64Array;

  constructor(table: ConnectionTable, outcome: ConnectOutcome) {
    this.#table = table;
    this.#outcome = outcome;
    this.#links = new WaitingLinks(table.slots);
    this.#queueOf = new Array(table.slots).fill(undefined);
    this.#deadlineMs = new Float64Array(table.slots);
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

  /** Connects the upstream end of a client's connection, now or as soon as the backlog lets us. */
  start(slot: number, listener: Listener, client: string, now: () => number): void {
    const known = this.#queues.get(listener);
    if (known === undefined && this.#attempt(slot, listener)) return;
    const nowMs = now();
    const deadlineMs = nowMs + listener.settings.connectTimeoutMs;
    const queue = known ?? this.#open(listener, Math.min(nowMs + RETRY_MS_MIN, deadlineMs));
    this.#deadlineMs[slot] = deadlineMs;
    this.#queueOf[slot] = queue;
    queue.line.push(slot, client);
  }

  /**
   * Connects the upstream end of what a sender's datagrams go through. As connect(2), with -EACCES for one that may not, of whom
   * `refusedUser` and `refusal` tell.
   */
  connectSender(
    slot: number,
    { settings, upstream }: Listener,
    sender: PeerCredentials,
    pidfd: number,
  ): number {
    const { fd, speaksForClients } = this.#table;
    const end = slot * 2 + UPSTREAM;
    if (settings.credentials !== 'client') return upstream.connect(fd[end]);
    speaksForClients[slot] = 1;
    return this.#clients.connectSender(sender, pidfd, fd[end], upstream);
  }

  get refusedUser(): number {
    return this.#clients.user;
  }

  get refusal(): string {
    return this.#clients.refusal;
  }

  /** The failure that an errno counts as. */
  static failureOf(errno: number): FailureName {
    const name = errnoName(errno);
    return FAILURE_NAMES.find((known) => known === name) ?? 'not_connected';
  }

  /** A connection has ended; if it waited, it gives its place back. */
  leave(slot: number): void {
    const queue = this.#queueOf[slot];
    if (queue === undefined) return;
    queue.line.remove(slot);
    this.#left(slot, queue);
  }

  /** Retries what is due. */
  tick(nowMs: number): void {
    if (this.#queues.size === 0) return;
    for (const queue of this.#queues.values()) {
      if (queue.nextMs <= nowMs) this.#retryQueue(queue, nowMs);
    }
  }

  #open(listener: Listener, nextMs: number): Queue {
    const queue = { listener, line: new WaitingLine(this.#links), nextMs, pauseMs: RETRY_MS_MIN };
    this.#queues.set(listener, queue);
    return queue;
  }

  #retryQueue(queue: Queue, nowMs: number): void {
    const { line, listener } = queue;
    let done = 0;
    while (done < ATTEMPTS_A_TURN && !line.isEmpty && this.#attempt(line.first, listener)) done++;
    queue.pauseMs = done > 0 ? RETRY_MS_MIN : Math.min(queue.pauseMs * 2, RETRY_MS_MAX);
    queue.nextMs = nowMs + queue.pauseMs;
    if (done === ATTEMPTS_A_TURN) {
      // There may be room for more.
      queue.nextMs = nowMs;
      return;
    }
    for (const first of line.firsts()) this.#expire(first, listener, nowMs);
    for (const first of line.firsts()) queue.nextMs = Math.min(queue.nextMs, this.#deadlineMs[first]);
  }

  /** Gives up a client's connections whose time is over. All in a queue wait equally long, so these come first. */
  #expire(first: number, listener: Listener, nowMs: number): void {
    const { next } = this.#links;
    for (let slot = first; slot !== NOBODY && this.#deadlineMs[slot] <= nowMs; ) {
      const behind = next[slot];
      this.#outcome.failed(slot, listener, 'connect_timeout', 'EAGAIN');
      slot = behind;
    }
  }

  /** Tries the first connection in line once; false if it must go on waiting. */
  #attempt(slot: number, listener: Listener): boolean {
    const asClient = listener.settings.credentials === 'client';
    const result = asClient
      ? this.#connectAsClient(slot, listener)
      : listener.upstream.connect(this.#table.fd[slot * 2 + UPSTREAM]);
    if (result === -EAGAIN || result === -EINTR) return false;
    this.#served(slot);
    if (result === CONNECTED || result === -EISCONN) this.#outcome.established(slot, listener);
    else if (asClient && result === -EACCES) {
      this.#outcome.refused(slot, listener, this.#clients.user, this.#clients.refusal);
    } else this.#fail(slot, listener, result);
    return true;
  }

  #served(slot: number): void {
    const queue = this.#queueOf[slot];
    if (queue === undefined) return;
    queue.line.serveFirst();
    this.#left(slot, queue);
  }

  #left(slot: number, queue: Queue): void {
    this.#queueOf[slot] = undefined;
    if (queue.line.isEmpty) this.#queues.delete(queue.listener);
  }

  #connectAsClient(slot: number, { upstream }: Listener): number {
    const { fd, namings, senderPid, senderUid, senderGid, speaksForClients } = this.#table;
    const result = this.#clients.connect(fd[slot * 2 + CLIENT], fd[slot * 2 + UPSTREAM], upstream);
    if (result !== CONNECTED && result !== -EISCONN) return result;
    speaksForClients[slot] = 1;
    senderPid[slot] = this.#clients.pid;
    senderUid[slot] = this.#clients.user;
    senderGid[slot] = this.#clients.group;
    if (this.#clients.isOther) namings[slot] = NAME_ALWAYS;
    return result;
  }

  #fail(slot: number, listener: Listener, result: number): void {
    this.#outcome.failed(slot, listener, Connector.failureOf(-result), errnoName(-result));
  }
}
