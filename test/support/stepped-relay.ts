import assert from 'node:assert/strict';
import { BrokenInvariant } from '../../src/assertions.js';
import { UNATTRIBUTED_REASONS } from '../../src/identity/process-snapshot.js';
import { clearEventFd, closeEventFd, openEventFd, signalEventFd } from '../../src/linux/event-fd.js';
import { accept, close } from '../../src/linux/socket.js';
import { openSocket } from '../../src/linux/socket-type.js';
import { ListenSocket } from '../../src/linux/unix-listener.js';
import { allocateCounters, counterRow } from '../../src/receivers/uds/counters.js';
import { allocateArrivals } from '../../src/receivers/uds/relay/arrivals.js';
import { allocateClientCounts } from '../../src/receivers/uds/relay/client-counts.js';
import { allocateClientHomes, type ClientHomes } from '../../src/receivers/uds/relay/client-homes.js';
import { allocateClientWords } from '../../src/receivers/uds/relay/clients.js';
import { allocateDescriptors } from '../../src/receivers/uds/relay/connection-table.js';
import { allocateDescriptorQueue, DescriptorQueue } from '../../src/receivers/uds/relay/descriptor-queue.js';
import { allocateFlowNumbers } from '../../src/receivers/uds/relay/flow-numbers.js';
import { Listener } from '../../src/receivers/uds/relay/listener.js';
import type { RelayCommand, RelayReport } from '../../src/receivers/uds/relay/messages.js';
import { Neighbours } from '../../src/receivers/uds/relay/neighbours.js';
import { Relay } from '../../src/receivers/uds/relay/relay.js';
import { type ClientShare, NO_LIMITS } from '../../src/receivers/uds/relay/shares.js';
import type { Cleanup } from './cleanup.js';
import { MessageEnd } from './message-end.js';
import { RawListener, RawStream } from './raw-stream.js';

/** The first is for what finds no row, the next for the first flow. */
const ROWS = 4;
const FIRST_LANE_ROW = 1;

const SETTINGS = { connectTimeoutMs: 5000, idleTimeoutMs: 0, isShared: false };

type MessageType = 'seqpacket' | 'dgram';

export interface SteppedRelaySettings {
  maxConnections?: number;
  bufferBytes?: number;
  upstreamBacklog?: number;
  clientShare?: ClientShare;
  /** As many as its pool has: itself, and others that do nothing by themselves. Default 1. */
  threads?: number;
}

/**
 * A relay with one listener, in the thread of the test. A step of a script runs in one turn of its loop, and the next turn finds
 * the events of what the step did, in that order, and all of them at once.
 */
export class SteppedRelay {
  readonly reports: RelayReport[] = [];
  /** What the connections of its one flow count. */
  readonly row: Float64Array;
  readonly upstream: RawListener;
  readonly #cleanup: Cleanup;
  readonly #socket: ListenSocket;
  readonly #wakeFd = openEventFd();
  readonly #exitFlag = new SharedArrayBuffer(4);
  readonly #relay: Relay;
  #commands: RelayCommand[] = [];
  #steps: Iterator<void> = [].values();
  readonly #dropped = allocateDescriptorQueue(64);
  readonly #closing = new DescriptorQueue(this.#dropped);
  #failure: unknown;
  /** The next thread of its pool. */
  readonly #other: Neighbours | undefined;

