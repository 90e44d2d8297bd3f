import { EACCES, errnoName } from '../../../linux/errno.js';
import { hasWaiting, type PeerCredentials } from '../../../linux/socket.js';
import { openSocket } from '../../../linux/socket-type.js';
import { errorColumn, type FailureName, ROW_WIDTH } from '../counters.js';
import type { Admission } from './admission.js';
import type { Attribution, Sender } from './attribution.js';
import { CLIENT, DATAGRAMS, NO_FD, UPSTREAM } from './connection-table.js';
import { Connector } from './connector.js';
import { NO_SLOT } from './datagram-senders.js';
import type { DatagramSocket } from './datagram-socket.js';
import type { EndEvents } from './end-events.js';
import { SPILL_ROW } from './flows.js';
import type { Listener } from './listener.js';
import type { Listeners } from './listeners.js';
import type { MessageParts } from './message-forwarder.js';
import { PATH_OFFSET, SenderNames } from './sender-names.js';

/** Of so many slots that have been silent for the longest time one is chosen that gives its place. */
const CANDIDATES = 16;

/** Senders of a thread that are relayed beyond all limits at a time. */
const GUESTS_MAX = 4;

export interface DatagramSlotsSettings {
  readonly parts: MessageParts;
  readonly events: EndEvents;
  readonly admission: Admission;
  readonly attribution: Attribution;
  readonly connector: Connector;
  readonly listeners: Listeners;
}

/** The slots of senders of datagrams: who they are, where answers to them go, and their sockets towards the upstream. */
export class DatagramSlots {
  readonly #settings: DatagramSlotsSettings;
  readonly #parts: MessageParts;
  readonly names: SenderNames;
  /** By slot: 1 if its socket is connected. */
  readonly isConnected: Uint8Array;
  /** By slot: 1 if an answer to its last datagram may come. */
  readonly isAsking: Uint8Array;
  /** By slot: when it was last used, monotonic ms. */
  readonly activeMs: Float64Array;
  readonly #senders: (PeerCredentials | undefined)[];
  readonly #clients: (string | undefined)[];
  /** The slots that are there beyond all limits, for the last senders that could have none within them. */
  readonly #guests = new Set<number>();
  readonly #sender = { pid: 0, uid: 0, gid: 0 };
  /** Monotonic ms of this turn. */
  nowMs = 0;

  constructor(settings: DatagramSlotsSettings) {
    const { slots } = settings.parts.table;
    this.#settings = settings;
    this.#parts = settings.parts;
    this.names = new SenderNames(settings.parts.table);
    this.isConnected = new Uint8Array(slots);
    this.isAsking = new Uint8Array(slots);
    this.activeMs = new Float64Array(slots);
    this.#senders = new Array(slots).fill(undefined);
    this.#clients = new Array(slots).fill(undefined);
  }

  /** Whether a slot is a sender's. */
  isOpen(slot: number): boolean {
    return this.#clients[slot] !== undefined;
  }

  /** A slot is closed. */
  forget(slot: number): void {
    this.#senders[slot] = undefined;
    this.#clients[slot] = undefined;
    this.#guests.delete(slot);
    this.names.forget(slot);
  }

  /** The slot of the sender of the datagram that was just read; NO_SLOT if there can be none. */
  of(socket: DatagramSocket): number {
    const { reader } = this.#parts;
    const { control } = reader;
    const who = this.#sender;
    who.pid = control.pid;
    who.uid = control.uid;
    who.gid = control.gid;
    const name = reader.name.bytes;
    const found = socket.senders.find(name, reader.nameBytes, who, this.nowMs);
    if (found === NO_SLOT) return this.#look(socket);
    if (this.names.isStale(found)) this.#takeName(found, who.pid, socket);
    return found;
  }

  /** Looks at a sender. It may be one that is known. */
  #look(socket: DatagramSocket): number {
    const { reader } = this.#parts;
    const { senders, listener } = socket;
    const who = { ...this.#sender };
    const found = this.#settings.attribution.lookSender(listener, who, reader.control.pidfd);
    const name = reader.name.bytes;
    const { nameBytes } = reader;
    const hasName = nameBytes > PATH_OFFSET;
    const identity = `${found.remote?.number ?? found.client} ${who.uid} ${who.gid}`;
    let slot = hasName ? senders.at(name, nameBytes) : senders.of(identity);
    if (hasName && slot !== NO_SLOT && !this.#isSame(slot, who, found)) {
      // Somebody else has the address.
      this.#parts.close(slot);
      slot = NO_SLOT;
    }
    if (slot === NO_SLOT) slot = this.#open(socket, found);
    if (slot === NO_SLOT) return NO_SLOT;
    // Another process may have bound another socket to the path, or the same one.
    const isKnown = this.names.bytes(slot) > 0 && this.#senders[slot]?.pid === who.pid;
    if (hasName && (!isKnown || this.names.isStale(slot))) this.#takeName(slot, who.pid, socket);
    this.#senders[slot] = who;
    if (hasName) senders.seenAt(name, nameBytes, slot, who, this.nowMs);
    else senders.seen(identity, slot, who, this.nowMs);
    return slot;
  }

