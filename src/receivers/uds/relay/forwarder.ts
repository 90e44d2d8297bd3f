import { EPOLLERR, EPOLLHUP, EPOLLPRI, EPOLLRDHUP, SHUT_RD, SHUT_WR } from '../../../linux/constants.js';
import { EAGAIN, ECONNRESET, EINTR, ENOBUFS, ENOMEM, EPIPE, ETOOMANYREFS } from '../../../linux/errno.js';
import { shutdown } from '../../../linux/socket.js';
import { type FailureName, PASSED_DESCRIPTORS, SEND_BYTES, SEND_OPS } from '../counters.js';
import type { Buffers } from './buffers.js';
import {
  CLIENT,
  type ConnectionTable,
  DISCARDING,
  NO_BUFFER,
  PEER_CLOSED,
  PEER_FINISHED,
  READ_DONE,
  UPSTREAM,
  URGENT,
} from './connection-table.js';
import { type EndEvents, READABLE, WRITABLE } from './end-events.js';
import { Losses } from './losses.js';
import type { PassingDescriptors } from './passing-descriptors.js';
import { NO_ROOM, type Reader } from './reader.js';
import type { RunQueue } from './run-queue.js';
import { Sender } from './sender.js';
import type { Taps } from './taps.js';
import { isTransient } from './transient.js';

/** What is read at a time where there are several clients: the more bytes, the longer others wait for their messages to be found. */
const SHARED_READ_BYTES = 64 * 1024;

/**
 * Moves bytes between the two ends of established connections.
 *
 * One direction, from an end to the other:
 *
 *        recv n, send all         recv 0, shutdown(WR)
 *           ┌───────┐   ┌────────────────────────────────────► done ──► both done: close
 *           ▼       │   │                                        ▲
 *          reading ─┴───┤ the other end takes no more            │ recv 0
 *           │   ▲       ├────────────────────────────► discarding ─┐
 *  send < n │   │ rest  │       shutdown(RD)                  ▲    │ recv n
 *           ▼   │ sent  │                                     └────┘
 *          blocked ─────┘
 *
 * The other end takes no more when a send says so (EPIPE); or when its peer has closed while what that peer has said
 * still waits for this end to take it. Closing would lose those bytes, so this end's peer is told what can be told before:
 * it may write no more. Discarding wakes it: while a queue is full, epoll reports nothing to a writer that waits.
 *
 * An end whose peer has closed and whose direction is done ends the connection, whatever else its other end may say.
 *
 * A blocked direction is not read: that is the backpressure, and a direction holds at most one buffer.
 * Descriptors are edge-triggered. A read shorter than the buffer has emptied the socket, so one read a
 * turn is enough; a full one, or one after the peer has finished, puts the end in the run queue again, behind
 * the others of its client: that is the work budget. Two things end a read early with more behind it: descriptors
 * that came along and an urgent byte (EPOLLPRI). Descriptors are sent with the first of the bytes that they came with; if
 * none of these can be sent, they wait with them.
 */
export class Forwarder {
  readonly #table: ConnectionTable;
  readonly #events: EndEvents;
  readonly #counters: Float64Array;
  readonly #runQueue: RunQueue;
  readonly #buffers: Buffers;
  readonly #taps: Taps;
  readonly #reader: Reader;
  readonly #sender: Sender;
  readonly #descriptors: PassingDescriptors;
  readonly #losses: Losses;
  readonly #close: (slot: number, error?: FailureName) => void;
  /** Monotonic ms of this turn of the loop, or any number but 0 if nobody needs it. */
  nowMs = 1;
  /** Whether there are several clients. */
  isShared = false;

  constructor(
    table: ConnectionTable,
    events: EndEvents,
    counters: Float64Array,
    runQueue: RunQueue,
    buffers: Buffers,
    taps: Taps,
    end: {
      close(slot: number, error?: FailureName): void;
      countError(slot: number, error: FailureName): void;
    },
    reader: Reader,
    descriptors: PassingDescriptors,
    now: () => number,
  ) {
    this.#table = table;
    this.#events = events;
    this.#counters = counters;
    this.#runQueue = runQueue;
    this.#taps = taps;
    this.#sender = new Sender(table, descriptors, now);
    this.#descriptors = descriptors;
    this.#buffers = buffers;
    this.#reader = reader;
    this.#losses = new Losses(table, end.countError);
    this.#close = end.close;
  }

