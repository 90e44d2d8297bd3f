import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { FailureRate } from './failure-rate.js';
import { PoolCounters, type PoolCountersSettings } from './pool-counters.js';
import { RelayPool, type RelayPoolSettings } from './relay-pool.js';

export interface RelayPoolsContext extends PoolCountersSettings {
  readonly logger: Logger;
  /** The pool that accepts has lost a thread: another one must take its place. */
  replace(pool: RelayPool): Promise<void>;
  /** A thread has failed, of whatever pool. */
  failed(): void;
  /** Threads fail too often to go on. */
  fatal(error: unknown): void;
}

/** The relay threads of a receiver: the pool that accepts, and earlier ones that end with their last connection. */
export class RelayPools {
  readonly #context: RelayPoolsContext;
  readonly #failures = new FailureRate();
  readonly #retired = new Set<RelayPool>();
  #current: RelayPool | undefined;
  /** Threads that run and have nothing to do yet. */
  #spare: RelayPool | undefined;

  constructor(context: RelayPoolsContext) {
    this.#context = context;
  }

  /** The pool that accepts, if there is one. */
  get current(): RelayPool | undefined {
    return this.#current;
  }

  /** The pool that accepts. @throws Error when there is none. */
  get running(): RelayPool {
    if (this.#current === undefined) throw new Error('the receiver has no relay threads');
    return this.#current;
  }

  /** Starts the threads that `start` with the same settings will give. @throws SystemCallError */
  async prepare(settings: RelayPoolSettings): Promise<void> {
    this.#spare = await this.#startAnew(settings);
  }

  /** Starts a pool, for `use` or `exit`. @throws SystemCallError */
  async start(settings: RelayPoolSettings): Promise<RelayPool> {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined && isDeepStrictEqual(spare.settings, settings)) return spare;
    await spare?.exit();
    return this.#startAnew(settings);
  }

  async #startAnew(settings: RelayPoolSettings): Promise<RelayPool> {
    const { logger } = this.#context;
    const pool: RelayPool = await RelayPool.start(settings, {
      accepting: (paused) => this.#logAccepting(paused),
      notUrgent: (reason) =>
        logger.info(
          `relay threads are no more urgent than other processes (nice ${settings.nice}: ${reason}); that takes CAP_SYS_NICE, or LimitNICE=${settings.nice} in a unit`,
        ),
      strayed: (error) =>
        logger.error(`a strategy's module has failed by itself, and is used as before: ${error}`),
      printed: (text) => logger.debug(`a strategy's module says: ${text.trimEnd()}`),
      died: (error) => this.#handleDeath(pool, error),
    });
    const counters = new PoolCounters(pool, this.#context);
    void pool.over.then(() => counters.close());
    return pool;
  }

  /** Has a pool accept from now on, or none. Returns the former one, which is to be retired. */
  use(pool: RelayPool | undefined): RelayPool | undefined {
    const former = this.#current;
    this.#current = pool;
    return former;
  }

  /** Lets a pool end that nothing is relayed by any more but the connections that it has. */
  retire(pool: RelayPool | undefined): void {
    if (pool === undefined) return;
    this.#retired.add(pool);
    void pool.leave().then(() => this.#retired.delete(pool));
  }

  /** Handles now what all threads have reported so far. */
  drainReports(): void {
    this.#current?.drainReports();
    for (const pool of this.#retired) pool.drainReports();
  }

  /** Ends the pools that have been retired, with the connections that they have. */
  async exit(): Promise<void> {
    await Promise.all([this.#spare, ...this.#retired].map((pool) => pool?.exit()));
    this.#spare = undefined;
  }

  /** A thread has failed and lost its connections. Those of the pool's other threads stay there until they end. */
  #handleDeath(pool: RelayPool, error: unknown): void {
    const { logger, fatal, replace, failed } = this.#context;
    failed();
    if (pool !== this.#current) {
      logger.error({ err: error }, 'a relay thread failed; the connections it still had are lost');
      return;
    }
    if (!this.#failures.isBearable()) {
      fatal(error);
      return;
    }
    logger.error({ err: error }, 'a relay thread failed; its connections are lost, new threads take over');
    replace(pool).catch(fatal);
  }

  #logAccepting(paused: string | undefined): void {
    const { logger } = this.#context;
    if (paused === undefined) logger.info('accepting connections again');
    else logger.warn(`not accepting connections for now: ${paused}; clients wait in the backlog`);
  }
}
