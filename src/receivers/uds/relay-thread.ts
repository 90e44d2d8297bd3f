import { Worker } from 'node:worker_threads';
import { closeEventFd, openEventFd, signalEventFd } from '../../linux/event-fd.js';
import { allocateCounters } from './relay/counters.js';
import type { RelayCommand, RelayReport, RelayThreadData } from './relay/messages.js';

export interface RelayThreadSettings {
  /** Rows of counters, that is, series this thread can count. */
  rows: number;
  maxConnections: number;
  bufferBytes: number;
  threads: number;
}

/**
 * Threads that sit in epoll_wait. Node waits for its worker threads when the process exits, and they would
 * never notice: whichever way the exit comes, they are woken and told.
 */
const running = new Set<RelayThread>();
process.on('exit', () => {
  for (const thread of running) thread.exit();
});

/** A relay thread as the main thread holds it. */
export class RelayThread {
  readonly counters: SharedArrayBuffer;
  /** Resolves when the thread has ended; rejects when it ended by a fault of its own. */
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  readonly #wakeFd: number;
  readonly #exitFlag = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);

  /** @throws SystemCallError when the process is out of descriptors. */
  constructor(settings: RelayThreadSettings, report: (report: RelayReport) => void) {
    this.counters = allocateCounters(settings.rows);
    this.#wakeFd = openEventFd();
    const workerData: RelayThreadData = {
      wakeFd: this.#wakeFd,
      exitFlag: this.#exitFlag,
      counters: this.counters,
      maxConnections: settings.maxConnections,
      bufferBytes: settings.bufferBytes,
      threads: settings.threads,
    };
    this.#worker = new Worker(new URL('./relay/thread.js', import.meta.url), { workerData });
    this.#worker.on('message', report);
    running.add(this);
    this.ended = new Promise((resolve, reject) => {
      this.#worker.once('error', reject);
      this.#worker.once('exit', () => resolve());
    });
    // The descriptor is closed only here: its number must not pass to somebody else while the thread uses it.
    void this.ended.catch(() => {}).then(() => this.#forget());
  }

  send(command: RelayCommand): void {
    if (!running.has(this)) return;
    this.#worker.postMessage(command);
    signalEventFd(this.#wakeFd);
  }

  /** Tells the thread to close everything and end, whatever it is doing. */
  exit(): void {
    if (!running.has(this)) return;
    Atomics.store(new Int32Array(this.#exitFlag), 0, 1);
    signalEventFd(this.#wakeFd);
  }

  #forget(): void {
    running.delete(this);
    closeEventFd(this.#wakeFd);
  }
}
