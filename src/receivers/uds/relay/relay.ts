import { monotonicMs as preciseMs } from '../../../linux/clock.js';
import { EPOLLIN } from '../../../linux/constants.js';
import { Epoll } from '../../../linux/epoll.js';
import { clearEventFd } from '../../../linux/event-fd.js';
import { CredentialsLostError } from '../../../linux/thread-credentials.js';
import { threadId } from '../../../linux/thread-id.js';
import type { DropReason } from '../../../processors/capture/drops.js';
import { TapState } from '../../../processors/capture/tap-state.js';
import { FIRST_DROP } from '../counters.js';
import { Acceptor, acceptsOfTurn } from './acceptor.js';
import { Admission } from './admission.js';
import { Capturing } from './capturing.js';
import { ConnectionTable } from './connection-table.js';
import { Connections, monotonicMs } from './connections.js';
import { EventWait } from './event-wait.js';
import { FlowNumbers } from './flow-numbers.js';
import { Flows } from './flows.js';
import type { Forwarder } from './forwarder.js';
import { Listener } from './listener.js';
import { Listeners } from './listeners.js';
import { FIRST_MESSAGE_END } from './message-connections.js';
import { HOST_PROC, type RelayCommand, type RelayReport, type RelayThreadData } from './messages.js';
import { Neighbours } from './neighbours.js';
import type { Newcomers } from './newcomers.js';
import { RecentProcesses } from './recent-processes.js';
import { type Remote, Remotes } from './remotes.js';
import { RunQueue } from './run-queue.js';
import { Serving } from './serving.js';
import { Taps } from './taps.js';
import { Timers } from './timers.js';

const EVENTS_AT_A_TIME = 256;

/** How often events are fetched in a turn: a quiet client's may be behind those of thousands of loud connections. */
const FETCHES_A_TURN = 16;

/** Epoll tokens: ends are 0 and up, the wake-up is -1, the timers of the answer watch and of looks -2 and -3, listeners go down from -4. */
const WAKE_TOKEN = -1;
const ANSWERS_TOKEN = -2;
const LOOKS_TOKEN = -3;
const FIRST_LISTENER_TOKEN = -4;

/**
 * One relay thread: an epoll loop over its listeners and connections that never waits for anything else.
 * Each turn: what has happened, the ends whose turn it is, whoever connects, commands, then timers.
 */
