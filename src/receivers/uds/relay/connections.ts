import { performance } from 'node:perf_hooks';
import type { Epoll } from '../../../linux/epoll.js';
import { errorColumn, type FailureName } from '../counters.js';
import type { Acceptor } from './acceptor.js';
import type { Admission } from './admission.js';
import { Attribution } from './attribution.js';
import { Buffers } from './buffers.js';
import { createForwarder } from './checked-forwarder.js';
import { CLIENT, type ConnectionTable, UPSTREAM } from './connection-table.js';
import { Connector } from './connector.js';
import { DescriptorQueue } from './descriptor-queue.js';
import { DescriptorWait } from './descriptor-wait.js';
import { EndEvents } from './end-events.js';
import type { Flows } from './flows.js';
import type { Forwarder } from './forwarder.js';
import { IdleWatch } from './idle-watch.js';
import type { Listener } from './listener.js';
import type { Listeners } from './listeners.js';
import type { RelayReport, RelayThreadData } from './messages.js';
import { Reader } from './reader.js';
import type { Remotes } from './remotes.js';
import type { RunQueue } from './run-queue.js';
import type { Taps } from './taps.js';

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
  readonly acceptor: Acceptor;
  readonly listeners: Listeners;
  report(report: RelayReport): void;
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
  readonly descriptorWait: DescriptorWait;
  readonly #parts: ConnectionsParts;
  readonly #table: ConnectionTable;
  readonly #attribution: Attribution;
  readonly #reader: Reader;

  constructor(parts: ConnectionsParts) {
    const { data, table, counters, epoll, runQueue, remotes, flows, taps } = parts;
    this.#parts = parts;
    this.#table = table;
    this.#attribution = new Attribution(table, flows, remotes, data, monotonicMs);
    this.descriptorWait = new DescriptorWait(runQueue, monotonicMs);
    const buffers = new Buffers(data);
    this.#reader = new Reader(table, buffers, {
      queue: new DescriptorQueue(data.droppedDescriptors),
      counters,
      began: () => parts.report({ type: 'closing' }),
      wait: (end) => this.descriptorWait.add(end),
      dropped: this.#descriptorsDropped,
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
    );
    this.idleWatch = new IdleWatch(table, monotonicMs, (slot) => this.#close(slot, 'idle_timeout'));
    this.connector = new Connector(table, {
      established: this.#established,
      failed: this.#connectFailed,
      refused: this.#refused,
    });
  }

  /** Takes over an accepted connection, and an unconnected socket for its upstream end. */
  accept(client: number, upstream: number, listener: Listener): void {
    const slot = this.#table.allocate(client, upstream, listener.id);
    listener.connections++;
    const name = this.#attribution.look(slot, listener);
    if (this.#parts.admission.enter(slot, name)) this.#start(slot, listener, name);
    else this.#turnAway(slot, listener, name);
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

  /** The last connection has been closed, and none is accepted any more. */
  end(): void {
    this.forwarder.end();
    this.#attribution.close();
  }

  #start(slot: number, listener: Listener, client: string): void {
    this.#table.idleTimeoutMs[slot] = listener.settings.idleTimeoutMs;
    this.#table.lastActiveMs[slot] = this.idleWatch.isNeeded ? monotonicMs() : 0;
    this.connector.start(slot, listener, client, monotonicMs);
    if (!this.#table.isConnecting(slot)) return;
    // It waits for room in the upstream's backlog.
    this.#attribution.count(slot, listener);
    this.forwarder.watch(slot);
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
    this.forwarder.establish(slot);
  };

  readonly #connectFailed = (slot: number, listener: Listener, error: FailureName, errno: string): void => {
    this.#parts.listeners.noteUpstream(listener, errno);
    this.#close(slot, error);
  };

  readonly #refused = (slot: number, listener: Listener, user: number, reason: string): void => {
    this.#parts.listeners.noteRefusal(listener, user, reason, monotonicMs());
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
    this.#attribution.count(slot, listener);
    if (error !== undefined) this.#countError(slot, error);
    this.connector.leave(slot);
    this.#parts.taps.end(slot);
    this.forwarder.release(slot);
    // Closing removes them from the epoll set; events already fetched carry the old generation.
    this.#reader.close(slot * 2 + CLIENT);
    this.#reader.close(slot * 2 + UPSTREAM);
    this.#parts.flows.leave(slot);
    this.#attribution.leave(slot);
    this.#parts.admission.leave(slot);
    this.#table.release(slot);
    this.#parts.acceptor.resume();
    this.#parts.listeners.closed(listener);
  };
}
