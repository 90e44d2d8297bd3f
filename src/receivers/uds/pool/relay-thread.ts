import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import { settlesWithin } from '../../../async/deadline.js';
import { UNATTRIBUTED_REASONS } from '../../../identity/process-snapshot.js';
import { cgroup2Mount } from '../../../linux/cgroup.js';
import { signalEventFd } from '../../../linux/event-fd.js';
import { close } from '../../../linux/socket.js';
import { startThread, stopThread } from '../../../threads/start-thread.js';
import { allocateCounters } from '../counters.js';
import { allocateClientWords } from '../relay/clients.js';
import { allocateDescriptors, NO_FD } from '../relay/connection-table.js';
import { allocateFlowNumbers } from '../relay/flow-numbers.js';
import { HOST_PROC, type RelayCommand, type RelayReport, type RelayThreadData } from '../relay/messages.js';
import { type ClientShare, NO_LIMITS } from '../relay/shares.js';
import { receivedDescriptors } from './descriptor-budget.js';
import { DescriptorCloser } from './descriptor-closer.js';

/** How long a thread that was told to end may take, in ms, before it is made to. */
const EXIT_MS = 2000;

/**
 * A relay thread allocates for connections, not for what they carry, and most of that is garbage soon. By default its young generation takes
 * 48 MiB for good once there were many connections; with this, a connection costs the same.
 */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 12 };

export interface RelayThreadSettings {
  /** Rows of counters: flows that this thread can tell apart at a time, and one more. */
  rows: number;
  maxConnections: number;
  bufferBytes: number;
  /** Nice value of each. Default: the process's. */
  nice?: number | undefined;
  /** How long each looks for what comes next before it sleeps, in ms. Default: not at all. */
  busyPollMs?: number;
  threads: number;
  /** What one client may take. Default: what all may. */
  clientShare?: ClientShare;
  /** Where proc(5) is mounted. Default: /proc. */
  procRoot?: string;
}

/** What tells a thread from others of its pool. */
type Place = Pick<RelayThreadData, 'thread' | 'wakeFd' | 'clientCounts' | 'neighbours'>;

/** For all relay threads of the process: the enrich thread reads the records of all of them. */
const flowNumbers = allocateFlowNumbers();

/** The threads that run. */
const running = new Set<RelayThread>();

/** A relay thread as the main thread holds it. */
export class RelayThread {
  readonly counters: SharedArrayBuffer;
  /** A double for each of UNATTRIBUTED_REASONS. */
  /** What stands for each client in its records. */
  readonly clientWords: SharedArrayBuffer;
  readonly unattributed = new SharedArrayBuffer(UNATTRIBUTED_REASONS.length * Float64Array.BYTES_PER_ELEMENT);
  /** Resolves when the thread has ended as it was told to; rejects when it ended in any other way. */
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  readonly #reports: MessagePort;
  readonly #report: (report: RelayReport) => void;
  readonly #wakeFd: number;
  readonly #descriptors: SharedArrayBuffer;
  readonly #closer: DescriptorCloser;
  /** It has let go of everything. */
  #hasLeft = false;
  readonly #exitFlag = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);

  /** @throws SystemCallError when the process is out of descriptors. */
  constructor(settings: RelayThreadSettings, place: Place, report: (report: RelayReport) => void) {
    this.counters = allocateCounters(settings.rows);
    this.clientWords = allocateClientWords(settings.maxConnections);
    this.#descriptors = allocateDescriptors(settings.maxConnections);
    this.#closer = new DescriptorCloser(receivedDescriptors(settings.threads));
    this.#wakeFd = place.wakeFd;
    const { procRoot = HOST_PROC, clientShare = NO_LIMITS } = settings;
    const { port1, port2 } = new MessageChannel();
    const workerData: RelayThreadData & { reports: MessagePort } = {
      reports: port2,
      exitFlag: this.#exitFlag,
      counters: this.counters,
      descriptors: this.#descriptors,
      receivedDescriptors: this.#closer.memory,
      maxConnections: settings.maxConnections,
      bufferBytes: settings.bufferBytes,
      nice: settings.nice,
      busyPollMs: settings.busyPollMs ?? 0,
      threads: settings.threads,
      ...place,
      clientShare,
      clientWords: this.clientWords,
      flowNumbers,
      unattributed: this.unattributed,
      procRoot,
      // A /proc elsewhere is another host's, whose cgroups are not mounted here.
      cgroupMount: procRoot === HOST_PROC ? cgroup2Mount() : undefined,
    };
    this.#worker = startThread(new URL('../relay/thread.js', import.meta.url), workerData, {
      name: 'udscope-relay',
      transferList: [port2],
      resourceLimits: RESOURCE_LIMITS,
      // It sits in epoll_wait, and Node would wait for it.
      leave: () => this.exit(),
    });
    this.#report = (said) => {
      if (said.type === 'left') this.#hasLeft = true;
      if (said.type === 'closing') this.#closer.start();
      report(said);
    };
    this.#reports = port1;
    port1.on('message', this.#report);
    // The thread itself keeps the process from ending.
    port1.unref();
    running.add(this);
    this.ended = new Promise((resolve, reject) => {
      const lose = (error: Error) => {
        this.#closeAll();
        reject(error);
      };
      this.#worker.once('error', (error) => {
        this.drainReports();
        lose(error);
      });
      this.#worker.once('exit', () => {
        this.drainReports();
        if (this.#hasLeft) resolve();
        else lose(new Error('a relay thread has ended by itself'));
      });
    });
    void this.ended.catch(() => {}).then(() => this.#forget());
  }

  send(command: RelayCommand): void {
    if (!running.has(this)) return;
    this.#worker.postMessage(command);
    signalEventFd(this.#wakeFd);
  }

  /**
   * Handles now what the thread has reported so far, instead of when the event loop comes to it: bytes that have been
   * seen to arrive are counted.
   */
  drainReports(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#reports);
      if (received === undefined) return;
      this.#report(received.message as RelayReport);
    }
  }

  /** Tells the thread to close everything and end, whatever it is doing. */
  exit(): void {
    if (!running.has(this)) return;
    Atomics.store(new Int32Array(this.#exitFlag), 0, 1);
    signalEventFd(this.#wakeFd);
  }

  /** As `exit`, and ends a thread that does not hear it. Resolves when it has ended. */
  async stop(): Promise<void> {
    this.exit();
    const ended = this.ended.catch(() => {});
    if (!(await settlesWithin(ended, EXIT_MS))) await stopThread(this.#worker);
    await ended;
  }

  /** It has ended before its time. Those at the ends of its connections see that they are closed, and wait no more. */
  #closeAll(): void {
    const fds = new Int32Array(this.#descriptors);
    for (let i = 0; i < fds.length; i++) {
      if (fds[i] !== NO_FD) close(fds[i]);
      fds[i] = NO_FD;
    }
  }

  #forget(): void {
    running.delete(this);
    this.#closer.end();
    this.#reports.close();
  }
}
