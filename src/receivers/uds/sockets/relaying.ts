import { isDeepStrictEqual } from 'node:util';
import { coverageOf } from '../../../processors/capture/strategies/coverage.js';
import type { SocketCapture } from '../../../processors/observer.js';
import type { PoolCapture, RelayPool } from '../pool/relay-pool.js';
import type { ListenerSettings } from '../relay/messages.js';
import { ClientSeries, type FlowSettings, type FlowView, type Registration } from './client-series.js';

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
  #capture: SocketCapture | undefined;
  #registration: Registration | undefined;
  #nextRegistration = 0;

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
    this.#listener = pool.listen(fd, settings, this.#flows, this.#register(watch.capture));
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
    if (isSameCapture(capture, this.#capture)) return;
    const previous = this.#registration;
    await this.#pool.capture(this.#listener, this.#register(capture));
    if (previous !== undefined && previous !== this.#registration) this.#flows.unregister(previous.number);
  }

  /** Captures nothing until there is another way to. False when that is so already. */
  giveUpCapture(): boolean {
    const previous = this.#registration;
    if (previous === undefined) return false;
    previous.observer.countFault();
    // What failed is remembered: the same again is no change.
    this.#registration = undefined;
    void this.#pool.capture(this.#listener, undefined).then(() => this.#flows.unregister(previous.number));
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

  /** Has its flows known to who reads their records: under the same numbers as long as that is the same. */
  #register(capture: SocketCapture | undefined): PoolCapture | undefined {
    this.#capture = capture;
    if (capture === undefined) {
      this.#registration = undefined;
      return undefined;
    }
    const { settings, observer } = capture;
    const coverage = coverageOf(settings);
    const known = this.#registration;
    const isKnown = known?.observer === observer && isDeepStrictEqual(known.coverage, coverage);
    const registration = isKnown ? known : { number: this.#nextRegistration++, observer, coverage };
    this.#registration = registration;
    this.#flows.register(registration);
    return { settings, observer, registration: registration.number };
  }
}

function isSameCapture(a: SocketCapture | undefined, b: SocketCapture | undefined): boolean {
  return a?.observer === b?.observer && isDeepStrictEqual(a?.settings, b?.settings);
}
