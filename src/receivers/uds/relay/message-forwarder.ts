import { EPOLLERR, EPOLLHUP, EPOLLRDHUP, SHUT_RD, SHUT_WR } from '../../../linux/constants.js';
import { EAGAIN, ECONNRESET, EINTR, EMSGSIZE, ETOOMANYREFS } from '../../../linux/errno.js';
import { close, passCredentials, shutdown } from '../../../linux/socket.js';
import { type FailureName, PASSED_DESCRIPTORS, SEND_BYTES, SEND_OPS } from '../counters.js';
import { OVERFLOW_UID } from './attribution.js';
import {
  CLIENT,
  type ConnectionTable,
  DISCARDING,
  NO_FD,
  NO_SENDER,
  PEER_CLOSED,
  PEER_FINISHED,
  READ_DONE,
  UPSTREAM,
} from './connection-table.js';
import type { DescriptorWait } from './descriptor-wait.js';
import { type EndEvents, READABLE, WRITABLE } from './end-events.js';
import { Losses } from './losses.js';
import { END_OF_MESSAGES, type MessageReader, NO_ROOM_FOR_MESSAGE } from './message-reader.js';
import type { MessageSender, OutgoingMessage } from './message-sender.js';
import type { ParkedMessages } from './parked-messages.js';
import type { PassingDescriptors } from './passing-descriptors.js';
import type { RunQueue } from './run-queue.js';
import type { Taps } from './taps.js';
import { isTransient } from './transient.js';

/** What is read of an end in a turn: as many messages, or as many bytes, whatever comes first. */
const MESSAGES_A_TURN = 16;
const BYTES_A_TURN = 256 * 1024;

/** The same where there are several clients, as of a stream: nobody else is served meanwhile. */
const SHARED_BYTES_A_TURN = 64 * 1024;

/** What messages share on a relay thread. */
export interface MessageParts {
  readonly table: ConnectionTable;
  readonly counters: Float64Array;
  readonly runQueue: RunQueue;
  readonly taps: Taps;
  readonly reader: MessageReader;
  readonly sender: MessageSender;
  readonly parked: ParkedMessages;
  readonly descriptors: PassingDescriptors;
  readonly descriptorWait: DescriptorWait;
  close(slot: number, error?: FailureName): void;
  countError(slot: number, error: FailureName): void;
}

/**
 * Moves messages between the two ends of connections of type SOCK_SEQPACKET. The states of a direction are those of the Forwarder of
 * streams, and so is what happens when an end has closed. What differs:
 *
 * - Each read is one message, however many wait, so an end is read until there is none, or its turn is over.
 * - A message is sent in one piece or not at all. One that finds no room is parked, and its direction is blocked.
 * - The peer's reset is told before what it had sent, which is still there to be read.
 */
export class MessageForwarder {
  readonly #parts: MessageParts;
  readonly #table: ConnectionTable;
  readonly #events: EndEvents;
  readonly #losses: Losses;
  /** Monotonic ms of this turn of the loop, or any number but 0 if nobody needs it. */
  nowMs = 1;
  /** Whether several clients have connections. */
  isShared = false;
  readonly #message: OutgoingMessage = { address: 0, bytes: 0, hasSender: false, pid: 0, uid: 0, gid: 0 };

  constructor(parts: MessageParts, events: EndEvents) {
    this.#parts = parts;
    this.#table = parts.table;
    this.#events = events;
    this.#losses = new Losses(parts.table, parts.countError);
  }

  /** Watches a client that waits for its upstream: it may leave. */
  watch(slot: number): void {
    if (this.#events.wait(slot * 2 + CLIENT) < 0) this.#parts.close(slot, '_OTHER');
  }

  /** Starts forwarding. */
  establish(slot: number): void {
    const { fd } = this.#table;
    // Before the first message is read. The client's end has it from the listener, in kernels that pass it on.
    passCredentials(fd[slot * 2 + CLIENT]);
    passCredentials(fd[slot * 2 + UPSTREAM]);
    this.#table.establish(slot);
    const failed = this.#events.flow(slot * 2 + CLIENT) < 0 || this.#events.flow(slot * 2 + UPSTREAM) < 0;
    if (failed) this.#parts.close(slot, '_OTHER');
  }

  /** Acts on the EPOLL* bits reported for an end. */
  handle(end: number, events: number): void {
    const { flags } = this.#table;
    if (!this.#table.isEstablished(end >> 1)) {
      // The client has closed while it waited for its upstream. What it has said is still delivered when that has room.
      if (events & EPOLLHUP) flags[end] |= PEER_CLOSED | PEER_FINISHED;
      return;
    }
    if (events & EPOLLHUP) flags[end] |= PEER_CLOSED;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) flags[end] |= PEER_FINISHED;
    if (events & WRITABLE) this.#flush(end ^ 1);
    if (events & READABLE) this.pump(end);
  }

