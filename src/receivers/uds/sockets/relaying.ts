import type { SocketCapture } from '../../../processors/observer.js';
import type { RelayPool } from '../pool/relay-pool.js';
import type { ListenerSettings } from '../relay/messages.js';
import { ClientSeries, type FlowSettings, type FlowView } from './client-series.js';

/** How a socket is observed while it is relayed. */
export interface Watch extends FlowSettings {
  readonly capture: SocketCapture | undefined;
}

/**
 * One socket being relayed by one pool, under one set of settings. Any change to these makes a new Relaying on the
 * same descriptor: clients wait in its backlog meanwhile, connections that are open stay with the old one until
 * they end. Only what is captured of it may change while it is.
 */
export class Relaying {
  readonly #pool: RelayPool;
  readonly #listener: number;
  readonly #flows: ClientSeries;

  /** `path`: what it listens on. */
  constructor(
    pool: RelayPool,
    fd: number,
    readonly path: string,
    settings: ListenerSettings,
    watch: Watch,
  ) {
    this.#pool = pool;
    this.#flows = new ClientSeries(watch, pool);
    this.#listener = pool.listen(fd, settings, this.#flows, this.#flows.captures.begin(watch.capture));
  }

  /** Whether the pool means this one by `listener`. */
  is(pool: RelayPool, listener: number): boolean {
    return pool === this.#pool && listener === this.#listener;
  }

  /** Shows what it shows until a successor inherits it. */
  leave(): void {
    this.#flows.leave();
  }

  /** Goes on showing what its predecessor shows, which must have left. */
  inherit(predecessor: Relaying): void {
    this.#flows.inherit(predecessor.#flows);
  }

  /** Its traffic by peer, as it is at present. */
  get flows(): Iterable<FlowView> {
    return this.#flows.flows;
  }

  /** All it has counted. */
  totals(): Float64Array {
    return this.#flows.totals();
  }

  /** Resolves when it is captured as it was at first to be, or never will. */
  captured(): Promise<void> {
    return this.#pool.captured(this.#listener);
  }

  /** Captures otherwise from now on, open connections included. */
  async capture(capture: SocketCapture | undefined): Promise<void> {
    const { captures } = this.#flows;
    if (captures.isCapture(capture)) return;
    const before = captures.current;
    await this.#pool.capture(this.#listener, captures.begin(capture));
    if (before !== undefined && before !== captures.current) captures.end(before);
  }

  /** Captures nothing until there is another way to. False when that is so already. */
  giveUpCapture(): boolean {
    const { captures } = this.#flows;
    const failed = captures.giveUp();
    if (failed === undefined) return false;
    void this.#pool.capture(this.#listener, undefined).then(() => captures.end(failed));
    return true;
  }

  /** Stops accepting. When it resolves the descriptor is free for somebody else. */
  async stopAccepting(): Promise<void> {
    await this.#pool.unlisten(this.#listener);
  }

  /** Resolves when the last connection has ended and its series are closed. Accepting must have been stopped. */
  async ended(): Promise<void> {
    await this.#pool.ended(this.#listener);
    this.#flows.close();
    this.#pool.forget(this.#listener);
  }

  /** Whoever it was relayed for has ended, and will not come back. */
  finish(): void {
    this.#flows.finish();
  }

  /** Closes the connections that are left. */
  cut(): void {
    this.#pool.cut(this.#listener);
  }
}
