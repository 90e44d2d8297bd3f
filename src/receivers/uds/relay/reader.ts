import { SHUT_RD } from '../../../linux/constants.js';
import { ReceivedControl } from '../../../linux/control-data.js';
import { MessageHeader } from '../../../linux/message-header.js';
import { close, peek, receive, receiveBytes, shutdown } from '../../../linux/socket.js';
import type { Buffers } from './buffers.js';
import {
  CLIENT,
  type ConnectionTable,
  DISCARDING,
  LOOK_ALWAYS,
  NO_FD,
  READ_DONE,
} from './connection-table.js';
import type { LookBudget } from './look-budget.js';
import type { PassingClients } from './passing-clients.js';
import type { PassingDescriptors } from './passing-descriptors.js';

/** What `receive` returns when descriptors come next for which there is no room: no errno is so large. */
export const NO_ROOM = -4096;

/** More than a queue of the default size can have of the smallest buffer. */
const DISCARDED_READS = 64;

/** Who is told of what a read has left behind. */
export interface ReaderEvents {
  /** There is more to read from an end at once. */
  again(end: number): void;
  /** An end is to be read again later: there is no room for what comes next. */
  wait(end: number): void;
}

/**
 * Reads from either end of a connection, into the buffer that is there for it, and takes the descriptors that come along (unix(7)).
 *
 * The kernel ends a read behind a message with descriptors, and not before one: it may begin with bytes of messages that have none. The
 * receiver must get the descriptors with the first byte of their own message. It may read what is before with read(2), which closes
 * descriptors. So where some may come, `receive` looks first, and reads up to them or from them on:
 *
 *   sent:    │ plain │ plain │ message with descriptors │ plain │
 *   looked:  ├──────────────────────────────────────────┤ there are descriptors
 *   read:    ├───────────────┤                            in one read
 *                            ├──────────────────────────┤ in the next one, with the descriptors
 *
 * A look is one more system call for each read. It is made for the first reads from each end, for all of a client that has passed
 * descriptors, and for others as long as the budget lasts. Where it does not, and a client's first descriptors come after many reads, they may
 * come with bytes just before their own.
 */
export class Reader {
  /** Where what is read goes, and how much of it at a time: as the header has it. */
  address = 0;
  readBytes = 0;
  readonly #table: ConnectionTable;
  readonly #buffers: Buffers;
  readonly #descriptors: PassingDescriptors;
  readonly #clients: PassingClients;
  readonly #budget: LookBudget;
  readonly #events: ReaderEvents;
  readonly #header = new MessageHeader();
  readonly #control: ReceivedControl;

  constructor(
    table: ConnectionTable,
    buffers: Buffers,
    descriptors: PassingDescriptors,
    clients: PassingClients,
    budget: LookBudget,
    events: ReaderEvents,
  ) {
    this.#table = table;
    this.#buffers = buffers;
    this.#descriptors = descriptors;
    this.#clients = clients;
    this.#budget = budget;
    this.#events = events;
    // Room for more could be taken by descriptors for which there is none.
    this.#control = new ReceivedControl(this.#header, { withSender: !descriptors.areCut });
    this.use(buffers.bufferBytes);
  }

  /** Reads so much at a time from now on, into the buffer that is there for it now. */
  use(bytes: number): void {
    this.address = this.#buffers.memory.address;
    this.readBytes = bytes;
    this.#header.setBuffer(this.address, bytes);
  }

  /** A connection is established: reading from its ends begins. */
  begin(slot: number): void {
    this.#clients.begin(slot);
  }

