import { EPOLLEXCLUSIVE, EPOLLIN } from '../../../linux/constants.js';
import type { Epoll } from '../../../linux/epoll.js';
import { EAGAIN, ECONNABORTED, EINTR, errnoName } from '../../../linux/errno.js';
import { accept, close } from '../../../linux/socket.js';
import { openSocket, SOCKET_TYPES, type SocketType } from '../../../linux/socket-type.js';
import type { Listener } from './listener.js';
import { FULL } from './messages.js';

/**
 * Connections taken from one listener in a turn: one for so many events of the turn, and a maximum. A new connection takes
 * about as long as that many events, so a client that connects as fast as it can takes half of the time at most.
 */
const EVENTS_OF_ACCEPT = 8;
const ACCEPTS_MAX = 16;

/** How long to wait for descriptors to become free when no connection of ours closes, in ms. */
const PAUSE_MS = 100;

/** How long accepting must have gone well before a pause is said to be over, in ms. */
const RECOVERY_MS = 1000;

/** A thread that has accepted so many connections in a row for others leaves the listener to them, for so many ms. */
const FOR_OTHERS = 8;
const REST_MS = 100;

const NEVER = Number.POSITIVE_INFINITY;

const NO_SOCKET = -1;

export interface AcceptorSettings {
  /** Epoll token of a listener. */
  token(listener: Listener): number;
  /** A descriptor is open from now on; and is about to be closed, or passed on. */
  keep(fd: number): void;
  letGo(fd: number): void;
  /** Why there is no room for one more connection, undefined if there is. */
  shortage(): string | undefined;
  accepted(client: number, upstream: number, listener: Listener): void;
  /** There is no slot left, but others may have some. */
  full(): void;
  /** Accepting stopped, or goes on (undefined). */
  paused(reason: string | undefined): void;
  /** Monotonic ms. */
  now(): number;
}

/**
 * Takes connections from listeners. Of those that all threads share, EPOLLEXCLUSIVE wakes one thread for each, so
 * a thread that cannot accept must not be among those that wait: with its last slot gone it stops watching,
 * or a connection that others have room for would wake it alone. So it does with those that are its own: others may
 * accept from them then. If its last slot was reserved by another thread, it may have been woken, and asks the others to look.
 *
 * The upstream's socket is made before the client is accepted: when descriptors run out, the client stays
 * in the kernel's backlog, where it waits, instead of being dropped.
 */