  /** Reads an end for a turn and passes on what came. */
  pump(end: number): void {
    const { flags, generation } = this.#table;
    const { parked } = this.#parts;
    const slot = end >> 1;
    const before = generation[slot];
    if (!this.#table.isEstablished(slot)) return;
    if (parked.of(end) !== undefined) {
      // Too many descriptors were in flight: nothing tells when there are fewer.
      if (this.#table.pendingDescriptors[end] !== 0) this.#flush(end);
      if (parked.of(end) !== undefined) this.#stopOtherIfClosed(end);
      return;
    }
    if (flags[end] & READ_DONE) {
      if (flags[end] & DISCARDING) this.#discard(end);
      else if (flags[end] & PEER_CLOSED) this.#finish(end);
      return;
    }
    const most = this.isShared ? SHARED_BYTES_A_TURN : BYTES_A_TURN;
    let bytes = 0;
    for (let i = 0; i < MESSAGES_A_TURN && bytes < most; i++) {
      const read = this.#step(end);
      if (read < 0 || generation[slot] !== before) return;
      bytes += read;
    }
    this.#parts.runQueue.push(end);
  }

  /** Closes the socket of an end. Unread messages in it may have descriptors, which are closed with it. */
  closeEnd(end: number): void {
    const { flags, fd } = this.#table;
    const closed = fd[end];
    // First: another thread may get the number at once, and must not lose it should this thread fail here.
    fd[end] = NO_FD;
    if ((flags[end] & (READ_DONE | DISCARDING)) === READ_DONE) close(closed);
    else this.#parts.descriptors.closeSocket(closed);
  }

  /** Gives back what a closing connection holds. */
  release(slot: number): void {
    for (let end = slot * 2; end < slot * 2 + 2; end++) {
      this.#parts.parked.forget(end);
      this.#parts.descriptors.release(end);
    }
  }

  /** Reads one message: its length, or negative when the end is not to be read on now. */
  #step(end: number): number {
    const { table, reader, parked, descriptors, descriptorWait, runQueue } = this.#parts;
    if (!parked.mayRead(end)) return -EAGAIN;
    const bytes = descriptors.mayTake(end) ? reader.receive(table.fd[end]) : NO_ROOM_FOR_MESSAGE;
    if (bytes >= 0) return this.#forward(end, bytes) ? bytes : -EAGAIN;
    if (bytes === END_OF_MESSAGES) this.#endOfMessages(end);
    else if (bytes === NO_ROOM_FOR_MESSAGE) descriptorWait.add(end);
    else if (bytes === -EINTR) runQueue.push(end);
    else if (bytes === -ECONNRESET) {
      this.#losses.unread(end);
      table.flags[end] |= PEER_CLOSED | PEER_FINISHED;
      return 0;
    } else if (bytes === -EMSGSIZE) {
      descriptors.hold(end, reader.control);
      this.#refuse(end);
    } else if (bytes !== -EAGAIN) this.#parts.close(end >> 1, '_OTHER');
    return bytes;
  }

  /** Passes a message on. False if the end is not to be read on now. */
  #forward(end: number, bytes: number): boolean {
    const { table, counters, runQueue, taps, reader, sender, descriptors } = this.#parts;
    const slot = end >> 1;
    runQueue.moved(bytes);
    descriptors.hold(end, reader.control);
    // Only a listener that was made by somebody else has asked for it.
    if (reader.control.pidfd >= 0) close(reader.control.pidfd);
    const row = table.row[slot] + (end & 1);
    counters[row + SEND_BYTES] += bytes;
    counters[row + SEND_OPS] += 1;
    table.lastMovedMs[end] = this.nowMs;
    const message = this.#read(end, bytes);
    const fds = table.pendingDescriptors[end];
    if (fds !== 0) counters[row + PASSED_DESCRIPTORS] += fds;
    const sent = sender.send(table.fd[end ^ 1], message, end, fds);
    const tap = taps.ofEnd[end];
    if (tap !== undefined && bytes > 0) taps.observeMessage(tap, end, reader.memory, bytes);
    if (isTransient(sent)) {
      this.#block(end, message, sent);
      return false;
    }
    descriptors.release(end);
    reader.done(bytes);
    if (sent >= 0) return true;
    if (sent === -EMSGSIZE) {
      this.#refuse(end);
      return false;
    }
    this.#losses.late(end, bytes);
    this.#stop(end);
    return false;
  }

