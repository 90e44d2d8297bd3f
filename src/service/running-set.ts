import { deadlineNow } from '../async/deadline.js';

/** A component that is started and stopped as a whole. */
export interface Runnable {
  start(): Promise<void>;
  /** Takes until `deadlineMs` (as of `deadlineNow`) at most. */
  shutdown(deadlineMs: number): Promise<void>;
  /** As `shutdown`, where another process goes on with what this one listens on. Left out: it listens on nothing. */
  leave?(deadlineMs: number): Promise<void>;
}

export interface RunningSetSettings<Spec> {
  /** Makes the component of a spec, not yet started. @throws Error */
  create(spec: Spec): Runnable;
  /** Whether a component that runs by one spec can stay as it is under another. */
  isSame(a: Spec, b: Spec): boolean;
  /** The error for a component that cannot be made or started. */
  startError(id: string, cause: unknown): Error;
}

interface Running<Spec> {
  spec: Spec;
  runnable: Runnable;
}

/** How long a component that is replaced may take to end, in ms. */
const REPLACE_MS = 2000;

/** Components that run, by their ids, and how one set of them becomes another. */
export class RunningSet<Spec> {
  readonly #settings: RunningSetSettings<Spec>;
  readonly #running = new Map<string, Running<Spec>>();

  constructor(settings: RunningSetSettings<Spec>) {
    this.#settings = settings;
  }

  /**
   * Makes exactly `wanted` run. Components that stay the same are not touched.
   *
   * @throws Error when a component cannot start; the previous set runs again then.
   */
  async replace(wanted: ReadonlyMap<string, Spec>): Promise<void> {
    const stopped: [string, Spec][] = [];
    const started: string[] = [];
    try {
      for (const [id, { spec }] of [...this.#running]) {
        const next = wanted.get(id);
        if (next !== undefined && this.#settings.isSame(spec, next)) continue;
        await this.#stop(id, deadlineNow() + REPLACE_MS);
        stopped.push([id, spec]);
      }
      for (const [id, spec] of wanted) {
        if (this.#running.has(id)) continue;
        await this.#start(id, spec);
        started.push(id);
      }
    } catch (error) {
      for (const id of started) await this.#stop(id, deadlineNow());
      for (const [id, spec] of stopped) await this.#start(id, spec);
      throw error;
    }
  }

  /**
   * Leaves what is not `wanted` any more, or not as it is, to another process, and makes the rest run. Takes until `deadlineMs` at
   * most, and for one to start.
   *
   * @throws Error when one cannot start; the others run.
   */
  async leave(wanted: ReadonlyMap<string, Spec>, deadlineMs: number): Promise<void> {
    const leaving = [...this.#running].filter(([id, { spec }]) => {
      const next = wanted.get(id);
      return next === undefined || !this.#settings.isSame(spec, next);
    });
    await Promise.all(
      leaving.map(([id, { runnable }]) => {
        this.#running.delete(id);
        return runnable.leave?.(deadlineMs) ?? runnable.shutdown(deadlineMs);
      }),
    );
    for (const [id, spec] of wanted) if (!this.#running.has(id)) await this.#start(id, spec);
  }

  /** Stops all of them by `deadlineMs`. */
  async shutdown(deadlineMs: number): Promise<void> {
    await Promise.all([...this.#running.keys()].map((id) => this.#stop(id, deadlineMs)));
  }

  async #start(id: string, spec: Spec): Promise<void> {
    let runnable: Runnable | undefined;
    try {
      runnable = this.#settings.create(spec);
      await runnable.start();
      this.#running.set(id, { spec, runnable });
    } catch (error) {
      await runnable?.shutdown(deadlineNow());
      throw this.#settings.startError(id, error);
    }
  }

  async #stop(id: string, deadlineMs: number): Promise<void> {
    const running = this.#running.get(id);
    this.#running.delete(id);
    await running?.runnable.shutdown(deadlineMs);
  }
}
