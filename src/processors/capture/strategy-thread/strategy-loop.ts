import { FRAMINGS } from '../../../protocols/framings.js';
import { createTap } from '../create-tap.js';
import type { ReadingMark } from '../ring/fair-ring-reader.js';
import { createStrategy } from '../strategies/create-strategy.js';
import { importModule, makeStrategy } from '../strategies/load-module.js';
import { type ModuleSettings, moduleIn } from '../strategies/settings.js';
import {
  ASKED,
  EXIT,
  PROGRESS,
  type StrategyCommand,
  type StrategyReport,
  type StrategyThreadData,
} from './messages.js';
import { type Listening, type Listenings, Sieve } from './sieve.js';

/** Records passed on of one ring before the others have their turn. */
const RECORDS_A_TURN = 64;

/** How long to sleep at most, in ms: a bell may be missed, and the main thread wants to see that it goes on. */
const SLEEP_MS_MAX = 100;

/**
 * What runs on a strategy thread. Between its turns the thread's own event loop has one, so that what a module has set going
 * goes on.
 */
export class StrategyLoop implements Listenings {
  readonly #data: StrategyThreadData;
  readonly #settings: ModuleSettings;
  /** What was imported. */
  #module: unknown;
  readonly #report: (report: StrategyReport) => void;
  readonly #receive: () => StrategyCommand | undefined;
  readonly #status: Int32Array;
  readonly #doorbell: Int32Array;
  readonly #sieves: readonly Sieve[];
  /** By listener: for each sieve its tap. */
  readonly #listenings = new Map<number, Map<Sieve, Listening>>();
  readonly #flushes = new Map<number, readonly ReadingMark[]>();
  /** The one whose ring is passed on. */
  #sieve: Sieve | undefined;

  constructor(
    data: StrategyThreadData,
    io: { report(report: StrategyReport): void; receive(): StrategyCommand | undefined },
  ) {
    const settings = moduleIn(data.capture.strategy);
    if (settings === undefined) throw new Error('a strategy thread without a module');
    this.#data = data;
    this.#settings = settings;
    this.#report = io.report;
    this.#receive = io.receive;
    this.#status = new Int32Array(data.status);
    this.#doorbell = new Int32Array(data.doorbell);
    this.#sieves = data.rings.map((rings) => new Sieve(rings, data, this));
  }

  /** Loads the module. @throws StrategyError */
  async load(): Promise<void> {
    this.#module = await importModule(this.#settings);
  }

  #applyAll(): void {
    for (let command = this.#receive(); command; command = this.#receive()) this.#apply(command);
  }

  #apply(command: StrategyCommand): void {
    switch (command.type) {
      case 'add':
        this.#add(command.listener);
        break;
      case 'remove':
        this.#listenings.delete(command.listener);
        break;
      case 'flush':
        this.#flushes.set(
          command.flush,
          this.#sieves.map((sieve) => sieve.mark()),
        );
        break;
      default:
        throw new Error(`unknown strategy command ${JSON.stringify(command satisfies never)}`);
    }
  }

  /** Runs until told to leave, once the module is loaded. */
  async run(): Promise<void> {
    // Waiting for the bell alone does not keep a thread from ending.
    const awake = setInterval(() => {}, SLEEP_MS_MAX);
    while (Atomics.load(this.#status, EXIT) === 0) {
      Atomics.add(this.#status, PROGRESS, 1);
      this.#applyAll();
      const wasPassed = this.#turn();
      if (wasPassed) await nextTurn();
      else await this.#sleep();
    }
    clearInterval(awake);
  }

  of(listener: number): Listening | undefined {
    // A record may have come after the last look at commands, and the command before the record.
    if (!this.#listenings.has(listener)) this.#applyAll();
    return this.#sieve === undefined ? undefined : this.#listenings.get(listener)?.get(this.#sieve);
  }

  asks(listener: number): void {
    Atomics.add(this.#status, PROGRESS, 1);
    Atomics.store(this.#status, ASKED, listener + 1);
  }

  answered(): void {
    Atomics.store(this.#status, ASKED, 0);
  }

  failed(listener: number, error: unknown): void {
    this.#listenings.delete(listener);
    this.#report({ type: 'failed', listener, error: messageOf(error) });
  }

  #turn(): boolean {
    let wasPassed = false;
    for (const sieve of this.#sieves) {
      this.#sieve = sieve;
      wasPassed = sieve.pass(RECORDS_A_TURN) || wasPassed;
    }
    for (const [flush, marks] of this.#flushes) {
      if (!marks.every((mark, i) => this.#sieves[i].isPast(mark))) continue;
      this.#flushes.delete(flush);
      this.#report({ type: 'flushed', flush });
    }
    return wasPassed;
  }

  async #sleep(): Promise<void> {
    Atomics.store(this.#doorbell, 0, 0);
    if (this.#flushes.size > 0 || this.#sieves.some((sieve) => sieve.isWaiting())) await nextTurn();
    else await waitAsync(this.#doorbell, SLEEP_MS_MAX);
  }

  /** One strategy for each relay thread, as if it ran there. */
  #add(listener: number): void {
    this.asks(listener);
    try {
      const taps = this.#sieves.map((sieve): [Sieve, Listening] => {
        const { capture } = this.#data;
        const strategy = createStrategy(capture.strategy, makeStrategy(this.#settings, this.#module));
        return [
          sieve,
          { number: listener, tap: createTap(sieve.writer, sieve.state, capture, strategy, FRAMINGS) },
        ];
      });
      this.#listenings.set(listener, new Map(taps));
      this.#report({ type: 'ready', listener });
    } catch (error) {
      this.failed(listener, error);
    } finally {
      this.answered();
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

type WaitAsync = (words: Int32Array, index: number, value: number, timeoutMs: number) => { value: unknown };

/** Waits until `words[0]` is not 0, or is rung, or for `timeoutMs`. The event loop goes on. */
async function waitAsync(words: Int32Array, timeoutMs: number): Promise<void> {
  // ECMAScript 2024; Node has it since version 16.
  const { waitAsync: wait } = Atomics as unknown as { waitAsync: WaitAsync };
  await wait(words, 0, 0, timeoutMs).value;
}
