import { setTimeout as sleep } from 'node:timers/promises';
import { ControlClient } from '../control/control-client.js';
import { CommandError } from '../control/failure.js';
import { type CallLine, frameOf, type Model, pageOf } from './frame.js';
import type { Key } from './keys.js';
import { lastCalls } from './last-calls.js';
import { type Sample, Sampler } from './sampler.js';
import { initialState, type Level, levelIn, press, type State } from './state.js';
import { arranged, isNamed, look } from './views.js';
import type { Choice, Order, ViewName } from './words.js';

export interface WatchSettings {
  readonly control: string;
  readonly choice: Choice;
  readonly view: ViewName;
  readonly order: Order;
  /** The most lines that are shown. */
  readonly limit: number;
  readonly intervalMs: number;
  readonly colour: boolean;
  readonly signal: AbortSignal;
  /** The size of the terminal now. */
  readonly size: () => { readonly columns: number; readonly rows: number };
  readonly draw: (lines: readonly string[]) => void;
}

/** How soon a view is looked at for the second time, so that it has rates, in ms. */
const FIRST_MS = 500;

/** How soon an agent is asked again that does not answer, in ms; each time twice as late. */
const RETRY_MS = 500;
const MAX_RETRY_MS = 8000;

/** Times as long as the agent takes to answer, it is left alone. */
const LOOK_SHARE = 4;

/** The longest that a timer waits: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const FOREVER_MS = 2 ** 31 - 1;

/** What a view has shown last. */
interface Seen {
  readonly samples: readonly Sample[];
  readonly total: number;
  readonly calls: readonly CallLine[];
  readonly timeMs: number | undefined;
}

const NOTHING_SEEN: Seen = { samples: [], total: 0, calls: [], timeMs: undefined };

/** Looks at an agent again and again, and draws what it sees. */
export class Watch {
  readonly #settings: WatchSettings;
  #state: State;
  #seen = NOTHING_SEEN;
  #sampler = new Sampler();
  #problem: string | undefined;
  #failures = 0;
  /** How long the agent took for the last answer. */
  #lookMs = 0;
  /** Ends the present wait or look: something else is wanted. */
  #turn = new AbortController();

  constructor(settings: WatchSettings) {
    this.#settings = settings;
    this.#state = initialState(settings.view, settings.order);
  }

  /** Looks for the first time. @throws CommandError when there is no agent, or it refuses */
  async begin(): Promise<void> {
    await this.#look(levelIn(this.#state), this.#settings.signal);
  }

  /** Goes on until the user has seen enough, or the signal is aborted. */
  async run(): Promise<void> {
    const { signal } = this.#settings;
    while (!this.#state.isOver && !signal.aborted) {
      this.#turn = new AbortController();
      const turn = AbortSignal.any([signal, this.#turn.signal]);
      this.draw();
      try {
        await this.#wait(turn);
        await this.#look(levelIn(this.#state), turn);
        this.#recovered();
      } catch (error) {
        if (turn.aborted) continue;
        this.#failed(error);
      }
    }
  }

  /** Takes keys that came together, and draws once. */
  press(keys: readonly Key[]): void {
    for (const key of keys) this.#take(key);
    this.draw();
  }

  #take(key: Key): void {
    const before = levelIn(this.#state);
    const wasPaused = this.#state.isPaused;
    this.#state = press(this.#state, key, { lines: this.#lines(), page: pageOf(this.#settings.size()) });
    const { isOver, isPaused } = this.#state;
    const isElsewhere = !isSameAim(before, levelIn(this.#state));
    if (isElsewhere) {
      this.#seen = NOTHING_SEEN;
      this.#sampler = new Sampler();
    }
    if (isOver || isElsewhere || isPaused !== wasPaused) this.#turn.abort();
  }

  draw(): void {
    const { size, draw, colour } = this.#settings;
    if (!this.#state.isOver) draw(frameOf(this.#model(), { ...size(), colour }));
  }

  /** Until the view is to be looked at again. */
  async #wait(signal: AbortSignal): Promise<void> {
    const { intervalMs } = this.#settings;
    if (this.#failures > 0) {
      await sleep(Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** (this.#failures - 1)), undefined, { signal });
    } else if (this.#seen.timeMs !== undefined) {
      if (this.#sampler.hasJustBegun) await sleep(Math.min(FIRST_MS, intervalMs), undefined, { signal });
      else await sleep(this.#state.isPaused ? FOREVER_MS : this.#restMs(), undefined, { signal });
    }
  }

  /** An agent that has much to add up is asked less often. */
  #restMs(): number {
    return Math.max(this.#settings.intervalMs, LOOK_SHARE * this.#lookMs);
  }

  async #look(level: Level, signal: AbortSignal): Promise<void> {
    const { view, scope, order } = level;
    const { control, choice } = this.#settings;
    if (view === 'calls') {
      const { columns } = this.#settings.size();
      const table = { colour: this.#settings.colour, columns: () => columns - 1 };
      const calls = await lastCalls(control, scope, table, signal);
      this.#seen = { ...NOTHING_SEEN, calls, timeMs: Date.now() };
      return;
    }
    const startMs = performance.now();
    const seen = await look(new ControlClient(control, signal), { view, scope, order }, choice);
    this.#lookMs = performance.now() - startMs;
    // Another view may be wanted by now.
    signal.throwIfAborted();
    this.#seen = {
      ...NOTHING_SEEN,
      samples: this.#sampler.next(seen),
      total: seen.total,
      timeMs: Date.now(),
    };
  }

  #recovered(): void {
    this.#failures = 0;
    this.#problem = undefined;
  }

  /** @throws the error, unless it says that the agent cannot be asked at present */
  #failed(error: unknown): void {
    if (!(error instanceof CommandError)) throw error;
    this.#failures++;
    this.#problem = error.message;
    // What it has counted meanwhile is not what happens in an interval.
    this.#sampler = new Sampler();
  }

  #model(): Model {
    const { samples, total, calls, timeMs } = this.#seen;
    const shown = { told: samples.length, total, calls, timeMs };
    const { intervalMs } = this.#settings;
    return { state: this.#state, samples: this.#wanted(), ...shown, intervalMs, problem: this.#problem };
  }

  /** The lines in order. */
  #wanted(): Sample[] {
    const level = levelIn(this.#state);
    const named = this.#seen.samples.filter((sample) => isNamed(sample, level.filter));
    return arranged(named, level).slice(0, this.#settings.limit);
  }

  #lines() {
    const { calls } = this.#seen;
    return calls.length > 0 ? calls.map(({ key }) => ({ key, scope: {} })) : this.#wanted();
  }
}

/** Whether both look at the same. */
function isSameAim(a: Level, b: Level): boolean {
  return a.view === b.view && a.scope === b.scope;
}
