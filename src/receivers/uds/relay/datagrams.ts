import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT } from '../../../linux/constants.js';
import type { Epoll } from '../../../linux/epoll.js';
import { EAGAIN, EINTR, EMSGSIZE, ENOTCONN, ETOOMANYREFS } from '../../../linux/errno.js';
import { close } from '../../../linux/socket.js';
import { PASSED_DESCRIPTORS, SEND_BYTES, SEND_OPS } from '../counters.js';
import { CLIENT, NO_FD, UPSTREAM } from './connection-table.js';
import { describeDatagram, isGone } from './datagram.js';
import { DatagramAnswers } from './datagram-answers.js';
import { NO_SLOT } from './datagram-senders.js';
import { DatagramSlots, type DatagramSlotsSettings } from './datagram-slots.js';
import { DatagramSocket, NO_END } from './datagram-socket.js';
import { DatagramSweep } from './datagram-sweep.js';
import type { Listener } from './listener.js';
import type { DatagramCarrier } from './listeners.js';
import type { MessageParts } from './message-forwarder.js';
import { NO_ROOM_FOR_MESSAGE } from './message-reader.js';
import type { OutgoingMessage } from './message-sender.js';
import { isTransient } from './transient.js';

/** What is read of one socket in a turn: others wait meanwhile. */
const DATAGRAMS_A_TURN = 16;

/** How long all sockets are read in a turn, in ms. A datagram of a sender that is new takes many times as long as another one. */
const READ_MS = 0.1;

/** When senders are looked over first, in ms. */
const SWEEP_MS = 1000;

/** After what time a socket is read again, for descriptors of which there was no room, in ms. */
const RETRY_MS = 2;

const NO_PIDFD = -1;
const NEVER = Number.POSITIVE_INFINITY;

export interface DatagramsSettings extends DatagramSlotsSettings {
  readonly epoll: Epoll;
  /** Epoll token of a listener. */
  token(listener: Listener): number;
  now(): number;
}

/**
 * Carries datagrams of clients to an upstream, and its answers back. A sender has a slot like a connection, from its first
 * datagram until it is silent or gone:
 *
 *   client ──► bound socket ──► slot: a socket of its own, connected to the upstream ──► upstream
 *          ◄── sendto(address) ◄──────────────── answers ◄──────────────────────────────
 *
 * The socket of a sender with an address has an address of its own, to which the upstream answers; it takes datagrams from nobody else.
 * Senders without an address can get no answer, and those that count together share a socket.
 *
 * When the upstream's queue is full, nothing is read from the bound socket: its queue fills, and clients wait as they would before
 * the upstream's own. So a sender's datagrams stay in order, and none is dropped that could be delivered.
 */
export class Datagrams implements DatagramCarrier {
  readonly #settings: DatagramsSettings;
  readonly #parts: MessageParts;
  readonly #sockets = new Map<number, DatagramSocket>();
  readonly #slots: DatagramSlots;
  readonly #answers: DatagramAnswers;
  readonly #sweep: DatagramSweep;
  readonly #message: OutgoingMessage = { address: 0, bytes: 0, hasSender: false, pid: 0, uid: 0, gid: 0 };
  /** Monotonic ms of the next look at senders, and at sockets that are not read at present. */
  #sweepMs = NEVER;
  #watchMs = NEVER;
  /** Monotonic ms at which nothing more is read in this turn, and whether something was. */
  #turnEndMs = 0;
  #hasRead = false;

  constructor(settings: DatagramsSettings) {
    const { parts, now, listeners } = settings;
    this.#settings = settings;
    this.#parts = parts;
    this.#slots = new DatagramSlots(settings);
    this.#answers = new DatagramAnswers({ parts, slots: this.#slots, sockets: this.#sockets, now });
    this.#sweep = new DatagramSweep(parts, this.#slots, listeners);
  }

