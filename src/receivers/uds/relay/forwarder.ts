import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  MSG_CTRUNC,
  SHUT_RD,
  SHUT_WR,
} from '../../../linux/constants.js';
import type { Epoll } from '../../../linux/epoll.js';
import { EAGAIN, ECONNRESET, EINTR, ENOBUFS, ENOMEM } from '../../../linux/errno.js';
import { MessageHeader } from '../../../linux/message-header.js';
import { receive, shutdown } from '../../../linux/socket.js';
import { BufferPool } from './buffer-pool.js';
import {
  CLIENT,
  type ConnectionTable,
  NO_BUFFER,
  PEER_CLOSED,
  PEER_FINISHED,
  READ_DONE,
  UPSTREAM,
  URGENT,
} from './connection-table.js';
import { type ErrorType, SEND_BYTES, SEND_OPS } from './counters.js';
import type { RunQueue } from './run-queue.js';
import { Sender } from './sender.js';
import type { Taps } from './taps.js';

/** EPOLLOUT is not among them: it would wake us for every message the far side consumes. */
const INTEREST = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET;
const INTEREST_BLOCKED = INTEREST | EPOLLOUT;

const READABLE = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
const WRITABLE = EPOLLOUT | EPOLLHUP | EPOLLERR;

/**
 * Moves bytes between the two ends of established connections.
 *
 * One direction, from an end to the other:
 *
 *             recv n, send all            recv 0
 *        ┌──────────────────────┐   ┌──────────────► read done ──► both done: close
 *        ▼                      │   │    shutdown(WR)     ▲
 *      reading ─────────────────┴───┘                     │ send EPIPE
 *        │  ▲  recv n, send < n                           │ shutdown(RD), read the other side out
 *        ▼  │ sent the rest (EPOLLOUT)                    │
 *      blocked ───────────────────────────────────────────┘
 *
 * A blocked direction is not read: that is the backpressure, and a direction holds at most one buffer.
 * Descriptors are edge-triggered. A read shorter than the buffer has emptied the socket, so one read a
 * turn is enough; a full one, or one after the peer has finished, puts the end in the run queue, behind
 * everyone else: that is the work budget. Two things end a read early with more behind it: descriptors
 * that came along (unix(7); they are dropped, which MSG_CTRUNC tells) and an urgent byte (EPOLLPRI).
 */
export class Forwarder {
  readonly #table: ConnectionTable;
  readonly #epoll: Epoll;
  readonly #counters: Float64Array;
  readonly #runQueue: RunQueue;
  readonly #pool: BufferPool;
  readonly #taps: Taps;
  readonly #header = new MessageHeader();
  readonly #sender: Sender;
  readonly #close: (slot: number, error?: ErrorType) => void;
  readonly #countError: (slot: number, error: ErrorType) => void;
  /** The buffer that is read into, its address, and the header that points at it. */
  #buffer = NO_BUFFER;
  #address = 0;
  /** Monotonic ms of this turn of the loop, as far as somebody needs it. */
  nowMs = 0;

  constructor(
    table: ConnectionTable,
    epoll: Epoll,
    counters: Float64Array,
    runQueue: RunQueue,
    bufferBytes: number,
    taps: Taps,
    end: { close(slot: number, error?: ErrorType): void; countError(slot: number, error: ErrorType): void },
  ) {
    this.#table = table;
    this.#epoll = epoll;
    this.#counters = counters;
    this.#runQueue = runQueue;
    this.#taps = taps;
    this.#sender = new Sender(table);
    this.#pool = new BufferPool(bufferBytes);
    this.#readInto(this.#pool.take());
    this.#close = end.close;
    this.#countError = end.countError;
  }

  /** Starts forwarding; whatever already waits at either end is reported by epoll at once. */
  establish(slot: number): void {
    const { fd, generation } = this.#table;
    const end = slot * 2;
    this.#table.establish(slot);
    const failed =
      this.#epoll.add(fd[end + CLIENT], INTEREST, end + CLIENT, generation[slot]) < 0 ||
      this.#epoll.add(fd[end + UPSTREAM], INTEREST, end + UPSTREAM, generation[slot]) < 0;
    if (failed) this.#close(slot, '_OTHER');
  }

