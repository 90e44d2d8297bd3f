import { ECONNREFUSED, EINTR, EMSGSIZE, ENOENT, EPIPE } from '../../../linux/errno.js';
import { PASSED_DESCRIPTORS, SEND_BYTES, SEND_OPS } from '../counters.js';
import { CLIENT, UPSTREAM } from './connection-table.js';
import { describeDatagram } from './datagram.js';
import type { DatagramSlots } from './datagram-slots.js';
import type { DatagramSocket } from './datagram-socket.js';
import { DescriptorWait } from './descriptor-wait.js';
import type { MessageParts } from './message-forwarder.js';
import { NO_ROOM_FOR_MESSAGE } from './message-reader.js';
import type { OutgoingMessage } from './message-sender.js';
import { isTransient } from './transient.js';

/** What is read for one client in a turn. */
const ANSWERS_A_TURN = 32;

export interface DatagramAnswersSettings {
  readonly parts: MessageParts;
  readonly slots: DatagramSlots;
  /** By listener. */
  readonly sockets: ReadonlyMap<number, DatagramSocket>;
  now(): number;
}

/**
 * Carries answers of an upstream to the clients that they are for. They are sent from the relay's own socket: a client that has connected
 * takes datagrams from no other.
 */
export class DatagramAnswers {
  readonly #settings: DatagramAnswersSettings;
  readonly #parts: MessageParts;
  readonly #slots: DatagramSlots;
  /** Nothing tells when a client reads that is not connected to us. */
  readonly #wait: DescriptorWait;
  readonly #message: OutgoingMessage = { address: 0, bytes: 0, hasSender: false, pid: 0, uid: 0, gid: 0 };

  constructor(settings: DatagramAnswersSettings) {
    this.#settings = settings;
    this.#parts = settings.parts;
    this.#slots = settings.slots;
    this.#wait = new DescriptorWait(settings.parts.runQueue, settings.now);
  }

  /** Monotonic ms of the next `tick` that has something to do. */
  get nextMs(): number {
    return this.#wait.nextMs;
  }

  tick(nowMs: number): void {
    this.#wait.tick(nowMs);
  }

  /** Reads answers for a turn, from a sender's socket towards the upstream. */
  pump(end: number): void {
    const { table, reader, parked, descriptors, descriptorWait, runQueue } = this.#parts;
    const slot = end >> 1;
    const generation = table.generation[slot];
    if (parked.of(end) !== undefined && !this.#flush(end)) return;
    for (let i = 0; i < ANSWERS_A_TURN; i++) {
      if (table.generation[slot] !== generation || !parked.mayRead(end)) return;
      const bytes = descriptors.mayTake(end) ? reader.receive(table.fd[end]) : NO_ROOM_FOR_MESSAGE;
      if (bytes === NO_ROOM_FOR_MESSAGE) descriptorWait.add(end);
      else if (bytes === -EINTR) continue;
      if (bytes < 0) return;
      if (!this.#pass(end, bytes)) return;
    }
    runQueue.push(end);
  }

  /** Passes an answer on that was just read. False if no more is to be read now. */
  #pass(end: number, bytes: number): boolean {
    const { table, counters, runQueue, taps, reader, descriptors, parked } = this.#parts;
    const slot = end >> 1;
    runQueue.moved(bytes);
    descriptors.hold(end, reader.control);
    const row = table.row[slot] + UPSTREAM;
    counters[row + SEND_BYTES] += bytes;
    counters[row + SEND_OPS] += 1;
    counters[row + PASSED_DESCRIPTORS] += table.pendingDescriptors[end];
    this.#slots.activeMs[slot] = this.#settings.now();
    this.#slots.isAsking[slot] = 0;
    const message = describeDatagram(this.#message, this.#parts, slot, bytes);
    const sent = this.#send(end, message);
    const tap = taps.ofEnd[end];
    if (tap !== undefined && bytes > 0) taps.observeMessage(tap, end, reader.memory, bytes);
    if (isTransient(sent) && parked.tryPark(end, message)) {
      this.#wait.add(end);
      reader.done(bytes);
      return false;
    }
    descriptors.release(end);
    reader.done(bytes);
    return sent >= 0 || this.#lose(slot, sent);
  }

  /** Tries again to send an answer for which its client had no room. Whether there is room for more. */
  #flush(end: number): boolean {
    const { parked, descriptors } = this.#parts;
    const message = parked.of(end);
    if (message === undefined) return true;
    const sent = this.#send(end, message);
    if (isTransient(sent)) {
      this.#wait.add(end);
      return false;
    }
    this.#slots.activeMs[end >> 1] = this.#settings.now();
    parked.drop(end);
    descriptors.release(end);
    return sent >= 0 || this.#lose(end >> 1, sent);
  }

  #send(end: number, message: OutgoingMessage): number {
    const { sender, table } = this.#parts;
    const slot = end >> 1;
    const socket = this.#settings.sockets.get(table.listener[slot]);
    const bytes = this.#slots.names.bytes(slot);
    if (socket === undefined || bytes === 0) return -ENOENT;
    const name = this.#slots.names.address(slot);
    return sender.sendTo(socket.fd, message, end, table.pendingDescriptors[end], name, bytes);
  }

  /**
   * An answer is lost. If its client is gone, the upstream learns of it with the next one, unless something that the client said
   * before still waits for the upstream. Whether to go on.
   */
  #lose(slot: number, result: number): boolean {
    const isGone = result === -ECONNREFUSED || result === -ENOENT;
    // EPIPE: it has shut down its receiving side, and may go on sending.
    const isLeft = isGone || result === -EPIPE;
    this.#slots.countLoss(slot, isLeft ? 'client_left' : result === -EMSGSIZE ? 'EMSGSIZE' : '_OTHER');
    if (!isGone || this.#parts.parked.of(slot * 2 + CLIENT) !== undefined) return true;
    this.#parts.close(slot);
    return false;
  }
}
