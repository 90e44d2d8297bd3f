import { performance } from 'node:perf_hooks';
import { EPOLLIN } from '../../../linux/constants.js';
import { Epoll } from '../../../linux/epoll.js';
import { clearEventFd } from '../../../linux/event-fd.js';
import { close } from '../../../linux/socket.js';
import { CredentialsLostError } from '../../../linux/thread-credentials.js';
import type { DropReason } from '../../../processors/capture/drops.js';
import { TapState } from '../../../processors/capture/tap-state.js';
import { type ErrorType, errorColumn, FIRST_DROP } from '../counters.js';
import { Acceptor } from './acceptor.js';
import { Admission } from './admission.js';
import { Attribution } from './attribution.js';
import { Buffers } from './buffers.js';
import { Capturing } from './capturing.js';
import { createForwarder } from './checked-forwarder.js';
import { CLIENT, ConnectionTable, NO_FD, UPSTREAM } from './connection-table.js';
import { Connector } from './connector.js';
import { EndEvents } from './end-events.js';
import { Flows } from './flows.js';
import type { Forwarder } from './forwarder.js';
import { IdleWatch } from './idle-watch.js';
import { Listener } from './listener.js';
import { Listeners } from './listeners.js';
import type { RelayCommand, RelayReport, RelayThreadData } from './messages.js';
import { Peers } from './peers.js';
import { RunQueue } from './run-queue.js';
import { Taps } from './taps.js';
import { Timers } from './timers.js';

const EVENTS_A_TURN = 256;

/** Epoll tokens: ends are 0 and up, the wake-up is -1, listeners go down from -2. */
const WAKE_TOKEN = -1;
const FIRST_LISTENER_TOKEN = -2;

const monotonicMs = () => performance.now();

/**
 * One relay thread: an epoll loop over its listeners and connections that never waits for anything else.
 * Each turn: events, then what earlier turns left in the run queue, then timers.
 */
export class Relay {
  readonly #data: RelayThreadData;
  readonly #report: (report: RelayReport) => void;
  readonly #receive: () => RelayCommand | undefined;
  readonly #exitFlag: Int32Array;
  readonly #counters: Float64Array;
  readonly #epoll = new Epoll(EVENTS_A_TURN);
  readonly #table: ConnectionTable;
  readonly #runQueue: RunQueue;
  readonly #flows: Flows;
  readonly #attribution: Attribution;
  readonly #admission: Admission;
  readonly #taps: Taps;
  readonly #capturing: Capturing;
  readonly #forwarder: Forwarder;
  readonly #connector: Connector;
  readonly #acceptor: Acceptor;
  readonly #idleWatch: IdleWatch;
  readonly #timers: Timers;
  readonly #listeners: Listeners;
  #leaving = false;