export class Relay {
  readonly #data: RelayThreadData;
  readonly #report: (report: RelayReport) => void;
  readonly #receive: () => RelayCommand | undefined;
  readonly #exitFlag: Int32Array;
  readonly #counters: Float64Array;
  readonly #epoll = new Epoll(EVENTS_AT_A_TIME);
  readonly #neighbours: Neighbours | undefined;
  readonly #table: ConnectionTable;
  readonly #runQueue: RunQueue;
  readonly #flows: Flows;
  readonly #capturing: Capturing;
  readonly #acceptor: Acceptor;
  readonly #listeners: Listeners;
  readonly #connections: Connections;
  readonly #newcomers: Newcomers | undefined;
  readonly #forwarder: Forwarder;
  readonly #timers: Timers;
  /** Descriptors that are open as long as it runs. */
  readonly #own: number[] = [];
  readonly #serving: Serving;
  readonly #eventWait: EventWait;
  /** Tokens of listeners that somebody waits at in this turn, and how many there are. */
  readonly #acceptors = new Int32Array(EVENTS_AT_A_TIME);
  #accepting = 0;
  #firstAcceptor = 0;
  #isCalled = false;
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
    const neighbours = data.neighbours && new Neighbours(data.neighbours, data);
    const taken = neighbours?.homes.slotsTaken(data.thread);
    const table = new ConnectionTable(data.maxConnections, data.descriptors, taken);
    const runQueue = new RunQueue(table.client);
    // What another /proc shows of a process is another one's.
    const recent = data.procRoot === HOST_PROC ? new RecentProcesses<Remote>(monotonicMs) : undefined;
    const remotes = new Remotes(data.procRoot, data.cgroupMount, recent);
    this.#neighbours = neighbours;
    this.#table = table;
    this.#keep(this.#epoll.fd);
    this.#keep(remotes.fd);
    const numbers = new FlowNumbers(data.flowNumbers);
    const flows = new Flows(table, counters, remotes, numbers, io.report);
    const tapState = new TapState(data.maxConnections, this.#countDrop);
    const taps = new Taps(table, tapState, flows, (listener, error) =>
      this.#report({ type: 'capture_failed', listener, error }),
    );
    const capturing = new Capturing(taps, tapState);
    const admission = new Admission(table, data, neighbours?.homes);
    const epoll = this.#epoll;
    const acceptor = this.#createAcceptor(admission, neighbours);
    const listeners = new Listeners({
      ...{ acceptor, capturing, flows, report: io.report },
      datagrams: () => this.#connections.carryMessages().datagrams,
    });
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
      neighbours,
      acceptor,
      listeners,
      token: tokenOf,
      keep: (fd) => this.#keep(fd),
      report: io.report,
      fault: (slot, error) => this.#fault(slot, error),
    });
    const { connector, idleWatch, descriptorWait, forwarder, newcomers } = this.#connections;
    this.#newcomers = newcomers;
    this.#forwarder = forwarder;
    this.#serving = new Serving({
      ...{ table, queue: runQueue, meter: tapState.meter, streams: forwarder },
      messages: () => this.#connections.carryMessages(),
      clients: () => this.#connections.clients,
      fault: (slot, error) => this.#fault(slot, error),
    });
    this.#timers = new Timers([connector, acceptor, idleWatch, descriptorWait], monotonicMs);
    this.#eventWait = new EventWait(epoll, data.busyPollMs, preciseMs);
    this.#counters = counters;
    this.#runQueue = runQueue;
    this.#flows = flows;
    this.#capturing = capturing;
    this.#acceptor = acceptor;
    this.#listeners = listeners;
    epoll.add(data.wakeFd, EPOLLIN, WAKE_TOKEN, 0);
    const { answerWatch, lookBudget } = this.#connections;
    epoll.add(answerWatch.timerFd, EPOLLIN, ANSWERS_TOKEN, 0);
    epoll.add(lookBudget.timerFd, EPOLLIN, LOOKS_TOKEN, 0);
  }

  #createAcceptor(admission: Admission, neighbours: Neighbours | undefined): Acceptor {
    return new Acceptor(this.#epoll, {
      token: tokenOf,
      keep: (fd) => this.#table.keep(fd),
      letGo: (fd) => this.#table.letGo(fd),
      shortage: () => admission.shortage,
      accepted: (client, upstream, listener) => this.#connections.accept(client, upstream, listener),
      full: () => neighbours?.askToAccept(),
      paused: (reason) => this.#report({ type: 'accepting', paused: reason }),
      now: monotonicMs,
    });
  }

  /** A descriptor is open as long as this thread runs. The main thread closes it should it fail. */
  #keep(fd: number): void {
    if (fd < 0) return;
    this.#own.push(fd);
    this.#table.keep(fd);
  }

  /** Runs until told to leave, then closes what is still open. */
  run(): void {
    this.#report({ type: 'started', tid: threadId() });
    while (!this.#isOver()) this.#turn();
    this.#newcomers?.close();
    this.#connections.cut();
    for (const fd of this.#own) this.#table.letGo(fd);
    this.#connections.end();
    this.#acceptor.closeSpares();
    this.#epoll.close();
    this.#report({ type: 'left' });
  }

  #isOver(): boolean {
    if (Atomics.load(this.#exitFlag, 0) !== 0) return true;
    return this.#leaving && this.#listeners.isEmpty;
  }

  #turn(): void {
    const count = this.#eventWait.wait(this.#timeoutMs());
    this.#capturing.clock.waited();
    if (this.#connections.idleWatch.isNeeded) this.#lookAtClock();
    if (count > 0 && this.#connections.answerWatch.isDozing) this.#connections.answerWatch.wake();
    const fetchesMax = this.#serving.begin(count) ? 1 : FETCHES_A_TURN;
    this.#note(count);
    for (let fetches = 1, more = count; more === EVENTS_AT_A_TIME && fetches < fetchesMax; fetches++) {
      more = this.#epoll.wait(0);
      this.#note(more);
    }
    const served = this.#serving.run();
    if (this.#accepting > 0) this.#acceptAll(served);
    if (this.#isCalled) this.#obey();
    if (this.#newcomers?.mayTakeIn) this.#newcomers.takeIn(acceptsOfTurn(served));
    this.#timers.run();
  }

  /** Behind those who have connected, whom a command may concern. */
  #obey(): void {
    this.#isCalled = false;
    clearEventFd(this.#data.wakeFd);
    for (let command = this.#receive(); command; command = this.#receive()) this.#apply(command);
    this.#newcomers?.look();
    if (this.#neighbours?.homes.takeAsked()) this.#acceptor.lookAgain();
  }

  /** Takes down what has happened. A listener that somebody waits at is told of again with every fetch. */
  #note(count: number): void {
    this.#accepting = 0;
    for (let i = 0; i < count; i++) this.#noteEvent(this.#epoll.token(i), i);
  }

  #noteEvent(token: number, index: number): void {
    if (token >= 0) {
      const end = token >= FIRST_MESSAGE_END ? token - FIRST_MESSAGE_END : token;
      // Not equal: the descriptor's slot has a new owner, and the event was its predecessor's.
      if (this.#table.generation[end >> 1] !== this.#epoll.generation(index)) return;
      this.#serving.add(end, this.#epoll.events(index));
    } else if (token === WAKE_TOKEN) this.#isCalled = true;
    else if (token === ANSWERS_TOKEN) {
      this.#connections.answerWatch.look();
    } else if (token === LOOKS_TOKEN) {
      this.#connections.lookBudget.refill();
    } else if (this.#accepting < EVENTS_AT_A_TIME) this.#acceptors[this.#accepting++] = token;
  }

  /** Another listener is the first each time: there may be no time for all. */
  #acceptAll(served: number): void {
    this.#connections.messages?.datagrams.begin();
    this.#firstAcceptor++;
    for (let i = 0; i < this.#accepting; i++)
      this.#accept(this.#acceptors[(this.#firstAcceptor + i) % this.#accepting], served);
  }

  #accept(token: number, served: number): void {
    const listener = this.#listeners.find(FIRST_LISTENER_TOKEN - token);
    if (!listener?.listening) return;
    if (listener.type === 'dgram') this.#connections.messages?.datagrams.receive(listener);
    else this.#acceptor.accept(listener, served);
  }

  #lookAtClock(): void {
    const nowMs = monotonicMs();
    this.#forwarder.nowMs = nowMs;
    const { messages } = this.#connections;
    if (messages !== undefined) messages.forwarder.nowMs = nowMs;
  }

  /** A bug of ours costs the connection it happened on and no other, unless the thread still acts as a client. */
  #fault(slot: number, error: unknown): void {
    if (error instanceof CredentialsLostError) throw error;
    this.#report({ type: 'fault', listener: this.#table.listener[slot], error: String(error) });
    this.#connections.close(slot, '_OTHER');
  }

  /** The first listener has come whose messages have ends. */
  #carryMessages(): void {
    if (this.#connections.messages !== undefined) return;
    const { descriptorWait, datagrams } = this.#connections.carryMessages();
    this.#timers.add(descriptorWait);
    this.#timers.add(datagrams);
  }

  #timeoutMs(): number {
    if (this.#runQueue.count > 0 || this.#newcomers?.mayTakeIn) return 0;
    return this.#timers.timeoutMs;
  }

  #apply(command: RelayCommand): void {
    switch (command.type) {
      case 'listen': {
        const { home } = command;
        const listener = new Listener(command.listener, command.fd, command.settings);
        listener.hasHome = home !== undefined || this.#data.threads === 1;
        listener.isHere = home === undefined || home === this.#data.thread;
        listener.mayArrive = home === undefined && this.#data.neighbours !== undefined;
        this.#connections.idleWatch.add(command.settings.idleTimeoutMs);
        if (listener.type !== 'stream') this.#carryMessages();
        this.#lookAtClock();
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
        this.#listeners.unlisten(this.#listeners.get(command.listener), command.isLast);
        break;
      case 'last_arrived':
        this.#newcomers?.lastArrived(command.listener);
        break;
      case 'home':
        this.#listeners.setHome(command.listener, command.isHere);
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

function tokenOf(listener: Listener): number {
  return FIRST_LISTENER_TOKEN - listener.id;
}
