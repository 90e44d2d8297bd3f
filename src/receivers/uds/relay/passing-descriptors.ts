import { SHUT_RDWR } from '../../../linux/constants.js';
import { MESSAGE_DESCRIPTORS_MAX, type ReceivedControl } from '../../../linux/control-data.js';
import { close, ignoreSenders, shutdown } from '../../../linux/socket.js';
import { WaitLimit } from '../../../linux/wait-limit.js';
import { DROPPED_DESCRIPTORS } from '../counters.js';
import type { ConnectionTable } from './connection-table.js';
import type { DescriptorQueue } from './descriptor-queue.js';
import { HeldDescriptors } from './held-descriptors.js';

/** What comes of descriptors beside their being passed on. */
export interface DescriptorEvents {
  readonly counters: Float64Array;
  /** There is something for the closing thread to do, or may be, for the first time. */
  began(): void;
  /** Some of what came with the bytes of an end was lost. */
  dropped(end: number): void;
}

/**
 * The descriptors that a relay thread has received, from when it takes them with their bytes until another thread closes its copies:
 *
 *   recvmsg ─► held, while the bytes wait ─► sendmsg ─► to be closed ─► closed
 *                        └─ the connection ends ────────────┘
 *
 * Copies that were sent are not closed here either: by then their receiver may have closed its own, and the last one of a file
 * closes the file, which takes as long as its owner likes.
 *
 * There is room for so many in all. A client may hold as many as are left, so that one that makes them wait leaves half to the others.
 */
export class PassingDescriptors {
  /** How many are taken of a message. */
  readonly most: number;
  /** Where the kernel drops descriptors on this thread, or this thread closes them itself: their owner must not make it wait. */
  readonly waits = new WaitLimit();
  /** Whether there was no room for those of a message when some was taken, or `hasRoom` looked. Only that knows when there is again. */
  mayBeShort = false;
  readonly #table: ConnectionTable;
  readonly #queue: DescriptorQueue;
  readonly #held: HeldDescriptors;
  readonly #events: DescriptorEvents;
  readonly #close: (fd: number) => void;
  /** By the numbers of clients; only of those that have some. */
  readonly #heldBy = new Map<number, number>();
  #hasBegun = false;

  constructor(table: ConnectionTable, queue: DescriptorQueue, events: DescriptorEvents) {
    this.#table = table;
    this.#queue = queue;
    this.#held = new HeldDescriptors(queue.held, table.slots * 2);
    this.#events = events;
    this.#close = queue.put;
    this.most = Math.min(queue.room, MESSAGE_DESCRIPTORS_MAX);
  }

  /** Whether a message can have more than are taken; the kernel drops the rest then. */
  get areCut(): boolean {
    return this.most < MESSAGE_DESCRIPTORS_MAX;
  }

  /** Looks whether there is room for those of a message now. */
  hasRoom(): boolean {
    this.mayBeShort = this.#free < this.most;
    return !this.mayBeShort;
  }

  /** Whether those of a message may be taken from an end now. */
  mayTake(end: number): boolean {
    const held = this.#heldBy.get(this.#table.client[end >> 1]) ?? 0;
    const left = this.#free - this.most;
    return left >= 0 && (held === 0 || held + this.most <= left);
  }

  /** Takes what came with bytes of an end. They are held with these, which the other end gets next. */
  take(end: number, control: ReceivedControl): void {
    control.read();
    const { fd } = this.#table;
    if (control.hasCredentials || control.pidfd >= 0) {
      // A listener that was handed to us can have been told to ask for them (systemd.socket(5), PassCredentials=).
      ignoreSenders(fd[end]);
      if (control.pidfd >= 0) close(control.pidfd);
    }
    this.hold(end, control);
  }

  /** The same of a message that was read with its sender, whose pidfd is the caller's. */
  hold(end: number, control: ReceivedControl): void {
    const { client, pendingDescriptors, row } = this.#table;
    const slot = end >> 1;
    const isTooMany = control.count > this.most;
    const count = this.#limit(control);
    if (count > 0) {
      this.#begin();
      this.#held.put(end, control.descriptors, count);
      pendingDescriptors[end] = count;
      this.#taken();
      this.#heldBy.set(client[slot], (this.#heldBy.get(client[slot]) ?? 0) + count);
    }
    if (!control.isCut && !isTooMany) return;
    // The kernel does not tell how many.
    this.#events.counters[row[slot] + (end & 1) + DROPPED_DESCRIPTORS] += 1;
    this.#events.dropped(end);
  }

  /** Those of a message that goes nowhere. */
  drop(control: ReceivedControl): void {
    const { descriptors } = control;
    const count = this.#limit(control);
    if (count === 0) return;
    this.#begin();
    for (let i = 0; i < count; i++) this.#close(descriptors[i]);
    this.#queue.publish();
    this.#taken();
  }

  /** Copies those that an end's bytes came with. */
  copy(end: number, target: Int32Array): void {
    this.#held.copy(end, target);
  }

  /** Those of an end were sent, or never will be: this thread needs them no more. */
  release(end: number): void {
    const { client, pendingDescriptors } = this.#table;
    const count = pendingDescriptors[end];
    if (count === 0) return;
    this.#held.release(end, this.#close);
    this.#queue.publish();
    pendingDescriptors[end] = 0;
    const number = client[end >> 1];
    const left = (this.#heldBy.get(number) ?? 0) - count;
    if (left > 0) this.#heldBy.set(number, left);
    else this.#heldBy.delete(number);
  }

  /** Closes a socket with descriptors in it: they are closed with it, which may take time. */
  closeSocket(socket: number): void {
    if (this.#free <= 0) {
      this.waits.begin();
      close(socket);
      this.waits.end();
      return;
    }
    this.#begin();
    // Its peer need not wait for what is closed before it.
    if (this.#queue.free < this.#queue.room) shutdown(socket, SHUT_RDWR);
    this.#queue.put(socket);
    this.#queue.publish();
    this.#taken();
  }

  /**
   * How many of a message are kept. Descriptors may have taken the room for what says who sent them, and be more than there is room for
   * here: these are closed at once.
   */
  #limit({ count, descriptors }: ReceivedControl): number {
    if (count <= this.most) return count;
    this.waits.begin();
    for (let i = this.most; i < count; i++) close(descriptors[i]);
    this.waits.end();
    return this.most;
  }

  /** There is less room than before. */
  #taken(): void {
    this.mayBeShort ||= this.#free < this.most;
  }

  get #free(): number {
    return this.#queue.free - this.#held.count;
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#events.began();
  }
}
