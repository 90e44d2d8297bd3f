import type { SeriesHandle } from '../../metrics/series-table.js';
import type { ListenerSettings } from './relay/messages.js';
import type { RelayPool } from './relay-pool.js';

/**
 * One socket being relayed by one pool, counted in one series, under one set of settings. Any change to
 * these makes a new Relaying on the same descriptor: clients wait in its backlog meanwhile, connections
 * that are open stay with the old one until they end.
 */
export class Relaying {
  readonly #pool: RelayPool;
  readonly #listener: number;
  readonly #series: SeriesHandle;

  constructor(pool: RelayPool, fd: number, settings: ListenerSettings, series: SeriesHandle) {
    this.#pool = pool;
    this.#series = series;
    this.#listener = pool.listen(fd, settings);
    series.attach(pool.rows(this.#listener));
  }

  /** Whether the pool means this one by `listener`. */
  is(pool: RelayPool, listener: number): boolean {
    return pool === this.#pool && listener === this.#listener;
  }

  /** Stops accepting. When it resolves the descriptor is free for somebody else. */
  async stopAccepting(): Promise<void> {
    await this.#pool.unlisten(this.#listener);
  }

  /** Resolves when the last connection has ended and its series is closed. Accepting must have been stopped. */
  async ended(): Promise<void> {
    await this.#pool.ended(this.#listener);
    this.#series.close();
    this.#pool.forget(this.#listener);
  }

  /** Closes the connections that are left. */
  cut(): void {
    this.#pool.cut(this.#listener);
  }
}
