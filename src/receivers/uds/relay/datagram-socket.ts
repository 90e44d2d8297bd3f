import { EPOLLIN } from '../../../linux/constants.js';
import type { Epoll } from '../../../linux/epoll.js';
import { close, duplicate } from '../../../linux/socket.js';
import type { ConnectionTable } from './connection-table.js';
import { DatagramSenders } from './datagram-senders.js';
import type { Listener } from './listener.js';

/** How long the last datagrams of a listener that ends may take, as to its upstream, in ms. Others may come after them then. */
const LAST_MS = 2000;

/** How many they may be: more than any queue holds (net.unix.max_dgram_qlen). What comes later is for whoever reads next. */
const LAST_DATAGRAMS = 4096;

/** No end waits. */
export const NO_END = -1;

/** The socket that clients send their datagrams to, as the relay thread has it that reads it. */
export class DatagramSocket {
  readonly senders = new DatagramSenders();
  /** Of our own: the main thread closes its descriptor before the last answer has gone back to its client. */
  readonly fd: number;
  /** The end whose datagram waits for room in the upstream's queue. Nothing is read meanwhile: all would wait there. */
  blockedEnd = NO_END;
  /** Called when nothing more of it is on its way to the upstream, or when it has waited for too long. */
  #stopped: (() => void) | undefined;
  /** Monotonic ms. */
  stopMs = Number.POSITIVE_INFINITY;
  #isWatched = false;
  /** Datagrams that may still be read of one that stops. */
  #left = 0;
  readonly #isOwn: boolean;

  constructor(
    readonly listener: Listener,
    readonly epoll: Epoll,
    readonly token: number,
    private readonly table: ConnectionTable,
  ) {
    const own = duplicate(listener.fd);
    this.#isOwn = own >= 0;
    // Out of descriptors: answers after the end of the listener are lost.
    this.fd = this.#isOwn ? own : listener.fd;
    if (this.#isOwn) table.keep(own);
  }

  watch(): void {
    if (this.#isWatched || this.#stopped !== undefined || !this.listener.listening) return;
    this.#isWatched = true;
    this.epoll.add(this.fd, EPOLLIN, this.token, 0);
  }

  unwatch(): void {
    if (!this.#isWatched) return;
    this.#isWatched = false;
    this.epoll.remove(this.fd);
  }

  /** Reads its last datagrams. `stopped`: called when it settles. */
  stop(nowMs: number, stopped: () => void): void {
    this.unwatch();
    this.#stopped = stopped;
    this.#left = LAST_DATAGRAMS;
    this.stopMs = nowMs + LAST_MS;
  }

  get isStopping(): boolean {
    return this.#stopped !== undefined;
  }

  get mayRead(): boolean {
    return !this.isStopping || this.#left > 0;
  }

  /** A datagram was read. */
  tookOne(): void {
    if (this.isStopping) this.#left--;
  }

  /** Nothing waits any more, or no longer. */
  settle(): void {
    const stopped = this.#stopped;
    this.#stopped = undefined;
    this.stopMs = Number.POSITIVE_INFINITY;
    stopped?.();
  }

  close(): void {
    this.unwatch();
    if (!this.#isOwn) return;
    this.table.letGo(this.fd);
    close(this.fd);
  }
}