  /** Watches a client that waits for its upstream: it may leave. */
  watch(slot: number): void {
    if (this.#events.wait(slot * 2 + CLIENT) < 0) this.#close(slot, '_OTHER');
  }

  /** Starts forwarding; whatever already waits at either end is reported by epoll at once. */
  establish(slot: number): void {
    this.#table.establish(slot);
    this.#reader.begin(slot);
    this.#sender.begin(slot);
    const failed = this.#events.flow(slot * 2 + CLIENT) < 0 || this.#events.flow(slot * 2 + UPSTREAM) < 0;
    if (failed) this.#close(slot, '_OTHER');
  }

  /** Acts on the EPOLL* bits reported for an end. */
  handle(end: number, events: number): void {
    const table = this.#table;
    if (!table.isEstablished(end >> 1)) {
      this.#leaveUnheard(end);
      return;
    }
    if (events & EPOLLHUP) table.flags[end] |= PEER_CLOSED;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) table.flags[end] |= PEER_FINISHED;
    if (events & EPOLLPRI) table.flags[end] |= URGENT;
    if (events & WRITABLE && table.pendingBuffer[end ^ 1] !== NO_BUFFER) this.#flush(end ^ 1);
    if (events & READABLE) this.pump(end);
  }

  /** Reads once from an end and passes on what came. */
  pump(end: number): void {
    const table = this.#table;
    if (!table.isEstablished(end >> 1)) return;
    if (table.pendingBuffer[end] !== NO_BUFFER) {
      // Too many descriptors were in flight: nothing tells when there are fewer.
      if (table.pendingDescriptors[end] !== 0) this.#flush(end);
      if (table.pendingBuffer[end] !== NO_BUFFER) this.#stopOtherIfClosed(end);
      return;
    }
    if (table.flags[end] & READ_DONE) {
      if (table.flags[end] & DISCARDING) this.#discard(end);
      // Nothing to read, but a peer that has closed altogether will not take the other direction either.
      else if (table.flags[end] & PEER_CLOSED) this.#finish(end);
      return;
    }
    const window = table.windowBytes[end >> 1];
    const readBytes = this.#buffers.readBytes(this.isShared ? Math.min(window, SHARED_READ_BYTES) : window);
    if (readBytes !== this.#reader.readBytes) this.#reader.use(readBytes);
    const bytes = this.#reader.receive(end);
    if (bytes > 0) this.#forward(end, bytes);
    else if (bytes === 0) this.#endOfStream(end);
    else if (bytes === -EAGAIN) table.flags[end] &= ~URGENT;
    else if (bytes === -EINTR) this.#runQueue.push(end);
    else if (bytes === NO_ROOM) this.#reader.postpone(end);
    else if (bytes === -ECONNRESET) this.#reset(end);
    else this.#close(end >> 1, '_OTHER');
  }

  /** Gives back the memory of the buffers, after the last connection. */
  end(): void {
    this.#buffers.discard();
  }

  /** Closes the socket of an end. */
  closeEnd(end: number): void {
    this.#reader.close(end);
  }

  /** Gives back what a closing connection holds. */
  release(slot: number): void {
    this.#dropPending(slot * 2 + CLIENT);
    this.#dropPending(slot * 2 + UPSTREAM);
  }

  #forward(end: number, bytes: number): void {
    const table = this.#table;
    const slot = end >> 1;
    // Counted before they are sent: bytes that have been seen to arrive are in the next scrape.
    const row = table.row[slot] + (end & 1);
    this.#counters[row + SEND_BYTES] += bytes;
    this.#counters[row + SEND_OPS] += 1;
    const descriptors = table.pendingDescriptors[end];
    if (descriptors !== 0) this.#counters[row + PASSED_DESCRIPTORS] += descriptors;
    table.lastMovedMs[end] = this.nowMs;
    this.#runQueue.moved(bytes);
    const sent = this.#sender.send(end ^ 1, this.#reader.address, bytes);
    // Behind the bytes, not in their way, and before the buffer may change hands.
    const tap = this.#taps.ofEnd[end];
    if (tap !== undefined) this.#taps.observe(tap, end, this.#buffers.memory, bytes);
    if (sent === bytes) {
      const isMoreLikely = bytes === this.#reader.readBytes || table.flags[end] & (PEER_FINISHED | URGENT);
      if (isMoreLikely || this.#reader.hadDescriptors) this.#runQueue.push(end);
    } else if (sent >= 0) {
      this.#block(end, sent, bytes - sent);
    } else if (isTransient(sent)) {
      this.#block(end, 0, bytes);
      if (sent === -ETOOMANYREFS) this.#reader.postpone(end);
    } else if (hasLeft(sent)) {
      this.#descriptors.release(end);
      this.#losses.late(end, bytes);
      this.#stop(end);
    } else {
      this.#close(slot, '_OTHER');
    }
  }

  /** Keeps the rest of what was read with its direction until the other end takes it. */
  #block(end: number, offset: number, bytes: number): void {
    const table = this.#table;
    table.pendingBuffer[end] = this.#buffers.park(this.#reader.readBytes, offset, bytes);
    table.pendingOffset[end] = offset;
    table.pendingBytes[end] = bytes;
    this.#reader.use(this.#reader.readBytes);
    this.#events.block(end ^ 1);
    this.#stopOtherIfClosed(end);
  }

