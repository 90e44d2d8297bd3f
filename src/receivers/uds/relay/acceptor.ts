import { EPOLLEXCLUSIVE, EPOLLIN } from '../../../linux/constants.js';
import type { Epoll } from '../../../linux/epoll.js';
import { EMFILE, ENFILE, errnoName } from '../../../linux/errno.js';
import { accept, close, openStream } from '../../../linux/socket.js';
import type { Listener } from './listener.js';

/** Connections taken in one turn from one listener before the others have theirs. */
const ACCEPTS_A_TURN = 16;

/** How long to wait for descriptors to become free when no connection of ours closes, in ms. */
const PAUSE_MS = 100;

const NO_SOCKET = -1;

export interface AcceptorSettings {
  /** Threads that accept on the same listeners, this one included. */
  threads: number;
  /** Epoll token of a listener. */
  token(listener: Listener): number;
  /** Whether there is room for one more connection. */
  hasRoom(): boolean;
  accepted(client: number, upstream: number, listener: Listener): void;
  /** Accepting stopped, or goes on (undefined). */
  paused(reason: string | undefined): void;
}

/**
 * Takes connections from the listeners that all threads share. EPOLLEXCLUSIVE wakes one thread for each.
 *
 * The upstream's socket is made before the client is accepted: when descriptors run out, the client stays
 * in the kernel's backlog, where it waits, instead of being dropped.
 */
export class Acceptor {
  readonly #epoll: Epoll;
  readonly #settings: AcceptorSettings;
  readonly #listeners = new Set<Listener>();
  #spare = NO_SOCKET;
  #pause: string | undefined;
  /** What was last said about it: a pause that comes and goes with every connection is one pause. */
  #reported: string | undefined;
  /** Monotonic ms at which accepting is tried again; Infinity while it is not paused. */
  resumeMs = Number.POSITIVE_INFINITY;

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
    if (this.#pause === undefined) this.#epoll.remove(listener.fd);
  }

  /** Accepts what waits on a listener, up to a turn's worth. */
  accept(listener: Listener, now: () => number): void {
    // The thread whose turn it was queues up behind the others, or the first of them would get every
    // connection that arrives while it is idle.
    const alone = this.#settings.threads === 1;
    if (!alone) {
      this.#epoll.remove(listener.fd);
      this.#watch(listener);
    }
    for (let i = alone ? ACCEPTS_A_TURN : 1; i > 0; i--) {
      if (!this.#acceptOne(listener, now)) return;
    }
  }

  /** Goes on after a pause; called when a connection has closed or the pause is over. */
  resume(): void {
    if (this.#pause === undefined) return;
    this.#pause = undefined;
    this.resumeMs = Number.POSITIVE_INFINITY;
    for (const listener of this.#listeners) this.#watch(listener);
  }

  closeSpare(): void {
    if (this.#spare !== NO_SOCKET) close(this.#spare);
    this.#spare = NO_SOCKET;
  }

  /** Whether to go on accepting in this turn. */
  #acceptOne(listener: Listener, now: () => number): boolean {
    if (!this.#settings.hasRoom()) return this.#stop('max_connections', now);
    if (this.#spare === NO_SOCKET) this.#spare = openStream();
    if (this.#spare < 0) {
      const reason = errnoName(-this.#spare);
      this.#spare = NO_SOCKET;
      return this.#stop(reason, now);
    }
    const client = accept(listener.fd);
    if (client === -EMFILE || client === -ENFILE) return this.#stop(errnoName(-client), now);
    if (client < 0) return false;
    const upstream = this.#spare;
    this.#spare = NO_SOCKET;
    if (this.#reported !== undefined) {
      this.#reported = undefined;
      this.#settings.paused(undefined);
    }
    this.#settings.accepted(client, upstream, listener);
    return true;
  }

  #stop(reason: string, now: () => number): false {
    this.#pause = reason;
    this.resumeMs = now() + PAUSE_MS;
    for (const listener of this.#listeners) this.#epoll.remove(listener.fd);
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
