import { EPOLLIN } from '../../../linux/constants.js';
import { Epoll } from '../../../linux/epoll.js';
import { clearEventFd } from '../../../linux/event-fd.js';
import { CredentialsLostError } from '../../../linux/thread-credentials.js';
import type { DropReason } from '../../../processors/capture/drops.js';
import { TapState } from '../../../processors/capture/tap-state.js';
import { FIRST_DROP } from '../counters.js';
import { Acceptor } from './acceptor.js';
import { Admission } from './admission.js';
import { Capturing } from './capturing.js';
import { ConnectionTable } from './connection-table.js';
import { Connections, monotonicMs } from './connections.js';
import { FlowNumbers } from './flow-numbers.js';
import { Flows } from './flows.js';
import type { Forwarder } from './forwarder.js';
import { Listener } from './listener.js';
import { Listeners } from './listeners.js';
import type { RelayCommand, RelayReport, RelayThreadData } from './messages.js';
import { Remotes } from './remotes.js';
import { RunQueue } from './run-queue.js';
import { Taps } from './taps.js';
import { Timers } from './timers.js';

const EVENTS_A_TURN = 256;

/** Epoll tokens: ends are 0 and up, the wake-up is -1, listeners go down from -2. */
const WAKE_TOKEN = -1;
const FIRST_LISTENER_TOKEN = -2;

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
  readonly #capturing: Capturing;
  readonly #acceptor: Acceptor;
  readonly #listeners: Listeners;
  readonly #connections: Connections;
  readonly #forwarder: Forwarder;
  readonly #timers: Timers;
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
    const counters = new Float64Array(data.counters);
    const table = new ConnectionTable(data.maxConnections, data.descriptors);
    const runQueue = new RunQueue(data.maxConnections * 2);
    const remotes = new Remotes(data.procRoot, data.cgroupMount);
    const numbers = new FlowNumbers(data.flowNumbers);
    const flows = new Flows(table, counters, remotes, numbers, io.report);
    const tapState = new TapState(data.maxConnections, this.#countDrop);
    const taps = new Taps(table, tapState, flows, (listener, error) =>
      this.#report({ type: 'capture_failed', listener, error }),
    );
    const capturing = new Capturing(taps, tapState);
    const admission = new Admission(table, data);
    const epoll = this.#epoll;
    const acceptor = this.#createAcceptor(admission);
    const listeners = new Listeners({ acceptor, capturing, flows, report: io.report });
    this.#connections = new Connections({
      data,
      table,
      counters,
      epoll,
      runQueue,
      remotes,
      flows,
      taps,
      admission,
      acceptor,
      listeners,
      report: io.report,
    });
    const { connector, idleWatch, descriptorWait, forwarder } = this.#connections;
    this.#forwarder = forwarder;
    this.#timers = new Timers([connector, acceptor, idleWatch, descriptorWait], monotonicMs);
    this.#counters = counters;
    this.#table = table;
    this.#runQueue = runQueue;
    this.#flows = flows;
    this.#capturing = capturing;
    this.#acceptor = acceptor;
    this.#listeners = listeners;
    epoll.add(data.wakeFd, EPOLLIN, WAKE_TOKEN, 0);
  }

  #createAcceptor(admission: Admission): Acceptor {
    return new Acceptor(this.#epoll, {
      threads: this.#data.threads,
      token: (listener) => FIRST_LISTENER_TOKEN - listener.id,
      shortage: () => admission.shortage,
      accepted: (client, upstream, listener) => this.#connections.accept(client, upstream, listener),
      paused: (reason) => this.#report({ type: 'accepting', paused: reason }),
      now: monotonicMs,
    });
  }

  /** Runs until told to leave, then closes what is still open. */
  run(): void {
    this.#report({ type: 'started' });
    while (!this.#isOver()) this.#turn();
    this.#connections.cut();
    this.#connections.end();
    this.#acceptor.closeSpare();
    this.#epoll.close();
    this.#report({ type: 'left' });
  }

  #isOver(): boolean {
    if (Atomics.load(this.#exitFlag, 0) !== 0) return true;
    return this.#leaving && this.#listeners.isEmpty;
  }

  #turn(): void {
    const count = this.#epoll.wait(this.#timeoutMs());
    if (this.#connections.idleWatch.isNeeded) this.#forwarder.nowMs = monotonicMs();
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

  /** A bug of ours costs the connection it happened on and no other, unless the thread still acts as a client. */
  #fault(slot: number, error: unknown): void {
    if (error instanceof CredentialsLostError) throw error;
    this.#report({ type: 'fault', listener: this.#table.listener[slot], error: String(error) });
    this.#connections.close(slot, '_OTHER');
  }

  #timeoutMs(): number {
    if (this.#runQueue.count > 0) return 0;
    return this.#timers.timeoutMs;
  }

  #apply(command: RelayCommand): void {
    switch (command.type) {
      case 'listen': {
        const listener = new Listener(command.listener, command.fd, command.settings);
        this.#connections.idleWatch.add(command.settings.idleTimeoutMs);
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
        this.#connections.cut(command.listener);
        break;
      case 'try_credentials':
        this.#report({ type: 'credentials', obstacle: this.#connections.connector.credentialsObstacle });
        break;
      case 'leave':
        this.#leaving = true;
        break;
      default:
        throw new Error(`unknown relay command ${JSON.stringify(command satisfies never)}`);
    }
  }

  /** `row`: as in the table. */
  readonly #countDrop = (row: number, reason: DropReason): void => {
    this.#counters[row + FIRST_DROP + reason] += 1;
  };
}