  /** Acts on the EPOLL* bits reported for an end. */
  handle(end: number, events: number): void {
    const table = this.#table;
    if (events & EPOLLHUP) table.flags[end] |= PEER_CLOSED;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) table.flags[end] |= PEER_FINISHED;
    if (events & EPOLLPRI) table.flags[end] |= URGENT;
    if (events & WRITABLE && table.pendingBuffer[end ^ 1] !== NO_BUFFER) this.#flush(end ^ 1);
    if (events & READABLE && table.isEstablished(end >> 1)) this.pump(end);
  }

  /** Reads once from an end and passes on what came. */
  pump(end: number): void {
    const table = this.#table;
    if (!table.isEstablished(end >> 1) || table.pendingBuffer[end] !== NO_BUFFER) return;
    if (table.flags[end] & READ_DONE) {
      // Nothing to read, but a peer that has closed altogether will not take the other direction either.
      if (table.flags[end] & PEER_CLOSED) this.#finish(end);
      return;
    }
    const bytes = receive(table.fd[end], this.#header);
    if (bytes > 0) this.#forward(end, bytes);
    else if (bytes === 0) this.#endOfStream(end);
    else if (bytes === -EAGAIN) table.flags[end] &= ~URGENT;
    else if (bytes === -EINTR) this.#runQueue.push(end);
    else this.#close(end >> 1, bytes === -ECONNRESET ? 'ECONNRESET' : '_OTHER');
  }

  /** Gives back the memory of the buffers, after the last connection. */
  end(): void {
    this.#pool.discard();
  }

  /** Gives back what a closing connection holds. */
  release(slot: number): void {
    this.#dropPending(slot * 2 + CLIENT);
    this.#dropPending(slot * 2 + UPSTREAM);
  }

  #forward(end: number, bytes: number): void {
    const table = this.#table;
    const slot = end >> 1;
    // Counted before they are sent: whoever has seen the bytes arrive finds them in the next scrape.
    const row = table.row[slot] + (end & 1);
    this.#counters[row + SEND_BYTES] += bytes;
    this.#counters[row + SEND_OPS] += 1;
    table.lastActiveMs[slot] = this.nowMs;
    const sent = this.#sender.send(end ^ 1, this.#address, bytes);
    // Behind the bytes, not in their way, and before the buffer may change hands.
    const tap = this.#taps.ofEnd[end];
    if (tap !== undefined) this.#taps.observe(tap, end, this.#pool.memory(this.#buffer), bytes);
    if (sent === bytes) {
      const isMoreLikely = bytes === this.#pool.bufferBytes || table.flags[end] & (PEER_FINISHED | URGENT);
      if (isMoreLikely || this.#header.flags & MSG_CTRUNC) this.#runQueue.push(end);
    } else if (sent >= 0) {
      this.#block(end, sent, bytes - sent);
    } else if (isTransient(sent)) {
      this.#block(end, 0, bytes);
    } else {
      this.#destinationGone(end);
    }
  }

  /** Parks the current buffer with a direction until the other end takes the rest of it. */
  #block(end: number, offset: number, bytes: number): void {
    const table = this.#table;
    // Taken first: if there is no memory for it, the parked buffer must not stay in use.
    const next = this.#pool.take();
    table.pendingBuffer[end] = this.#buffer;
    table.pendingOffset[end] = offset;
    table.pendingBytes[end] = bytes;
    this.#readInto(next);
    this.#setInterest(end ^ 1, INTEREST_BLOCKED);
  }

  #flush(end: number): void {
    const table = this.#table;
    const bytes = table.pendingBytes[end];
    const address = this.#pool.address(table.pendingBuffer[end]) + table.pendingOffset[end];
    const sent = this.#sender.send(end ^ 1, address, bytes);
    if (sent > 0) table.lastActiveMs[end >> 1] = this.nowMs;
    if (sent === bytes) {
      this.#dropPending(end);
      this.#setInterest(end ^ 1, INTEREST);
      this.#runQueue.push(end);
    } else if (sent >= 0) {
      table.pendingOffset[end] += sent;
      table.pendingBytes[end] = bytes - sent;
    } else if (sent === -ENOBUFS || sent === -ENOMEM) {
      // The socket is writable, the kernel is short of memory: no edge will come, so ask for one.
      this.#setInterest(end ^ 1, INTEREST_BLOCKED);
    } else if (!isTransient(sent)) {
      this.#destinationGone(end);
    }
  }

  /** Everything this end had to say has been delivered. */
  #endOfStream(end: number): void {
    const { flags, fd } = this.#table;
    flags[end] |= READ_DONE;
    if (flags[end] & PEER_CLOSED || flags[end ^ 1] & READ_DONE) this.#finish(end);
    else shutdown(fd[end ^ 1], SHUT_WR);
  }

  /**
   * The other end takes no more from this one. This end's peer shall see that as it would have seen it
   * directly (EPIPE on its next write), and still get what the other end said before it went.
   */
  #destinationGone(end: number): void {
    const { flags, fd } = this.#table;
    this.#dropPending(end);
    flags[end] |= READ_DONE;
    if (flags[end ^ 1] & READ_DONE) {
      this.#close(end >> 1, 'EPIPE');
      return;
    }
    this.#countError(end >> 1, 'EPIPE');
    shutdown(fd[end], SHUT_RD);
    this.#runQueue.push(end ^ 1);
  }

  /** The connection is over; it was an error only if bytes towards this end are left over. */
  #finish(end: number): void {
    const { failed, flags, pendingBuffer } = this.#table;
    if (failed[end >> 1] && flags[end ^ 1] & READ_DONE) this.#discard(end ^ 1);
    this.#close(end >> 1, pendingBuffer[end ^ 1] === NO_BUFFER ? undefined : 'EPIPE');
  }

  /** Takes what this end sent for nobody: closed over unread bytes, it would see a reset and not the end. */
  #discard(end: number): void {
    // Reading is over for this end: its peer can send no more, and this is at most what a socket holds.
    while (receive(this.#table.fd[end], this.#header) > 0);
  }

  #dropPending(end: number): void {
    const { pendingBuffer } = this.#table;
    if (pendingBuffer[end] === NO_BUFFER) return;
    this.#pool.give(pendingBuffer[end]);
    pendingBuffer[end] = NO_BUFFER;
  }

  #readInto(buffer: number): void {
    this.#buffer = buffer;
    this.#address = this.#pool.address(buffer);
    this.#header.setBuffer(this.#address, this.#pool.bufferBytes);
  }

  #setInterest(end: number, events: number): void {
    const { fd, generation } = this.#table;
    this.#epoll.modify(fd[end], events, end, generation[end >> 1]);
  }
}

function isTransient(result: number): boolean {
  return result === -EAGAIN || result === -EINTR || result === -ENOBUFS || result === -ENOMEM;
}