  constructor(cleanup: Cleanup, settings: SteppedRelaySettings = {}) {
    const { maxConnections = 16, bufferBytes = 4096, upstreamBacklog, clientShare = NO_LIMITS } = settings;
    const { threads = 1 } = settings;
    const directory = cleanup.directory();
    this.#cleanup = cleanup;
    this.upstream = RawListener.listen(`${directory}/upstream`, cleanup, upstreamBacklog);
    this.#socket = ListenSocket.bind(`${directory}/relay`);
    this.#socket.listen();
    cleanup.defer(() => this.#socket.close());
    cleanup.defer(() => closeEventFd(this.#wakeFd));
    const counters = allocateCounters(ROWS);
    this.row = counterRow(counters, FIRST_LANE_ROW);
    const clientCounts = allocateClientCounts(threads);
    const neighbours =
      threads === 1
        ? undefined
        : { homes: allocateClientHomes(threads), arrivals: allocateArrivals(threads) };
    this.#relay = new Relay(
      {
        ...{ threads, clientCounts, neighbours },
        wakeFd: this.#wakeFd,
        exitFlag: this.#exitFlag,
        counters,
        descriptors: allocateDescriptors(maxConnections),
        receivedDescriptors: this.#dropped,
        unattributed: new SharedArrayBuffer(UNATTRIBUTED_REASONS.length * 8),
        procRoot: '/proc',
        cgroupMount: undefined,
        maxConnections,
        bufferBytes,
        nice: undefined,
        busyPollMs: 0,
        thread: 0,
        clientShare,
        clientWords: allocateClientWords(maxConnections),
        flowNumbers: allocateFlowNumbers(),
      },
      { report: (report) => this.reports.push(report), receive: () => this.#receive() },
    );
    if (neighbours !== undefined) {
      const other = { clientCounts, maxConnections, threads, thread: 1, wakeFd: this.#wakeFd };
      this.#other = new Neighbours(neighbours, other);
      // So whoever comes there is at home here.
      this.#other.homes.setBusy(other.thread, true);
    }
    this.command({
      type: 'listen',
      change: 0,
      listener: 0,
      fd: this.#socket.fd,
      settings: { ...SETTINGS, upstream: this.upstream.path },
    });
  }

  /** Relays messages, too: the path for clients, and the upstream's end, which asks for the senders of what it receives. */
  listenForMessages(type: MessageType = 'seqpacket', listener = 1): { path: string; upstream: MessageEnd } {
    const directory = this.#cleanup.directory();
    const path = `${directory}/relay`;
    const upstream = MessageEnd.bind(type, `${directory}/upstream`, this.#cleanup);
    upstream.askForSenders();
    const socket = ListenSocket.bind(path, type);
    socket.listen();
    this.#cleanup.defer(() => socket.close());
    const settings = { ...SETTINGS, type, upstream: `${directory}/upstream` };
    this.command({ type: 'listen', change: 0, listener, fd: socket.fd, settings });
    return { path, upstream };
  }

  /** Relays the connections of a container to the same upstream: the path for it. */
  listenFor(container: string): string {
    const socket = ListenSocket.bind(`${this.#cleanup.directory()}/relay`);
    socket.listen();
    this.#cleanup.defer(() => socket.close());
    const settings = { ...SETTINGS, upstream: this.upstream.path, container };
    this.command({ type: 'listen', change: 0, listener: 1, fd: socket.fd, settings });
    return socket.path;
  }

  /** A client that has connected to the relay. */
  connect(): RawStream {
    return RawStream.connect(this.#socket.path, this.#cleanup);
  }

  /** A client that has connected to it, whom the next thread of the pool accepts and passes on. */
  connectBeside(): RawStream {
    const client = this.connect();
    const listener = new Listener(0, this.#socket.fd, { ...SETTINGS, upstream: this.upstream.path });
    const ends = [accept(this.#socket.fd), openSocket('stream')] as const;
    assert.ok(this.#other?.passOn(...ends, listener, { client: 'user 0' }));
    return client;
  }

  /** What all threads of its pool know of their slots. */
  get homes(): ClientHomes {
    assert.ok(this.#other);
    return this.#other.homes;
  }

  /** The end that the relay has connected to the upstream. */
  accept(): RawStream {
    const server = this.upstream.tryAccept(this.#cleanup);
    assert.ok(server, 'the relay has connected');
    return server;
  }

  /** To be applied before the next step. */
  command(command: RelayCommand): void {
    this.#commands.push(command);
  }

  /** Runs the script, a step at each `yield`, and then ends the relay. May be called once. @throws what the script throws */
  run(steps: Iterator<void>): void {
    this.#steps = steps;
    signalEventFd(this.#wakeFd);
    void this.#relay.run();
    clearEventFd(this.#wakeFd);
    if (this.#failure !== undefined) throw this.#failure;
    const broken = this.reports.find((report) => report.type === 'fault' && isBroken(report.error));
    assert.equal(broken, undefined);
  }

  /**
   * The relay asks for commands at the end of each turn that it was woken in, until there are none: that is where the step
   * runs, and the next turn has its events.
   */
  #receive(): RelayCommand | undefined {
    // In the place of the closing thread.
    this.#closing.closeAll(close);
    const command = this.#commands.shift();
    if (command !== undefined) return command;
    if (this.#isDone()) Atomics.store(new Int32Array(this.#exitFlag), 0, 1);
    signalEventFd(this.#wakeFd);
    return undefined;
  }

  /** The relay's own promise would keep a failure of the script to itself. */
  #isDone(): boolean {
    try {
      return this.#steps.next().done === true;
    } catch (error) {
      this.#failure = error;
      return true;
    }
  }
}

/** Whether what was thrown, as text, is an assertion on the state of a relay. */
function isBroken(error: string): boolean {
  return error.startsWith(BrokenInvariant.name);
}