  /** What was just read from an end. */
  #read(end: number, bytes: number): OutgoingMessage {
    const { table, reader } = this.#parts;
    const { control } = reader;
    const slot = end >> 1;
    const message = this.#message;
    message.address = reader.memory.address;
    message.bytes = bytes;
    // Of what was sent before anybody asked, the kernel knows no sender.
    const isKnown = control.hasCredentials && (control.pid > 0 || control.uid !== OVERFLOW_UID);
    // The relay speaks for others where it was connected as its client; otherwise the upstream is to see the relay.
    message.hasSender =
      table.speaksForClients[slot] === 1 && (isKnown || table.senderUid[slot] !== NO_SENDER);
    message.pid = isKnown ? control.pid : 0;
    message.uid = isKnown ? control.uid : table.senderUid[slot];
    message.gid = isKnown ? control.gid : table.senderGid[slot];
    return message;
  }

  /** Keeps a message until the other end takes it. */
  #block(end: number, message: OutgoingMessage, reason: number): void {
    this.#parts.parked.park(end, message);
    this.#parts.reader.done(message.bytes);
    if (reason === -ETOOMANYREFS) this.#parts.descriptorWait.add(end);
    this.#events.block(end ^ 1);
    this.#stopOtherIfClosed(end);
  }

  #flush(end: number): void {
    const { table, parked, sender, descriptors, runQueue } = this.#parts;
    const message = parked.of(end);
    if (message === undefined) return;
    const sent = sender.send(table.fd[end ^ 1], message, end, table.pendingDescriptors[end]);
    if (sent === -EAGAIN) return;
    if (sent === -ETOOMANYREFS) {
      this.#parts.descriptorWait.add(end);
      return;
    }
    if (isTransient(sent)) {
      // The socket is writable, the kernel is short of something: no edge will come, so ask for one.
      this.#events.block(end ^ 1);
      return;
    }
    table.lastMovedMs[end] = this.nowMs;
    parked.drop(end);
    descriptors.release(end);
    if (sent >= 0) {
      this.#events.unblock(end ^ 1);
      runQueue.push(end);
    } else if (sent === -EMSGSIZE) this.#refuse(end);
    else {
      this.#losses.waiting(end, message.bytes);
      this.#stop(end);
    }
  }

  /** A message is too long for this relay. Without it the conversation would not be the same any more. */
  #refuse(end: number): void {
    this.#parts.close(end >> 1, 'EMSGSIZE');
  }

  #endOfMessages(end: number): void {
    const { flags, fd } = this.#table;
    flags[end] |= READ_DONE;
    if (flags[end] & PEER_CLOSED || flags[end ^ 1] & READ_DONE) this.#finish(end);
    else shutdown(fd[end ^ 1], SHUT_WR);
  }

  /** A direction is blocked. If the peer of its end has closed, nothing that comes the other way can be delivered. */
  #stopOtherIfClosed(end: number): void {
    const { flags } = this.#table;
    if (flags[end] & PEER_CLOSED && !(flags[end ^ 1] & READ_DONE)) this.#stop(end ^ 1);
  }

  /** The other end takes no more from this one, whose peer shall see that with its next message. */
  #stop(end: number): void {
    const { flags, fd } = this.#table;
    const { runQueue, parked, descriptors } = this.#parts;
    const message = parked.of(end);
    if (message !== undefined) {
      this.#losses.waiting(end, message.bytes);
      parked.drop(end);
      descriptors.release(end);
    }
    flags[end] |= READ_DONE | DISCARDING;
    shutdown(fd[end], SHUT_RD);
    runQueue.push(end);
    runQueue.push(end ^ 1);
  }

  /** Reads and drops what this end sent: its peer can send no more. */
  #discard(end: number): void {
    const { flags, fd } = this.#table;
    const { reader, descriptors, descriptorWait, runQueue } = this.#parts;
    for (let i = 0; i < MESSAGES_A_TURN; i++) {
      const bytes = reader.receive(fd[end]);
      if (bytes === NO_ROOM_FOR_MESSAGE) {
        descriptorWait.add(end);
        return;
      }
      if (bytes >= 0 || bytes === -EMSGSIZE) {
        descriptors.hold(end, reader.control);
        descriptors.release(end);
        this.#losses.late(end, Math.max(0, bytes));
      } else if (bytes !== -EINTR && bytes !== -ECONNRESET) {
        flags[end] &= ~DISCARDING;
        if (flags[end] & PEER_CLOSED || flags[end ^ 1] & READ_DONE) this.#finish(end);
        return;
      }
    }
    runQueue.push(end);
  }

  /** The connection is over. */
  #finish(end: number): void {
    const { fd, flags } = this.#table;
    // If its own unread messages were lost with the close, the other end would see a reset and not the end.
    if (flags[end ^ 1] & DISCARDING) {
      shutdown(fd[end ^ 1], SHUT_WR);
      return;
    }
    const message = this.#parts.parked.of(end ^ 1);
    if (message !== undefined) this.#losses.waiting(end ^ 1, message.bytes);
    this.#parts.close(end >> 1);
  }
}
