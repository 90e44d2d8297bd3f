import { performance } from 'node:perf_hooks';
import type { Worker } from 'node:worker_threads';
import { startThread, stopThread } from '../../threads/start-thread.js';
import type { EnrichCommand, EnrichReport, EnrichThreadData } from './messages.js';

/** How long to wait before a thread that has ended is started anew: longer each time, in ms. */
const RESTART_MS_MIN = 1000;
const RESTART_MS_MAX = 60_000;

/** One that has run for so long has not failed because of what it failed of before, in ms. */
const SOUND_MS = 60_000;

/** How often the thread is checked for progress, and after how many checks without any it is ended. A turn takes some ms. */
const LOOK_MS = 1000;
const LOOKS = 20;

/** Memory of its own at most: more, and it ends alone instead of the whole process. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 1024 };

export interface EnrichWorkerEvents {
  report(report: EnrichReport): void;
  /** A thread has started, which knows nothing yet. */
  started(): void;
  /** It has ended without having been told to. Another one will start. */
  failed(error: unknown, restartMs: number): void;
  /** It has ended, in any way. */
  ended(): void;
}

/** Keeps an enrich thread running. */
export class EnrichWorker {
  readonly #data: Omit<EnrichThreadData, 'progress'>;
  readonly #events: EnrichWorkerEvents;
  readonly #bell: Int32Array;
  #worker: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();
  #restart: NodeJS.Timeout | undefined;
  #restartMs = RESTART_MS_MIN;
  #isStopping = false;

  constructor(data: Omit<EnrichThreadData, 'progress'>, events: EnrichWorkerEvents) {
    this.#data = data;
    this.#events = events;
    this.#bell = new Int32Array(data.doorbell);
    this.#start();
  }

  /** Whether there is a thread at the moment. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** The command is lost while no thread runs. */
  send(command: EnrichCommand): void {
    if (this.#worker === undefined) return;
    this.#worker.postMessage(command);
    Atomics.store(this.#bell, 0, 1);
    Atomics.notify(this.#bell, 0);
  }

  /** Has the thread read what is there, and end. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restart);
    this.send({ type: 'exit' });
    await this.#ended;
  }

  #start(): void {
    const startedMs = performance.now();
    const progress = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const data: EnrichThreadData = { ...this.#data, progress };
    const worker = startThread(new URL('./thread/main.js', import.meta.url), data, {
      name: 'udscope-enrich',
      resourceLimits: RESOURCE_LIMITS,
    });
    worker.unref();
    worker.on('message', (report: EnrichReport) => this.#events.report(report));
    let error: unknown = new Error('its thread has ended by itself');
    worker.once('error', (cause) => {
      error = cause;
    });
    const watch = watchOver(worker, new Int32Array(progress), () => {
      error = new Error('its thread does not go on');
    });
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => {
        clearInterval(watch);
        this.#worker = undefined;
        this.#events.ended();
        if (!this.#isStopping) this.#startLater(error, performance.now() - startedMs);
        resolve();
      });
    });
    this.#worker = worker;
    this.#events.started();
  }

  #startLater(error: unknown, ranMs: number): void {
    if (ranMs > SOUND_MS) this.#restartMs = RESTART_MS_MIN;
    this.#events.failed(error, this.#restartMs);
    this.#restart = setTimeout(() => this.#start(), this.#restartMs).unref();
    this.#restartMs = Math.min(2 * this.#restartMs, RESTART_MS_MAX);
  }
}

/** Ends a thread that does not go on. */
function watchOver(worker: Worker, progress: Int32Array, onHang: () => void): NodeJS.Timeout {
  let seen = -1;
  let looks = 0;
  const watch = setInterval(() => {
    const now = Atomics.load(progress, 0);
    looks = now === seen ? looks + 1 : 0;
    seen = now;
    if (looks < LOOKS) return;
    clearInterval(watch);
    onHang();
    void stopThread(worker);
  }, LOOK_MS);
  return watch.unref();
}