  /** Reads once: how many bytes there were, or as recvmsg(2); or NO_ROOM. */
  receive(end: number): number {
    const mayLook = this.#budget.isLeft || this.#table.looks[end] !== 0;
    if (mayLook || this.#descriptors.mayBeShort) return this.#lookAndReceive(end);
    return this.#receiveWith(end);
  }

  /** Whether descriptors came with the last bytes; they end a read early. */
  get hadDescriptors(): boolean {
    return this.#control.isThere;
  }

  /** Has an end read again later, for which there was no room. */
  postpone(end: number): void {
    this.#events.wait(end);
  }

  /** Closes the socket of an end, or has it closed where descriptors may be unread in it: they are closed with it. */
  close(end: number): void {
    const { fd } = this.#table;
    const mayWait = this.#mayHaveDescriptors(end);
    const closed = fd[end];
    // First: another thread may get the number at once, and must not lose it should this thread fail here.
    fd[end] = NO_FD;
    if (mayWait) this.#descriptors.closeSocket(closed);
    else close(closed);
  }

  /**
   * Forgets what an end has sent and takes no more from it. Closing its socket is then the end of a stream to its peer, and
   * no reset. Descriptors, and what comes after them, are left to `close`.
   */
  discard(end: number): void {
    shutdown(this.#table.fd[end], SHUT_RD);
    this.use(this.#buffers.bufferBytes);
    for (let reads = 0; reads < DISCARDED_READS; reads++) {
      const seen = this.peek(end);
      if (seen <= 0 || this.hadDescriptors) return;
      this.#receiveOnly(end, seen);
    }
  }

  /** Like `receive`, and leaves everything in the socket. */
  peek(end: number): number {
    this.#control.expectNothing();
    return peek(this.#table.fd[end], this.#header);
  }

  /** Reads once, with the descriptors that come along. */
  #receiveWith(end: number): number {
    const descriptors = this.#descriptors;
    this.#control.expect(descriptors.most);
    const fd = this.#table.fd[end];
    const bytes = descriptors.areCut ? this.#receiveInTime(fd) : receive(fd, this.#header);
    if (bytes > 0 && this.hadDescriptors) this.#take(end);
    return bytes;
  }

  #receiveInTime(fd: number): number {
    const { waits } = this.#descriptors;
    waits.begin();
    const bytes = receive(fd, this.#header);
    waits.end();
    return bytes;
  }

  #take(end: number): void {
    this.#descriptors.take(end, this.#control);
    this.#clients.add(this.#table.client[end >> 1]);
  }

  /** Reads once: up to descriptors, or from some on, if there is room for them. */
  #lookAndReceive(end: number): number {
    const { looks } = this.#table;
    if (this.#descriptors.mayBeShort) this.#descriptors.hasRoom();
    const seen = this.peek(end);
    if (seen <= 0) return seen;
    if (!this.hadDescriptors) {
      if (looks[end] === 0) this.#budget.spend(seen);
      else if (looks[end] !== LOOK_ALWAYS) looks[end]--;
      return this.#receiveOnly(end, seen);
    }
    const before = this.#bytesBeforeDescriptors(end, seen);
    if (before > 0) {
      this.#events.again(end);
      return this.#receiveOnly(end, before);
    }
    return this.#descriptors.mayTake(end) ? this.#receiveWith(end) : NO_ROOM;
  }

  /**
   * How many of the bytes that were seen come before those with descriptors, which are the last of them. The kernel copies one message
   * after the other, and says how many bytes it had copied before it came to one that it cannot copy to its last byte.
   */
  #bytesBeforeDescriptors(end: number, seen: number): number {
    this.#header.setBuffer(this.address, seen - 1);
    this.#header.endsNowhere = true;
    const copied = this.peek(end);
    this.#header.endsNowhere = false;
    this.#header.setBuffer(this.address, this.readBytes);
    // -EFAULT if it is the first one.
    return Math.max(0, copied);
  }

  /** Reads bytes that were seen to have no descriptors, and nothing that has come since. */
  #receiveOnly(end: number, bytes: number): number {
    return receiveBytes(this.#table.fd[end], this.address, bytes);
  }

  /** At the end of its stream nothing is unread. Before, a client could still send something while it is closed. */
  #mayHaveDescriptors(end: number): boolean {
    const { flags, fd } = this.#table;
    if ((flags[end] & (READ_DONE | DISCARDING)) === READ_DONE) return false;
    if ((end & 1) === CLIENT) shutdown(fd[end], SHUT_RD);
    // With the default buffer this sees all that can be in a queue of the default size.
    this.use(this.#buffers.bufferBytes);
    const bytes = this.peek(end);
    return bytes > 0 && (bytes === this.readBytes || this.hadDescriptors);
  }
}
