import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import { settlesWithin } from '../../../async/deadline.js';
import { startThread, stopThread } from '../../../threads/start-thread.js';
import { LOAD_MS } from '../strategies/load-module.js';
import { shown } from '../strategies/module-strategy.js';
import type { CaptureSettings } from '../strategies/settings.js';
import { MODULE_LIMITS } from '../strategies/try-module.js';
import {
  ASKED,
  EXIT,
  PROGRESS,
  type RingPair,
  STATUS_WORDS,
  type StrategyCommand,
  type StrategyReport,
  type StrategyThreadData,
} from './messages.js';

/** How often it is looked whether the thread goes on, and how often in vain before it is ended, in ms. */
const LOOK_MS = 250;
const LOOKS = 8;

/** A module is loaded while the thread starts, which takes a while by itself. */
const LOADING_LOOKS = (LOAD_MS + 5000) / LOOK_MS;

/** How long what is left in the rings may take to be passed on, and the thread to leave, in ms. */
const FLUSH_MS = 1000;

export interface StrategyThreadSettings {
  readonly capture: CaptureSettings;
  /** Connections that a relay thread can have, and bytes of an operation at most, as a rule. */
  readonly connections: number;
  readonly operationBytes: number;
  /** What the readers of kept rings sleep on. */
  readonly readersDoorbell: SharedArrayBuffer;
}

export interface StrategyThreadEvents {
  /** Rings to read and to write from now on; the kept ones are empty, since what wrote to others may have ended midway. */
  rings(): readonly RingPair[];
  /** Nothing of a listener is passed on any more. */
  failed(listener: number, error: string): void;
  strayed(error: string): void;
  /** What the module prints. */
  printed(text: string): void;
}

/**
 * The thread of a strategy's module as the main thread holds it. It stands between relay threads, which capture everything
 * and never wait, and the readers of what is kept: a module can only harm its own capture.
 *
 * A thread that ends, or does not go on, costs the listener its capture that the module was asked about. It is started anew
 * for the others.
 */
export class StrategyThread {
  readonly doorbell = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  readonly #settings: StrategyThreadSettings;
  readonly #events: StrategyThreadEvents;
  /** The listeners that it decides about, with what to call at the first decision. */
  readonly #listeners = new Map<number, (() => void) | undefined>();
  readonly #flushes = new Map<number, () => void>();
  #nextFlush = 0;
  #worker!: Worker;
  #port!: MessagePort;
  #status!: Int32Array;
  #ended!: Promise<void>;
  #isRunning = false;
  #isReady = false;
  #isClosed = false;
  #watch!: NodeJS.Timeout;

  constructor(settings: StrategyThreadSettings, events: StrategyThreadEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#start();
  }

  /** Decides about a listener from now on. Resolves when it does, or never will. */
  add(listener: number): Promise<void> {
    return new Promise((resolve) => {
      this.#listeners.set(listener, resolve);
      this.#send({ type: 'add', listener });
    });
  }

  remove(listener: number): void {
    this.#settle(listener);
    this.#listeners.delete(listener);
    this.#send({ type: 'remove', listener });
  }