  add(listener: Listener): void {
    const { epoll, token, now } = this.#settings;
    const socket = new DatagramSocket(listener, epoll, token(listener), this.#parts.table);
    this.#sockets.set(listener.id, socket);
    this.#sweepMs = Math.min(this.#sweepMs, now() + SWEEP_MS);
    socket.watch();
  }

  stop(listener: Listener, stopped: () => void): void {
    const socket = this.#sockets.get(listener.id);
    if (socket === undefined) {
      stopped();
      return;
    }
    const nowMs = this.#settings.now();
    socket.stop(nowMs, () => {
      this.#sweepMs = 0;
      stopped();
    });
    this.#begin(nowMs);
    this.#readLast(socket);
  }

  end(listener: Listener): void {
    this.#sockets.get(listener.id)?.close();
    this.#sockets.delete(listener.id);
    if (this.#sockets.size === 0) this.#slots.names.close();
  }

  /** Something may be read in this turn. */
  begin(): void {
    this.#begin(this.#settings.now());
  }

  /** There is something to read of a listener. One datagram at least is read after `begin`. */
  receive(listener: Listener): void {
    const socket = this.#sockets.get(listener.id);
    if (socket !== undefined) this.#read(socket);
  }

  /** Acts on the EPOLL* bits reported for a sender's socket. */
  handle(end: number, events: number): void {
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) this.#flush(end ^ 1);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) this.pump(end);
  }

  /** Goes on with what waits at an end. */
  pump(end: number): void {
    if (!this.#parts.table.isEstablished(end >> 1)) return;
    if ((end & 1) === UPSTREAM) this.#answers.pump(end);
    // Too many descriptors were in flight: nothing tells when there are fewer.
    else this.#flush(end);
  }

  /** Monotonic ms of the next `tick` that has something to do. */
  get nextMs(): number {
    return Math.min(this.#sweepMs, this.#watchMs, this.#answers.nextMs);
  }

  tick(nowMs: number): void {
    this.#answers.tick(nowMs);
    if (nowMs >= this.#watchMs) this.#watch(nowMs);
    if (nowMs < this.#sweepMs) return;
    const nextMs = this.#sweep.run(nowMs);
    this.#sweepMs = this.#sockets.size > 0 ? nextMs : NEVER;
  }

  /** A sender's slot is closed. */
  release(slot: number): void {
    const { table, parked, descriptors } = this.#parts;
    const client = slot * 2 + CLIENT;
    const socket = this.#sockets.get(table.listener[slot]);
    socket?.senders.forget(slot);
    for (const end of [client, slot * 2 + UPSTREAM]) {
      parked.forget(end);
      descriptors.release(end);
    }
    this.#slots.forget(slot);
    if (socket?.blockedEnd === client) this.#unblock(socket);
  }

  closeEnd(end: number): void {
    const { fd } = this.#parts.table;
    const closed = fd[end];
    fd[end] = NO_FD;
    if (closed === NO_FD) return;
    // Answers that nobody has read may have descriptors.
    if ((end & 1) === UPSTREAM) this.#parts.descriptors.closeSocket(closed);
    else close(closed);
  }

  #begin(nowMs: number): void {
    this.#turnEndMs = nowMs + READ_MS;
    this.#hasRead = false;
  }

  /** Reads on of a socket that ends, in as many turns as that takes. */
  #readLast(socket: DatagramSocket): void {
    if (!this.#read(socket) && socket.blockedEnd === NO_END) socket.settle();
    this.#watchMs = Math.min(this.#watchMs, socket.stopMs);
  }

  /** Reads a socket for its part of the turn. Whether it may be read on. */
  #read(socket: DatagramSocket): boolean {
    const { now } = this.#settings;
    const { reader, descriptors } = this.#parts;
    this.#slots.nowMs = now();
    for (let i = 0; i < DATAGRAMS_A_TURN && (!this.#hasRead || now() < this.#turnEndMs); i++) {
      if (socket.blockedEnd !== NO_END || !socket.mayRead) return false;
      const bytes = reader.receive(socket.fd);
      if (bytes === NO_ROOM_FOR_MESSAGE) {
        // The socket is watched for as long as there is something to read: without a pause it would be tried all the time.
        socket.unwatch();
        this.#watchMs = Math.min(this.#watchMs, this.#slots.nowMs + RETRY_MS);
        return true;
      }
      if (bytes === -EMSGSIZE) descriptors.drop(reader.control);
      else if (bytes >= 0) this.#pass(socket, bytes);
      else if (bytes !== -EINTR) return false;
      if (reader.control.pidfd >= 0 && (bytes >= 0 || bytes === -EMSGSIZE)) close(reader.control.pidfd);
      socket.tookOne();
      this.#hasRead = true;
    }
    if (socket.isStopping) this.#watchMs = 0;
    return true;
  }

  /** Passes a datagram on that was just read. */
  #pass(socket: DatagramSocket, bytes: number): void {
    const { table, counters, taps, reader, sender, descriptors } = this.#parts;
    const slot = this.#slots.of(socket);
    if (slot === NO_SLOT) {
      descriptors.drop(reader.control);
      return;
    }
    const end = slot * 2 + CLIENT;
    descriptors.hold(end, reader.control);
    counters[table.row[slot] + SEND_BYTES] += bytes;
    counters[table.row[slot] + SEND_OPS] += 1;
    const fds = table.pendingDescriptors[end];
    if (fds !== 0) counters[table.row[slot] + PASSED_DESCRIPTORS] += fds;
    this.#slots.activeMs[slot] = this.#slots.nowMs;
    this.#slots.isAsking[slot] = 1;
    const isConnected =
      this.#slots.isConnected[slot] === 1 || this.#slots.connect(slot, socket.listener, reader.control.pidfd);
    const message = describeDatagram(this.#message, this.#parts, slot, bytes);
    let sent = -ENOTCONN;
    if (isConnected) {
      sent = sender.send(table.fd[end ^ 1], message, end, fds);
      // A server that has come back is another socket at the same path.
      if (isGone(sent) && this.#slots.connect(slot, socket.listener, reader.control.pidfd))
        sent = sender.send(table.fd[end ^ 1], message, end, fds);
    }
    const tap = taps.ofEnd[end];
    if (tap !== undefined && bytes > 0) taps.observeMessage(tap, end, reader.memory, bytes);
    if (isTransient(sent) && this.#parts.parked.tryPark(end, message)) {
      socket.blockedEnd = end;
      socket.unwatch();
      this.#settings.events.block(end ^ 1);
      if (sent === -ETOOMANYREFS) this.#parts.descriptorWait.add(end);
    } else {
      descriptors.release(end);
      if (sent < 0 && this.#slots.isConnected[slot] === 1) this.#slots.lose(slot, sent);
    }
    reader.done(bytes);
  }

  /** Tries again to send the datagram that waits for room at the upstream. */
  #flush(end: number): void {
    const { table, parked, sender, descriptors } = this.#parts;
    const { events } = this.#settings;
    const slot = end >> 1;
    const socket = this.#sockets.get(table.listener[slot]);
    const message = parked.of(end);
    if (socket?.blockedEnd !== end || message === undefined) return;
    const fds = table.pendingDescriptors[end];
    let sent = sender.send(table.fd[end ^ 1], message, end, fds);
    if (isGone(sent) && this.#slots.connect(slot, socket.listener, NO_PIDFD))
      sent = sender.send(table.fd[end ^ 1], message, end, fds);
    if (sent === -EAGAIN) return;
    if (sent === -ETOOMANYREFS) {
      this.#parts.descriptorWait.add(end);
      return;
    }
    if (isTransient(sent)) {
      events.block(end ^ 1);
      return;
    }
    if (sent < 0 && this.#slots.isConnected[slot] === 1) this.#slots.lose(slot, sent);
    parked.drop(end);
    descriptors.release(end);
    events.unblock(end ^ 1);
    this.#unblock(socket);
  }

  #unblock(socket: DatagramSocket): void {
    socket.blockedEnd = NO_END;
    socket.settle();
    socket.watch();
  }

  /** Reads again what was not read for a while, and on what ends, or lets another thread read it. */
  #watch(nowMs: number): void {
    this.#watchMs = NEVER;
    this.#begin(nowMs);
    for (const socket of this.#sockets.values()) {
      if (socket.stopMs <= nowMs) socket.settle();
      else if (socket.blockedEnd === NO_END) {
        if (socket.isStopping) this.#readLast(socket);
        else socket.watch();
      }
      this.#watchMs = Math.min(this.#watchMs, socket.stopMs);
    }
  }
}