  /**
   * The same process may be counted for another client now: it was not known before, or has changed its cgroup. Another one has the
   * same socket, or has bound another one to a path of that name.
   */
  #isSame(slot: number, { pid, uid, gid }: PeerCredentials, { client }: Sender): boolean {
    const before = this.#senders[slot];
    if (before?.uid !== uid || before.gid !== gid) return false;
    if (before.pid === pid) return true;
    const { reader } = this.#parts;
    return (
      this.#clients[slot] === client && (this.names.isStale(slot) || this.names.isSame(slot, pid, reader))
    );
  }

  /** Opens a slot for a sender; NO_SLOT if there is no room for it. */
  #open({ listener }: DatagramSocket, found: Sender): number {
    const { admission, attribution, events } = this.#settings;
    const { table, taps } = this.#parts;
    const isShort = admission.shortage !== undefined && !this.#evict(found.client);
    if (table.isFull && !this.#dismissGuest()) return this.#refuse('EMFILE');
    const upstream = openSocket('dgram');
    if (upstream < 0) return this.#refuse('EMFILE');
    const slot = table.allocate(NO_FD, upstream, listener.id, DATAGRAMS);
    listener.connections++;
    table.idleTimeoutMs[slot] = 0;
    this.isConnected[slot] = 0;
    this.activeMs[slot] = this.nowMs;
    attribution.enter(slot, found);
    if ((isShort || !this.#admit(slot, found.client)) && !this.#seatGuest(slot)) {
      this.#settings.listeners.noteShare(listener, found.client, this.nowMs);
      this.#parts.close(slot, 'client_limit');
      return NO_SLOT;
    }
    this.#clients[slot] = found.client;
    table.establish(slot);
    attribution.connected(slot, listener);
    taps.begin(slot, listener.id);
    if (events.flow(slot * 2 + UPSTREAM) >= 0) return slot;
    this.#parts.close(slot, '_OTHER');
    return NO_SLOT;
  }

  /**
   * A sender for which there is no room, and whose client has no other sender that gives its place: others may have all. What it says
   * is delivered all the same. The next ones like it take its place, so that it may be left without an answer. False if what all guests have
   * said still waits for their upstreams.
   */
  #seatGuest(slot: number): boolean {
    if (this.#guests.size >= GUESTS_MAX && !this.#dismissGuest()) return false;
    this.#guests.add(slot);
    return true;
  }

  /** The one that has been there for the longest time. Whether there was one that could go. */
  #dismissGuest(): boolean {
    for (const slot of this.#guests) {
      if (this.#parts.parked.of(slot * 2 + CLIENT) !== undefined) continue;
      this.#parts.close(slot);
      return true;
    }
    return false;
  }

  /** A sender over its client's share takes the place of another one of the client. */
  #admit(slot: number, client: string): boolean {
    const { admission } = this.#settings;
    return admission.enter(slot, client) || (this.#evict(client) && admission.enter(slot, client));
  }

  /** Of those that have been silent for long: one that is gone, or at least none that answers wait for, which would be lost. */
  #evict(client: string): boolean {
    const silent = this.#silentFor(client);
    const evicted =
      silent.find((slot) => this.names.bytes(slot) === 0 || !this.names.isThere(slot)) ??
      silent.find((slot) => !this.#hasAnswers(slot)) ??
      silent[0];
    if (evicted === undefined) return false;
    this.#parts.close(evicted);
    return true;
  }

  /** The slots of a client that have been silent for the longest time, and from which nothing waits for the upstream. */
  #silentFor(client: string): number[] {
    const { table, parked } = this.#parts;
    const silent: number[] = [];
    for (let slot = 0; slot < table.slots; slot++) {
      const isOwn = this.#clients[slot] === client && !this.#guests.has(slot);
      if (!isOwn || parked.of(slot * 2 + CLIENT) !== undefined) continue;
      let at = silent.length;
      while (at > 0 && this.activeMs[slot] < this.activeMs[silent[at - 1]]) at--;
      if (at === CANDIDATES) continue;
      silent.splice(at, 0, slot);
      if (silent.length > CANDIDATES) silent.pop();
    }
    return silent;
  }

  #hasAnswers(slot: number): boolean {
    const end = slot * 2 + UPSTREAM;
    return this.#parts.parked.of(end) !== undefined || hasWaiting(this.#parts.table.fd[end]);
  }

  /** A datagram is lost for which there is not even a row. */
  #refuse(error: FailureName): typeof NO_SLOT {
    this.#parts.counters[SPILL_ROW * ROW_WIDTH + errorColumn(error)] += 1;
    return NO_SLOT;
  }

  #takeName(slot: number, pid: number, { listener }: DatagramSocket): void {
    this.names.take(slot, pid, this.#parts.reader, listener.settings.replies);
  }

  /** Connects a sender's socket to the upstream. If that fails, its datagram is lost, which is counted. */
  connect(slot: number, listener: Listener, pidfd: number): boolean {
    const { connector, listeners } = this.#settings;
    const who = this.#senders[slot] ?? this.#sender;
    const result = connector.connectSender(slot, listener, who, pidfd);
    this.isConnected[slot] = result === 0 ? 1 : 0;
    if (result === 0) {
      listeners.noteUpstream(listener, undefined);
      return true;
    }
    if (result === -EACCES && listener.settings.credentials === 'client')
      listeners.noteRefusal(listener, connector.refusedUser, connector.refusal, this.nowMs);
    else listeners.noteUpstream(listener, errnoName(-result));
    this.lose(slot, result);
    return false;
  }

  /** A datagram of a sender is lost. Each counts, unlike the errors of connections. */
  lose(slot: number, result: number): void {
    this.countLoss(slot, Connector.failureOf(-result));
  }

  countLoss(slot: number, error: FailureName): void {
    const { counters, table } = this.#parts;
    counters[table.row[slot] + errorColumn(error)] += 1;
  }
}
