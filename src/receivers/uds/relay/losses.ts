import { hasPeerClosed } from '../../../linux/socket.js';
import type { FailureName } from '../counters.js';
import { type ConnectionTable, PEER_CLOSED, UPSTREAM } from './connection-table.js';

/**
 * How much an end may leave behind without an error: a farewell, or what is on its way when the other end leaves. So
 * many bytes an HTTP/2 connection lets be on their way before they are acknowledged (RFC 9113, 6.9.2).
 */
export const FAREWELL_BYTES = 65_535;

/**
 * Tells which bytes that were not taken make a connection a failed one, and by which end. Both ends may leave when they
 * like; what differs is what the other one meant.
 *
 * - A client decides when it is done, and a server says things that no client waits for (GOAWAY, the answer to QUIT, the
 *   rest of a stream). A client has failed if it had fallen behind when it left: its queue was full, and more than a
 *   farewell was waiting.
 * - A server is there to hear the client out. It has failed if it leaves anything unheard while the client is there; if
 *   the client has left before, more than a farewell.
 *
 * Nobody can ask how much a peer had not read when it closed: the kernel only says that it was not nothing.
 */
export class Losses {
  readonly #table: ConnectionTable;
  readonly #countError: (slot: number, error: FailureName) => void;

  constructor(table: ConnectionTable, countError: (slot: number, error: FailureName) => void) {
    this.#table = table;
    this.#countError = countError;
  }

  /** The peer of an end has closed with bytes unread. */
  unread(end: number): void {
    if (isUpstream(end) && !this.#hasLeft(end ^ 1)) this.#countError(end >> 1, 'ECONNRESET');
  }

  /** The other end will never take these bytes of an end, which have waited for it. */
  waiting(end: number, bytes: number): void {
    this.#lose(end, bytes);
  }

  /** The other end will never take these bytes of an end, which come too late for it. */
  late(end: number, bytes: number): void {
    // A client that had not fallen behind when it left is done.
    if (isUpstream(end) && this.#table.lostBytes[end] === 0) return;
    this.#lose(end, bytes);
  }

  #lose(end: number, bytes: number): void {
    const { failed, lostBytes } = this.#table;
    const slot = end >> 1;
    if (failed[slot] === 1) return;
    lostBytes[end] += bytes;
    const isFarewell = lostBytes[end] <= FAREWELL_BYTES;
    if (isUpstream(end)) {
      if (!isFarewell) this.#countError(slot, 'client_left');
    } else if (!isFarewell || !this.#hasLeft(end)) this.#countError(slot, 'EPIPE');
  }

  /** Whether the peer of an end has closed. The event that tells may come after one of the other end. */
  #hasLeft(end: number): boolean {
    const { fd, flags } = this.#table;
    return (flags[end] & PEER_CLOSED) !== 0 || hasPeerClosed(fd[end]);
  }
}

function isUpstream(end: number): boolean {
  return (end & 1) === UPSTREAM;
}
