import { MSG_CTRUNC, SHUT_RD, SHUT_RDWR } from '../../../linux/constants.js';
import { MESSAGE_DESCRIPTORS_MAX, ReceiverHeader } from '../../../linux/message-header.js';
import { close, peek, receive, shutdown } from '../../../linux/socket.js';
import { WaitLimit } from '../../../linux/wait-limit.js';
import { DROPPED_DESCRIPTORS } from '../counters.js';
import type { Buffers } from './buffers.js';
import { CLIENT, type ConnectionTable, DISCARDING, NO_FD, READ_DONE } from './connection-table.js';
import type { DescriptorQueue } from './descriptor-queue.js';

/** What `receive` returns when descriptors come next for which there is no room: no errno is so large. */
export const NO_ROOM = -4096;

/** Where descriptors go that were received. */
export interface DescriptorSink {
  readonly queue: DescriptorQueue;
  readonly counters: Float64Array;
  /** There is something in the queue for the first time. */
  began(): void;
  /** An end is to be read again later: there is no room for what comes next. */
  wait(end: number): void;
  /** There were some in the bytes of an end. */
  dropped(end: number): void;
}

/**
 * Reads from either end of a connection, into the buffer that is there for it.
 *
 * Descriptors that come along (unix(7)) are not passed on. The thread takes them, because a message is counted by them only if they
 * are received, and because the last one of a file closes it: where the kernel drops them, this thread would wait for
 * that. Another thread closes them. Where it has not got round to it, what they came with is left in the socket for a
 * while. Only a process with few descriptors has less room than a message can have of them; the kernel drops the rest then.
 */
export class Reader {
  /** Where what is read goes, and how much of it at a time: as the header has it. */
  address = 0;
  readBytes = 0;
  readonly #table: ConnectionTable;
  readonly #buffers: Buffers;
  readonly #sink: DescriptorSink;
  readonly #header = new ReceiverHeader();
  /** How many descriptors it takes of a message. */
  readonly #most: number;
  /** Whether a message can have no more. */
  readonly #takesAll: boolean;
  /** Whether there may be room for fewer. */
  #isShort = false;
  /** Where the kernel drops descriptors on this thread, or this thread closes them itself. */
  readonly #waits = new WaitLimit();
  #hasBegun = false;

  constructor(table: ConnectionTable, buffers: Buffers, sink: DescriptorSink) {
    this.#table = table;
    this.#buffers = buffers;
    this.#sink = sink;
    this.#most = Math.min(sink.queue.room, MESSAGE_DESCRIPTORS_MAX);
    this.#takesAll = this.#most === MESSAGE_DESCRIPTORS_MAX;
    this.use(buffers.bufferBytes);
  }

  /** Reads so much at a time from now on, into the buffer that is there for it now. */
  use(bytes: number): void {
    this.address = this.#buffers.memory.address;
    this.readBytes = bytes;
    this.#header.setBuffer(this.address, bytes);
  }

  /** Reads once: how many bytes there were, or as recvmsg(2); or NO_ROOM. */
  receive(end: number): number {
    if (this.#isShort) {
      this.#isShort = this.#sink.queue.free < this.#most;
      if (this.#isShort) return this.#receiveWithout(end);
    }
    const header = this.#header;
    header.takeDescriptors(this.#most);
    const bytes = this.#takesAll ? receive(this.#table.fd[end], header) : this.#receiveInTime(end);
    if (bytes > 0 && this.hadDescriptors) this.#drop(end);
    return bytes;
  }

  /** Whether descriptors came with the last bytes; they end a read early. */
  get hadDescriptors(): boolean {
    return this.#header.controlBytes !== 0 || (this.#header.flags & MSG_CTRUNC) !== 0;
  }

  /** Has an end read again later, for which there was no room. */
  postpone(end: number): void {
    this.#sink.wait(end);
  }

  /** Closes the socket of an end, or has it closed where descriptors may be unread in it: they are closed with it. */
  close(end: number): void {
    const { fd } = this.#table;
    const mayWait = this.#mayHaveDescriptors(end);
    const closed = fd[end];
    // First: another thread may get the number at once, and must not lose it should this thread fail here.
    fd[end] = NO_FD;
    const { queue } = this.#sink;
    const { free } = queue;
    if (!mayWait) {
      close(closed);
      return;
    }
    if (free === 0) {
      this.#waits.begin();
      close(closed);
      this.#waits.end();
      return;
    }
    // Its peer need not wait for what is closed before it.
    if (free < queue.room) shutdown(closed, SHUT_RDWR);
    queue.put(closed);
    this.#isShort = true;
    this.#publish();
  }

  /** Like `receive`, and leaves everything in the socket. */
  peek(end: number): number {
    this.#header.takeDescriptors(0);
    return peek(this.#table.fd[end], this.#header);
  }

  /** Reads once where the kernel drops what is too much of a message: its owner must not make this thread wait. */
  #receiveInTime(end: number): number {
    this.#waits.begin();
    const bytes = receive(this.#table.fd[end], this.#header);
    this.#waits.end();
    return bytes;
  }

  #publish(): void {
    this.#sink.queue.publish();
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#sink.began();
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

  /** Reads once where there is no room for descriptors: what is seen to have none, and nothing that comes meanwhile. */
  #receiveWithout(end: number): number {
    const seen = this.peek(end);
    if (seen <= 0) return seen;
    if (this.hadDescriptors) return NO_ROOM;
    this.#header.setBuffer(this.address, seen);
    const bytes = receive(this.#table.fd[end], this.#header);
    this.#header.setBuffer(this.address, this.readBytes);
    return bytes;
  }

  #drop(end: number): void {
    const { queue, counters, dropped } = this.#sink;
    const count = this.#header.eachDescriptor(queue.put);
    if (count > 0) this.#publish();
    this.#isShort = queue.free < this.#most;
    counters[this.#table.row[end >> 1] + (end & 1) + DROPPED_DESCRIPTORS] += Math.max(count, 1);
    dropped(end);
  }
}
