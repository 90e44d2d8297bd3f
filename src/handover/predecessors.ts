import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { deadlineNow, settlesBefore } from '../async/deadline.js';
import type { SeriesTable } from '../telemetry/series-table.js';
import { Predecessor } from './predecessor.js';
import type { KeepSeries } from './table-heir.js';

export interface PredecessorsSettings {
  readonly logger: Logger;
  /** Where this agent counts, by names that mean the same in another process of it. */
  tables(): ReadonlyMap<string, SeriesTable>;
  readonly keep: KeepSeries;
  /** How long to wait for an agent to say hello, in ms; 5 s by default. */
  readonly helloMs?: number;
}

/** An agent whose last connections this one waits for. */
export interface Draining {
  readonly pid: number;
  readonly connections: number;
}

/** How long a predecessor may take to stop accepting, export once more, and tell all that it has counted, in ms. */
const RETIRE_MS = 10_000;

/** How long an agent may take to say hello, in ms. */
const HELLO_MS = 5000;

/** How long a scrape waits for what predecessors count, in ms. Then it shows what they told last. */
const READ_MS = 1000;

/** How often they are asked when nobody scrapes, in ms: what one of them tells never, because it is killed, is at most of this time. */
const ROUND_MS = 1000;

/** How long until one whose conversation has failed is greeted again, in ms: at first, and each time twice as long up to the last. */
const AGAIN_MS = 500;
const AGAIN_MS_MAX = 60_000;