  /** @throws SystemCallError when the process is out of descriptors or memory. */
  constructor(
    data: RelayThreadData,
    io: { report(report: RelayReport): void; receive(): RelayCommand | undefined },
  ) {
    this.#data = data;
    this.#report = io.report;
    this.#receive = io.receive;
    this.#exitFlag = new Int32Array(data.exitFlag);
    this.#counters = new Float64Array(data.counters);
    this.#table = new ConnectionTable(data.maxConnections, data.descriptors);
    this.#runQueue = new RunQueue(data.maxConnections * 2);
    const peers = new Peers(data.procRoot, data.cgroupMount);
    this.#flows = new Flows(this.#table, this.#counters, peers, io.report);
    this.#attribution = new Attribution(this.#table, this.#flows, peers, data.unattributed, monotonicMs);
    const tapState = new TapState(data.maxConnections, this.#countDrop);
    const failed = (listener: number, error: string) =>
      this.#report({ type: 'capture_failed', listener, error });
    this.#taps = new Taps(this.#table, tapState, this.#flows, failed);
    this.#capturing = new Capturing(this.#taps, tapState);
    this.#admission = new Admission(this.#table, data);
    this.#forwarder = createForwarder(
      this.#table,
      new EndEvents(this.#table, this.#epoll),
      this.#counters,
      this.#runQueue,
      new Buffers(data),
      this.#taps,
      { close: this.#close, countError: this.#countError },
    );
    this.#idleWatch = new IdleWatch(this.#table, monotonicMs, (slot) => this.#close(slot, 'idle_timeout'));
    this.#connector = new Connector(this.#table, {
      established: this.#established,
      failed: this.#connectFailed,
      refused: this.#refused,
    });
    this.#acceptor = this.#createAcceptor();
    this.#timers = new Timers([this.#connector, this.#acceptor, this.#idleWatch], monotonicMs);
    this.#listeners = new Listeners({
      acceptor: this.#acceptor,
      capturing: this.#capturing,
      flows: this.#flows,
      report: io.report,
    });
    this.#epoll.add(data.wakeFd, EPOLLIN, WAKE_TOKEN, 0);
  }

  #createAcceptor(): Acceptor {
    return new Acceptor(this.#epoll, {
      threads: this.#data.threads,
      token: (listener) => FIRST_LISTENER_TOKEN - listener.id,
      shortage: () => this.#admission.shortage,
      accepted: this.#accepted,
      paused: (reason) => this.#report({ type: 'accepting', paused: reason }),
      now: monotonicMs,
    });
  }

  /** Runs until told to leave, then closes what is still open. */
  run(): void {
    this.#report({ type: 'started' });
    while (!this.#isOver()) this.#turn();
    for (let slot = 0; slot < this.#table.slots; slot++) {
      if (this.#table.isOpen(slot)) this.#close(slot, 'shutdown');
    }
    this.#forwarder.end();
    this.#acceptor.closeSpare();
    this.#attribution.close();
    this.#epoll.close();
    this.#report({ type: 'left' });
  }

  #isOver(): boolean {
    if (Atomics.load(this.#exitFlag, 0) !== 0) return true;
    return this.#leaving && this.#listeners.isEmpty;
  }

  #turn(): void {
    const count = this.#epoll.wait(this.#timeoutMs());
    if (this.#idleWatch.isNeeded) this.#forwarder.nowMs = monotonicMs();
    // Only what was there at the start: an end that queues itself again waits for the next turn.
    const queued = this.#runQueue.count;
    for (let i = 0; i < count; i++) this.#dispatch(i, count);
    for (let i = 0; i < queued; i++) this.#pump(this.#runQueue.shift());
    this.#timers.run();
  }

  #dispatch(index: number, count: number): void {
    const token = this.#epoll.token(index);
    if (token >= 0) {
      // Not equal: the descriptor's slot has a new owner, and the event was its predecessor's.
      if (this.#table.generation[token >> 1] !== this.#epoll.generation(index)) return;
      try {
        this.#forwarder.handle(token, this.#epoll.events(index));
      } catch (error) {
        this.#fault(token >> 1, error);
      }
    } else if (token === WAKE_TOKEN) {
      clearEventFd(this.#data.wakeFd);
      for (let command = this.#receive(); command; command = this.#receive()) this.#apply(command);
    } else {
      const listener = this.#listeners.find(FIRST_LISTENER_TOKEN - token);
      if (listener?.listening) this.#acceptor.accept(listener, count);
    }
  }

  #pump(end: number): void {
    try {
      this.#forwarder.pump(end);
    } catch (error) {
      this.#fault(end >> 1, error);
    }
  }

  /** A bug of ours costs the connection it happened on, and no other; unless the thread acts for somebody else since. */
  #fault(slot: number, error: unknown): void {
    if (error instanceof CredentialsLostError) throw error;
    this.#report({ type: 'fault', listener: this.#table.listener[slot], error: String(error) });
    if (this.#table.isOpen(slot)) this.#close(slot, '_OTHER');
  }

  #timeoutMs(): number {
    if (this.#runQueue.count > 0) return 0;
    return this.#timers.timeoutMs;
  }

  #apply(command: RelayCommand): void {
    switch (command.type) {
      case 'listen': {
        const listener = new Listener(command.listener, command.fd, command.settings);
        this.#idleWatch.add(command.settings.idleTimeoutMs);
        this.#forwarder.nowMs = monotonicMs();
        this.#listeners.add(listener, command.capture, command.change);
        break;
      }
      case 'open_ring':
        this.#capturing.openRing(command.ring, command.memory, command.doorbell);
        break;
      case 'close_ring':
        this.#capturing.closeRing(command.ring);
        break;
      case 'capture':
        this.#listeners.capture(command.listener, command.capture, command.change);
        break;
      case 'close_flow':
        this.#flows.close(command.row);
        break;
      case 'free_rows':
        this.#flows.free(command.rows);
        break;
      case 'unlisten':
        this.#listeners.unlisten(this.#listeners.get(command.listener));
        break;
      case 'cut':
        this.#cut(command.listener);
        break;
      case 'try_credentials':
        this.#report({ type: 'credentials', obstacle: this.#connector.credentialsObstacle });
        break;
      case 'leave':
        this.#leaving = true;
        break;
      default:
        throw new Error(`unknown relay command ${JSON.stringify(command satisfies never)}`);
    }
  }

  #cut(id: number): void {
    for (let slot = 0; slot < this.#table.slots; slot++) {
      if (this.#table.isOpen(slot) && this.#table.listener[slot] === id) this.#close(slot, 'shutdown');
    }
  }

  readonly #accepted = (client: number, upstream: number, listener: Listener): void => {
    const slot = this.#table.allocate(client, upstream, listener.id);
    listener.connections++;
    const name = this.#attribution.look(slot, listener);
    if (this.#admission.enter(slot, name)) this.#start(slot, listener, name);
    else this.#turnAway(slot, listener, name);
  };

  #start(slot: number, listener: Listener, client: string): void {
    this.#table.idleTimeoutMs[slot] = listener.settings.idleTimeoutMs;
    this.#table.lastActiveMs[slot] = this.#idleWatch.isNeeded ? monotonicMs() : 0;
    this.#connector.start(slot, listener, client, monotonicMs);
    if (!this.#table.isConnecting(slot)) return;
    // It waits for room in the upstream's backlog.
    this.#attribution.count(slot, listener);
    this.#forwarder.watch(slot);
  }

  /** A client has its share of the connections. */
  #turnAway(slot: number, listener: Listener, client: string): void {
    this.#listeners.noteShare(listener, client, monotonicMs());
    this.#close(slot, 'client_limit');
  }

  readonly #established = (slot: number, listener: Listener): void => {
    this.#listeners.noteUpstream(listener, undefined);
    this.#attribution.connected(slot, listener);
    this.#taps.begin(slot, listener.id);
    this.#forwarder.establish(slot);
  };

  readonly #connectFailed = (slot: number, listener: Listener, error: ErrorType, errno: string): void => {
    this.#listeners.noteUpstream(listener, errno);
    this.#close(slot, error);
  };

  readonly #refused = (slot: number, listener: Listener, user: number, reason: string): void => {
    this.#listeners.noteRefusal(listener, user, reason, monotonicMs());
    this.#close(slot, 'EACCES');
  };

  readonly #countError = (slot: number, error: ErrorType): void => {
    const { failed, row } = this.#table;
    if (failed[slot] === 1) return;
    failed[slot] = 1;
    this.#counters[row[slot] + errorColumn(error)] += 1;
  };

  /** `row`: as in the table. */
  readonly #countDrop = (row: number, reason: DropReason): void => {
    this.#counters[row + FIRST_DROP + reason] += 1;
  };

  readonly #close = (slot: number, error?: ErrorType): void => {
    const listener = this.#listeners.get(this.#table.listener[slot]);
    this.#attribution.count(slot, listener);
    if (error !== undefined) this.#countError(slot, error);
    this.#connector.leave(slot);
    this.#taps.end(slot);
    this.#forwarder.release(slot);
    this.#closeEnd(slot * 2 + CLIENT);
    this.#closeEnd(slot * 2 + UPSTREAM);
    this.#flows.leave(slot);
    this.#attribution.leave(slot);
    this.#admission.leave(slot);
    this.#table.release(slot);
    this.#acceptor.resume();
    this.#listeners.closed(listener);
  };

  /** Closing removes it from the epoll set; events already fetched carry the old generation. */
  #closeEnd(end: number): void {
    const { fd } = this.#table;
    const closed = fd[end];
    // First: the number is the next one's at once, who must not lose it should this thread fail here.
    fd[end] = NO_FD;
    close(closed);
  }
}