export class Acceptor {
  readonly #epoll: Epoll;
  readonly #settings: AcceptorSettings;
  readonly #listeners = new Set<Listener>();
  readonly #spares: Record<SocketType, number> = {
    stream: NO_SOCKET,
    seqpacket: NO_SOCKET,
    dgram: NO_SOCKET,
  };
  /** Those that are left to other threads for a while, and until when, in monotonic ms. */
  readonly #resting = new Map<Listener, number>();
  #pause: string | undefined;
  /** What was last said about it: a pause that comes and goes with every connection is one pause. */
  #reported: string | undefined;
  /** When accepting is tried again if nothing closes before. */
  #resumeMs = NEVER;
  /** When what was reported counts as over. */
  #recoveredMs = NEVER;

  constructor(epoll: Epoll, settings: AcceptorSettings) {
    this.#epoll = epoll;
    this.#settings = settings;
  }

  add(listener: Listener): void {
    this.#listeners.add(listener);
    if (this.#pause === undefined) this.#watch(listener);
  }

  remove(listener: Listener): void {
    this.#listeners.delete(listener);
    const isResting = this.#resting.delete(listener);
    if (this.#pause === undefined && !isResting) this.#epoll.remove(listener.fd);
  }

  /**
   * A connection was accepted for another thread, or for this one. Where all clients are at home elsewhere, accepting here costs
   * them time: the threads that they are at home with accept as well.
   */
  noteAccepted(listener: Listener, isForOther: boolean): void {
    listener.acceptedForOthers = isForOther ? listener.acceptedForOthers + 1 : 0;
    if (listener.acceptedForOthers < FOR_OTHERS || this.#pause !== undefined) return;
    listener.acceptedForOthers = 0;
    this.#epoll.remove(listener.fd);
    this.#resting.set(listener, this.#settings.now() + REST_MS);
  }

  /** A client of it is at home here. */
  wake(listener: Listener): void {
    listener.acceptedForOthers = 0;
    if (this.#resting.delete(listener) && this.#pause === undefined) this.#watch(listener);
  }

  /** Monotonic ms of the next `tick` that has something to do, Infinity when there is none. */
  get nextMs(): number {
    let next = Math.min(this.#resumeMs, this.#recoveredMs);
    if (this.#resting.size === 0) return next;
    for (const untilMs of this.#resting.values()) next = Math.min(next, untilMs);
    return next;
  }

  /** Does what is due. */
  tick(nowMs: number): void {
    if (nowMs >= this.#resumeMs) this.resume();
    if (this.#resting.size > 0) this.#wakeDue(nowMs);
    if (nowMs < this.#recoveredMs) return;
    this.#recoveredMs = NEVER;
    this.#reported = undefined;
    this.#settings.paused(undefined);
  }

  #wakeDue(nowMs: number): void {
    for (const [listener, untilMs] of this.#resting) if (nowMs >= untilMs) this.wake(listener);
  }

  /** Accepts what waits on a listener, up to the worth of a turn with so many events. */
  accept(listener: Listener, events: number): void {
    // The event was fetched before another listener's connection took the last slot.
    if (this.#pause !== undefined || this.#resting.has(listener)) return;
    // A thread that was woken queues up behind the others, or the first in the kernel's list would get every
    // connection that arrives while it is idle.
    if (!listener.hasHome) {
      this.#epoll.remove(listener.fd);
      this.#watch(listener);
    }
    const most = Math.min(1 + Math.floor(events / EVENTS_OF_ACCEPT), ACCEPTS_MAX);
    for (let i = listener.hasHome ? most : 1; i > 0; i--) {
      if (!this.#acceptOne(listener) || this.#resting.has(listener)) return;
    }
  }

  /** Is told anew of those that somebody waits at. */
  lookAgain(): void {
    if (this.#pause !== undefined) return;
    for (const listener of this.#resting.keys()) this.wake(listener);
    for (const listener of this.#listeners) {
      if (listener.hasHome) continue;
      this.#epoll.remove(listener.fd);
      this.#watch(listener);
    }
  }

  /** Goes on after a pause; called when a connection has closed. */
  resume(): void {
    if (this.#pause === undefined) return;
    this.#pause = undefined;
    this.#resumeMs = NEVER;
    this.#recoveredMs = this.#settings.now() + RECOVERY_MS;
    for (const listener of this.#listeners) this.#watch(listener);
  }

  closeSpares(): void {
    for (const type of SOCKET_TYPES) {
      if (this.#spares[type] !== NO_SOCKET) close(this.#takeSpare(type));
    }
  }

  /** Whether to go on accepting in this turn. */
  #acceptOne(listener: Listener): boolean {
    // Descriptors are shared with other threads, and what else the process does.
    const shortage = this.#settings.shortage();
    if (shortage !== undefined) return this.#stop(shortage);
    const { type } = listener;
    if (this.#spares[type] === NO_SOCKET) {
      const spare = openSocket(type);
      if (spare < 0) return this.#stop(errnoName(-spare));
      this.#spares[type] = spare;
      this.#settings.keep(spare);
    }
    const client = accept(listener.fd);
    if (client < 0) return isNobody(client) ? false : this.#stop(errnoName(-client));
    this.#settings.accepted(client, this.#takeSpare(type), listener);
    return this.#settings.shortage() !== FULL || this.#stop(FULL);
  }

  #takeSpare(type: SocketType): number {
    const spare = this.#spares[type];
    this.#spares[type] = NO_SOCKET;
    this.#settings.letGo(spare);
    return spare;
  }

  #stop(reason: string): false {
    this.#pause = reason;
    // Only a connection of this thread makes room in it; descriptors may come back from anywhere.
    this.#resumeMs = reason === FULL ? NEVER : this.#settings.now() + PAUSE_MS;
    this.#recoveredMs = NEVER;
    for (const listener of this.#listeners) {
      if (!this.#resting.has(listener)) this.#epoll.remove(listener.fd);
    }
    this.#resting.clear();
    if (reason === FULL) this.#settings.full();
    if (this.#reported !== reason) {
      this.#reported = reason;
      this.#settings.paused(reason);
    }
    return false;
  }

  #watch(listener: Listener): void {
    this.#epoll.add(listener.fd, EPOLLIN | EPOLLEXCLUSIVE, this.#settings.token(listener), 0);
  }
}

/** Another thread was faster, or the client has left; anything else would be the same again at once. */
function isNobody(result: number): boolean {
  return result === -EAGAIN || result === -EINTR || result === -ECONNABORTED;
}