  /** Resolves when all is passed on that was captured until now, or never will be. */
  async flush(): Promise<void> {
    if (!this.#isRunning) return;
    const flush = this.#nextFlush++;
    const flushed = new Promise<void>((resolve) => this.#flushes.set(flush, resolve));
    this.#send({ type: 'flush', flush });
    await flushed;
  }

  /** Has it pass on what there is, and end. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    // From here on it is not started anew.
    this.#isClosed = true;
    await settlesWithin(this.flush(), FLUSH_MS);
    this.#leave();
    if (!(await settlesWithin(this.#ended, FLUSH_MS))) await stopThread(this.#worker);
    await this.#ended;
  }

  #start(): void {
    const { port1, port2 } = new MessageChannel();
    const status = new SharedArrayBuffer(STATUS_WORDS * Int32Array.BYTES_PER_ELEMENT);
    const { doorbell } = this;
    const data: StrategyThreadData = {
      ...this.#settings,
      port: port2,
      status,
      doorbell,
      rings: this.#events.rings(),
    };
    this.#status = new Int32Array(status);
    this.#isReady = false;
    this.#isRunning = true;
    this.#port = port1.on('message', (report: StrategyReport) => this.#hear(report));
    port1.unref();
    this.#worker = startThread(new URL('./thread.js', import.meta.url), data, {
      name: 'udscope-module',
      transferList: [port2],
      resourceLimits: MODULE_LIMITS,
      leave: () => this.#leave(),
      output: (text) => this.#events.printed(text),
    });
    this.#worker.unref();
    this.#ended = this.#watchOver(this.#worker);
    for (const listener of this.#listeners.keys()) this.#send({ type: 'add', listener });
  }

  /** Ends a thread that does not go on. Resolves when it has ended, and what follows from that has been done. */
  #watchOver(worker: Worker): Promise<void> {
    let problem: string | undefined;
    let seen = -1;
    let looks = 0;
    this.#watch = setInterval(() => {
      const progress = Atomics.load(this.#status, PROGRESS);
      looks = progress === seen ? looks + 1 : 0;
      seen = progress;
      if (looks < (this.#isReady ? LOOKS : LOADING_LOOKS)) return;
      problem ??= `does not come to an end within ${(looks * LOOK_MS) / 1000} s`;
      void stopThread(worker);
    }, LOOK_MS).unref();
    return new Promise((resolve) => {
      worker.once('error', (error) => {
        problem ??= `its thread has ended: ${shown(error)}`;
      });
      worker.once('exit', () => {
        clearInterval(this.#watch);
        // What it has said may not have been heard yet.
        for (;;) {
          const said = receiveMessageOnPort(this.#port);
          if (said === undefined) break;
          this.#hear(said.message as StrategyReport);
        }
        this.#port.close();
        this.#hasEnded(problem ?? 'its thread has ended');
        resolve();
      });
    });
  }

  #hasEnded(problem: string): void {
    this.#isRunning = false;
    for (const flushed of this.#flushes.values()) flushed();
    this.#flushes.clear();
    if (this.#isClosed) {
      for (const listener of this.#listeners.keys()) this.#settle(listener);
      return;
    }
    const asked = Atomics.load(this.#status, ASKED) - 1;
    const blamed = this.#listeners.has(asked) ? [asked] : [...this.#listeners.keys()];
    for (const listener of blamed) this.#fail(listener, problem);
    if (this.#listeners.size > 0) this.#start();
  }

  #hear(report: StrategyReport): void {
    switch (report.type) {
      case 'ready':
        this.#isReady = true;
        this.#settle(report.listener);
        break;
      case 'failed':
        this.#isReady = true;
        this.#fail(report.listener, report.error);
        break;
      case 'not_loaded':
        for (const listener of [...this.#listeners.keys()]) this.#fail(listener, report.error);
        break;
      case 'flushed':
        this.#flushes.get(report.flush)?.();
        this.#flushes.delete(report.flush);
        break;
      case 'strayed':
        this.#events.strayed(report.error);
        break;
      default:
        throw new Error(`unknown strategy report ${JSON.stringify(report satisfies never)}`);
    }
  }

  #fail(listener: number, error: string): void {
    this.#settle(listener);
    if (!this.#listeners.delete(listener)) return;
    this.#events.failed(listener, error);
  }

  #settle(listener: number): void {
    if (!this.#listeners.has(listener)) return;
    this.#listeners.get(listener)?.();
    this.#listeners.set(listener, undefined);
  }

  #send(command: StrategyCommand): void {
    this.#port.postMessage(command);
    this.#ring();
  }

  #leave(): void {
    Atomics.store(this.#status, EXIT, 1);
    this.#ring();
  }

  #ring(): void {
    const bell = new Int32Array(this.doorbell);
    Atomics.store(bell, 0, 1);
    Atomics.notify(bell, 0);
  }
}
