import { performance } from 'node:perf_hooks';
import type { Epoll } from '../../../linux/epoll.js';
import { errorColumn, type FailureName } from '../counters.js';
import type { Acceptor } from './acceptor.js';
import type { Admission } from './admission.js';
import { AnswerWatch } from './answer-watch.js';
import { Attribution, type Sighting } from './attribution.js';
import { Buffers } from './buffers.js';
import { createForwarder } from './checked-forwarder.js';
import {
  CLIENT,
  type ConnectionKind,
  type ConnectionTable,
  MESSAGES,
  NO_FD,
  STREAM,
  UPSTREAM,
} from './connection-table.js';
import { Connector } from './connector.js';
import { DescriptorQueue } from './descriptor-queue.js';
import { DescriptorWait } from './descriptor-wait.js';
import { EndEvents } from './end-events.js';
import type { Flows } from './flows.js';
import type { Forwarder } from './forwarder.js';
import { IdleWatch } from './idle-watch.js';
import type { Listener } from './listener.js';
import type { Listeners } from './listeners.js';
import { LookBudget } from './look-budget.js';
import { MessageConnections } from './message-connections.js';
import type { RelayReport, RelayThreadData } from './messages.js';
import type { Neighbours, Newcomer } from './neighbours.js';
import { PassingClients } from './passing-clients.js';
import { PassingDescriptors } from './passing-descriptors.js';
import { Reader } from './reader.js';
import type { Remotes } from './remotes.js';
import type { RunQueue } from './run-queue.js';
import type { Taps } from './taps.js';

/** What closing a connection takes of the thread: its client pays for it. */
const CLOSE_NS = 12_000;

export const monotonicMs = () => performance.now();

/** What the connections of a relay thread share with its loop and its listeners. */
export interface ConnectionsParts {
  readonly data: RelayThreadData;
  readonly table: ConnectionTable;
  readonly counters: Float64Array;
  readonly epoll: Epoll;
  readonly runQueue: RunQueue;
  readonly remotes: Remotes;
  readonly flows: Flows;
  readonly taps: Taps;
  readonly admission: Admission;
  readonly neighbours: Neighbours | undefined;
  readonly acceptor: Acceptor;
  readonly listeners: Listeners;
  /** Epoll token of a listener. */
  token(listener: Listener): number;
  /** A descriptor is open as long as the thread runs. */
  keep(fd: number): void;
  report(report: RelayReport): void;
  /** A bug of ours happened on a connection, which it costs. */
  fault(slot: number, error: unknown): void;
}

/**
 * The connections of a relay thread, each from when it is accepted until its descriptors are closed:
 *
 *   accept ─► look at the client ─► admission ─► connector ─► established ─► forwarder ─► close
 *                                       └─ turned away          └─ failed, refused ───────┘
 */
export class Connections {
  readonly forwarder: Forwarder;
  readonly connector: Connector;
  readonly idleWatch: IdleWatch;
  readonly answerWatch: AnswerWatch;
  readonly descriptorWait: DescriptorWait;
  readonly lookBudget: LookBudget;
  /** What carries messages, if any listener has. */
  messages: MessageConnections | undefined;
  readonly #descriptors: PassingDescriptors;
  readonly #parts: ConnectionsParts;
  readonly #table: ConnectionTable;
  readonly #attribution: Attribution;
  readonly #reader: Reader;
  readonly #neighbours: Neighbours | undefined;
  /** Listeners that no thread accepts on any more, until all that has been accepted has come. */
  readonly #closedToAll = new Set<number>();
  /** There was no room for all that other threads have accepted. */
  isCrowded = false;