/** The agents that this one takes over from. */
export class Predecessors {
  readonly #settings: PredecessorsSettings;
  readonly #alive = new Map<string, Predecessor>();
  /** Where agents are, and how soon each is greeted again when its conversation has failed. */
  readonly #pausesMs = new Map<string, number>();
  /** Those that have not answered yet. */
  readonly #silent = new Map<string, Predecessor>();
  /** Where one is about to be greeted again. */
  readonly #awaited = new Set<string>();
  #taken: Promise<void> | undefined;
  /** Resolves when those that have answered have retired, or this agent does not take over. */
  readonly #retired: Promise<void>;
  #endRetiring = () => {};
  /** As `stopped` has it, also where there are none. */
  readonly #stopped: Promise<void>;
  #endStopping = () => {};
  #haveStopped = false;
  #round: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(settings: PredecessorsSettings) {
    this.#settings = settings;
    this.#retired = new Promise((resolve) => {
      this.#endRetiring = resolve;
    });
    this.#stopped = new Promise((resolve) => {
      this.#endStopping = () => {
        this.#haveStopped = true;
        resolve();
      };
    });
  }

  /** Greets the agents that listen at these paths. Returns the paths at which none answers. */
  async greet(paths: readonly string[]): Promise<string[]> {
    const absent: string[] = [];
    await Promise.all(
      paths.map(async (path) => {
        if (!(await this.#greet(path))) absent.push(path);
      }),
    );
    return absent;
  }

  get size(): number {
    return this.#alive.size;
  }

  get draining(): Draining[] {
    return Array.from(this.#alive.values(), ({ pid, connections }) => ({ pid, connections }));
  }

  /** Connections that they have open. */
  get connections(): number {
    return this.draining.reduce((sum, { connections }) => sum + connections, 0);
  }

  /** Resolves when they accept nobody and read nothing any more, as far as they answer; undefined if there is nothing to wait for. */
  get stopped(): Promise<void> | undefined {
    return this.#haveStopped || this.#alive.size === 0 ? undefined : this.#stopped;
  }

  /** Has them stop accepting. Resolves when what they have counted is counted here, too. */
  retire(): Promise<void> {
    this.#taken ??= this.#retireAll();
    return this.#taken;
  }

  /**
   * Brings the tables up to date with what they count. Before they have retired, it waits for that: what this agent would show
   * without them would be less than they have shown.
   */
  async refresh(): Promise<void> {
    if (this.#alive.size === 0) return;
    await this.#retired;
    const asked = [...this.#alive.values()].filter(({ isReadable }) => isReadable);
    await settlesBefore(Promise.all(asked.map((each) => each.read())), deadlineNow() + READ_MS);
  }

  /** Tells them that this process cannot start. */
  fail(error: string): void {
    for (const each of this.#alive.values()) each.fail(error);
    this.close();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#round);
    for (const each of [...this.#alive.values(), ...this.#silent.values()]) each.leave();
    this.#endRetiring();
  }

  async #retireAll(): Promise<void> {
    if (this.#pausesMs.size > 0) this.#round = setInterval(() => void this.refresh(), ROUND_MS).unref();
    const all = [...this.#alive.values()];
    void Promise.all(all.map(({ stopped }) => stopped)).then(this.#endStopping);
    await Promise.all(all.map((each) => this.#retire(each)));
    // One of an earlier program has not told, and another one does not answer.
    this.#endStopping();
    this.#endRetiring();
  }

  async #retire(predecessor: Predecessor): Promise<void> {
    const { logger } = this.#settings;
    const name = `the agent before this one (pid ${predecessor.pid})`;
    if (await settlesBefore(predecessor.retire(), deadlineNow() + RETIRE_MS)) {
      const counted = predecessor.isUnderstood
        ? ''
        : '; it is of another version, so that all is counted afresh';
      logger.info(`took over from ${name}, ${drains(predecessor)}${counted}`);
      return;
    }
    logger.warn(`${name} does not answer: it may go on accepting, and what it counts is not shown`);
    predecessor.leave('it has taken too long');
  }

  /** False: there is no agent. */
  async #greet(path: string): Promise<boolean> {
    const { tables, keep, helloMs = HELLO_MS, logger } = this.#settings;
    const predecessor: Predecessor | undefined = await Predecessor.greet({
      path,
      tables,
      keep,
      helloMs,
      ended: (error) => {
        if (predecessor !== undefined && this.#alive.get(path) === predecessor)
          this.#end(path, predecessor, error);
      },
    });
    if (predecessor === undefined) return false;
    if (!this.#pausesMs.has(path)) this.#pausesMs.set(path, AGAIN_MS);
    if (!predecessor.isLate) this.#enter(path, predecessor);
    else {
      logger.warn(
        `the agent before this one (pid ${predecessor.pid}) does not answer: until it does, it may go on accepting`,
      );
      void this.#await(path, predecessor);
    }
    return true;
  }

  #enter(path: string, predecessor: Predecessor): void {
    // Another successor goes on with its counts, and tells them in its own.
    if (predecessor.isOurs && !this.#isClosed) this.#alive.set(path, predecessor);
    else predecessor.leave();
  }

  /** One that stands still, as after SIGSTOP, retires when it goes on. */
  async #await(path: string, predecessor: Predecessor): Promise<void> {
    this.#silent.set(path, predecessor);
    await predecessor.greeted;
    await this.#retired;
    this.#silent.delete(path);
    if (predecessor.isOver) return;
    this.#enter(path, predecessor);
    if (this.#alive.get(path) === predecessor) await this.#retire(predecessor);
  }

  #end(path: string, { pid }: Predecessor, error: string | undefined): void {
    const { logger } = this.#settings;
    this.#alive.delete(path);
    if (this.#isClosed) return;
    if (error === undefined)
      logger.info(`the agent before this one (pid ${pid}) has ended with its last connection`);
    else {
      logger.debug(`the agent before this one (pid ${pid}): ${error}`);
      for (const each of this.#pausesMs.keys()) void this.#greetAgain(each);
    }
  }

  /**
   * One may be alive that does not answer any more, as where it was stopped for long, and so may those be of which it has told.
   * What they count from now on is counted here then.
   */
  async #greetAgain(path: string): Promise<void> {
    if (this.#awaited.has(path)) return;
    this.#awaited.add(path);
    const pauseMs = this.#pausesMs.get(path) ?? AGAIN_MS;
    await Promise.all([sleep(pauseMs, undefined, { ref: false }), this.#retired]);
    this.#awaited.delete(path);
    if (this.#isClosed || this.#alive.has(path) || this.#silent.has(path)) return;
    this.#pausesMs.set(path, Math.min(2 * pauseMs, AGAIN_MS_MAX));
    if (!(await this.#greet(path))) this.#pausesMs.delete(path);
    const predecessor = this.#alive.get(path);
    if (predecessor !== undefined) await this.#retire(predecessor);
  }
}

function drains({ connections }: Predecessor): string {
  if (connections === 0) return 'which has no connection left';
  return `which relays ${connections === 1 ? 'a connection' : `${connections} connections`} to the end`;
}