  #flush(end: number): void {
    const table = this.#table;
    const bytes = table.pendingBytes[end];
    const address = this.#buffers.address(table.pendingBuffer[end]) + table.pendingOffset[end];
    const sent = this.#sender.send(end ^ 1, address, bytes);
    if (sent > 0) table.lastMovedMs[end] = this.nowMs;
    if (sent === bytes) {
      this.#dropPending(end);
      this.#events.unblock(end ^ 1);
      this.#runQueue.push(end);
    } else if (sent >= 0) {
      table.pendingOffset[end] += sent;
      table.pendingBytes[end] = bytes - sent;
    } else if (sent === -ENOBUFS || sent === -ENOMEM) {
      // The socket is writable, the kernel is short of memory: no edge will come, so ask for one.
      this.#events.block(end ^ 1);
    } else if (sent === -ETOOMANYREFS) {
      this.#reader.postpone(end);
    } else if (hasLeft(sent)) {
      this.#losses.waiting(end, bytes);
      this.#dropPending(end);
      this.#stop(end);
    } else if (!isTransient(sent)) {
      // EPERM: it takes no descriptors (SO_PASSRIGHTS), or we may not name their sender any more.
      this.#close(end >> 1, '_OTHER');
    }
  }

  /** Everything this end had to say has been delivered. */
  #endOfStream(end: number): void {
    const { flags, fd } = this.#table;
    flags[end] |= READ_DONE;
    if (flags[end] & PEER_CLOSED || flags[end ^ 1] & READ_DONE) this.#finish(end);
    else shutdown(fd[end ^ 1], SHUT_WR);
  }

  /** The same, and its peer has closed without having read everything. */
  #reset(end: number): void {
    this.#losses.unread(end);
    this.#table.flags[end] |= PEER_CLOSED;
    this.#endOfStream(end);
  }

  /** A direction is blocked. If the peer of its end has closed, nothing that comes the other way can be delivered. */
  #stopOtherIfClosed(end: number): void {
    const { flags } = this.#table;
    if (flags[end] & PEER_CLOSED && !(flags[end ^ 1] & READ_DONE)) this.#stop(end ^ 1);
  }

  /**
   * The other end takes no more from this one. This end's peer shall see that as it would have seen it
   * directly (EPIPE on its next write), and still get what the other end said before it went.
   */
  #stop(end: number): void {
    const { flags, fd } = this.#table;
    flags[end] |= READ_DONE | DISCARDING;
    shutdown(fd[end], SHUT_RD);
    this.#runQueue.push(end);
    this.#runQueue.push(end ^ 1);
  }

  /** Reads and drops what this end sent, a buffer a turn: its peer can send no more. */
  #discard(end: number): void {
    const { flags } = this.#table;
    const bytes = this.#reader.receive(end);
    if (bytes > 0) {
      this.#descriptors.release(end);
      this.#losses.late(end, bytes);
    }
    if (bytes > 0 || bytes === -EINTR) this.#runQueue.push(end);
    if (bytes === NO_ROOM) this.#reader.postpone(end);
    if (bytes > 0 || bytes === -EINTR || bytes === NO_ROOM) return;
    flags[end] &= ~DISCARDING;
    if (flags[end] & PEER_CLOSED || flags[end ^ 1] & READ_DONE) this.#finish(end);
  }

  /** The connection is over. */
  #finish(end: number): void {
    const { fd, flags, pendingBuffer, pendingBytes } = this.#table;
    // If its own unread bytes were lost with the close, the other end would see a reset and not the end.
    if (flags[end ^ 1] & DISCARDING) {
      shutdown(fd[end ^ 1], SHUT_WR);
      return;
    }
    if (pendingBuffer[end ^ 1] !== NO_BUFFER) this.#losses.waiting(end ^ 1, pendingBytes[end ^ 1]);
    this.#close(end >> 1);
  }

  #dropPending(end: number): void {
    const { pendingBuffer } = this.#table;
    // Also without bytes that wait: those that were just read may have failed for good.
    this.#descriptors.release(end);
    if (pendingBuffer[end] === NO_BUFFER) return;
    this.#buffers.give(pendingBuffer[end]);
    pendingBuffer[end] = NO_BUFFER;
  }

  /** The client has closed while it waited for its upstream. If it has sent nothing, the connection ends. */
  #leaveUnheard(end: number): void {
    const bytes = this.#reader.peek(end);
    if (bytes === 0 || bytes === -ECONNRESET) this.#close(end >> 1);
  }
}

/** Whether a send says that nobody reads at the other end any more. */
function hasLeft(result: number): boolean {
  return result === -EPIPE || result === -ECONNRESET;
}