  constructor(parts: ConnectionsParts) {
    const { data, table, counters, epoll, runQueue, remotes, flows, taps } = parts;
    this.#parts = parts;
    this.#table = table;
    this.#attribution = new Attribution(table, flows, remotes, data, monotonicMs);
    this.#neighbours = parts.neighbours;
    this.descriptorWait = new DescriptorWait(runQueue, monotonicMs);
    const buffers = new Buffers(data);
    this.lookBudget = new LookBudget(monotonicMs);
    parts.keep(this.lookBudget.timerFd);
    this.#descriptors = new PassingDescriptors(table, new DescriptorQueue(data.receivedDescriptors), {
      counters,
      began: () => parts.report({ type: 'closing' }),
      dropped: this.#descriptorsDropped,
    });
    this.#reader = new Reader(table, buffers, this.#descriptors, new PassingClients(table), this.lookBudget, {
      again: (end) => runQueue.push(end),
      wait: (end) => this.descriptorWait.add(end),
    });
    this.forwarder = createForwarder(
      table,
      new EndEvents(table, epoll),
      counters,
      runQueue,
      buffers,
      taps,
      { close: this.#close, countError: this.#countError },
      this.#reader,
      this.#descriptors,
      monotonicMs,
    );
    this.idleWatch = new IdleWatch(table, monotonicMs, (slot) => this.#close(slot, 'idle_timeout'));
    this.answerWatch = new AnswerWatch(table, counters, monotonicMs, (slot) =>
      this.#close(slot, 'answer_timeout'),
    );
    parts.keep(this.answerWatch.timerFd);
    this.connector = new Connector(table, {
      established: this.#established,
      failed: this.#connectFailed,
      refused: this.#refused,
    });
  }

  /** Takes over an accepted connection, and an unconnected socket for its upstream end. */
  accept(client: number, upstream: number, listener: Listener): void {
    const slot = this.#table.allocate(client, upstream, listener.id, kindOf(listener));
    listener.connections++;
    try {
      const seen = this.#attribution.look(client, listener);
      const isForOther = listener.mayArrive && this.#neighbours?.passOn(client, upstream, listener, seen);
      if (isForOther) this.#passedOn(slot, listener, seen);
      else this.#enter(slot, listener, seen);
      if (listener.mayArrive) this.#parts.acceptor.noteAccepted(listener, isForOther === true);
    } catch (error) {
      this.#parts.fault(slot, error);
    }
  }

  /** Takes over what other threads have accepted, as far as there is room. */
  takeIn(): void {
    if (this.#neighbours === undefined) return;
    const { listeners } = this.#parts;
    const isKnown = (id: number) => listeners.find(id) !== undefined;
    while (this.#table.hasSlot) {
      const newcomer = this.#neighbours.next(isKnown);
      if (newcomer === undefined) {
        this.isCrowded = false;
        for (const listener of this.#closedToAll) listeners.lastArrived(listener);
        this.#closedToAll.clear();
        return;
      }
      this.#takeOver(newcomer, listeners.get(newcomer.listener));
    }
    this.isCrowded = true;
  }

  /** No thread accepts on a listener any more. */
  lastArrived(listener: number): void {
    this.#closedToAll.add(listener);
    this.takeIn();
  }

  /** How many clients have connections. */
  get clients(): number {
    return this.#attribution.clients;
  }

  /** There will be sockets whose messages have ends. */
  carryMessages(): MessageConnections {
    const { data, epoll, counters, runQueue, taps, admission, listeners, token } = this.#parts;
    this.messages ??= new MessageConnections({
      ...{ data, epoll, counters, runQueue, taps, table: this.#table, descriptors: this.#descriptors },
      ...{ admission, listeners, attribution: this.#attribution, connector: this.connector },
      ...{ close: this.#close, countError: this.#countError, token, now: monotonicMs },
    });
    return this.messages;
  }

  /** Closes a connection, if it is still open. */
  close(slot: number, error: FailureName): void {
    if (this.#table.isOpen(slot)) this.#close(slot, error);
  }

  /** Closes all connections, or those of a listener. */
  cut(listener?: number): void {
    for (let slot = 0; slot < this.#table.slots; slot++) {
      if (listener === undefined || this.#table.listener[slot] === listener) this.close(slot, 'shutdown');
    }
  }

  /** Takes over what has come from other threads, and nothing from now on. */
  closeToOthers(): void {
    this.#neighbours?.close();
    this.takeIn();
  }

  /** The last connection has been closed, and none is accepted any more. */
  end(): void {
    this.forwarder.end();
    this.answerWatch.close();
    this.lookBudget.close();
    this.messages?.parts.parked.discard();
    this.#attribution.close();
  }

  #takeOver({ client, upstream, seen, ageMs }: Newcomer, listener: Listener): void {
    const slot = this.#table.allocateReserved(client, upstream, listener.id, kindOf(listener));
    listener.connections++;
    if (listener.listening) this.#parts.acceptor.wake(listener);
    try {
      this.#enter(slot, listener, this.#attribution.adopt(seen, ageMs));
    } catch (error) {
      this.#parts.fault(slot, error);
    }
  }

  /** Another thread carries the connection. */
  #passedOn(slot: number, listener: Listener, seen: Sighting): void {
    this.#table.fd.fill(NO_FD, slot * 2, slot * 2 + 2);
    this.#table.release(slot);
    listener.connections--;
    this.#attribution.passedOn(seen);
  }

  #enter(slot: number, listener: Listener, seen: Sighting): void {
    this.#attribution.enter(slot, seen);
    if (this.#parts.admission.enter(slot, seen.client)) this.#start(slot, listener, seen.client);
    else this.#turnAway(slot, listener, seen.client);
  }

  #start(slot: number, listener: Listener, client: string): void {
    this.#table.idleTimeoutMs[slot] = listener.settings.idleTimeoutMs;
    this.#table.acceptedMs[slot] = this.idleWatch.isNeeded ? monotonicMs() : 0;
    this.connector.start(slot, listener, client, monotonicMs);
    if (!this.#table.isConnecting(slot)) return;
    // It waits for room in the upstream's backlog.
    this.#attribution.count(slot, listener);
    this.#connecting(slot).watch(slot);
  }

  /** What moves the bytes of a connection that is made to an upstream. */
  #connecting(slot: number): Pick<Forwarder, 'watch' | 'establish'> {
    return this.#table.kind[slot] === STREAM ? this.forwarder : this.carryMessages().forwarder;
  }

  #forwarderOf(slot: number): Pick<Forwarder, 'release' | 'closeEnd'> {
    return this.#table.kind[slot] === STREAM ? this.forwarder : this.carryMessages().of(slot);
  }

  /** A client has its share of the connections. */
  #turnAway(slot: number, listener: Listener, client: string): void {
    this.#parts.listeners.noteShare(listener, client, monotonicMs());
    this.#close(slot, 'client_limit');
  }

  readonly #established = (slot: number, listener: Listener): void => {
    this.#parts.listeners.noteUpstream(listener, undefined);
    this.#attribution.connected(slot, listener);
    this.#parts.taps.begin(slot, listener.id);
    this.answerWatch.add(slot, listener.settings);
    this.#connecting(slot).establish(slot);
  };

  readonly #connectFailed = (slot: number, listener: Listener, error: FailureName, errno: string): void => {
    this.#parts.listeners.noteUpstream(listener, errno);
    this.#reader.discard(slot * 2 + CLIENT);
    this.#close(slot, error);
  };

  readonly #refused = (slot: number, listener: Listener, user: number, reason: string): void => {
    this.#parts.listeners.noteRefusal(listener, user, reason, monotonicMs());
    this.#reader.discard(slot * 2 + CLIENT);
    this.#close(slot, 'EACCES');
  };

  readonly #descriptorsDropped = (end: number): void => {
    const { listeners } = this.#parts;
    listeners.noteDescriptors(listeners.get(this.#table.listener[end >> 1]));
  };

  readonly #countError = (slot: number, error: FailureName): void => {
    const { failed, row } = this.#table;
    if (failed[slot] === 1) return;
    failed[slot] = 1;
    this.#parts.counters[row[slot] + errorColumn(error)] += 1;
  };

  readonly #close = (slot: number, error?: FailureName): void => {
    const listener = this.#parts.listeners.get(this.#table.listener[slot]);
    this.#parts.runQueue.spend(CLOSE_NS);
    this.#attribution.count(slot, listener);
    if (error !== undefined) this.#countError(slot, error);
    this.connector.leave(slot);
    this.answerWatch.leave(slot);
    this.#parts.taps.end(slot);
    const forwarder = this.#forwarderOf(slot);
    forwarder.release(slot);
    // Closing removes them from the epoll set; events already fetched carry the old generation.
    for (const end of [slot * 2 + CLIENT, slot * 2 + UPSTREAM]) {
      this.#parts.runQueue.take(end);
      // A fault may have kept an earlier attempt from closing the other one.
      if (this.#table.fd[end] !== NO_FD) forwarder.closeEnd(end);
    }
    this.#parts.flows.leave(slot);
    this.#attribution.leave(slot);
    this.#parts.admission.leave(slot);
    this.#table.release(slot);
    this.#parts.acceptor.resume();
    this.#parts.listeners.closed(listener);
  };
}

function kindOf({ type }: Listener): ConnectionKind {
  return type === 'stream' ? STREAM : MESSAGES;
}
