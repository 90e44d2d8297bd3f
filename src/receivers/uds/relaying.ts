import { isDeepStrictEqual } from 'node:util';
import type { SeriesHandle } from '../../metrics/series-table.js';
import { type Coverage, coverageOf } from '../../processors/capture/strategies/coverage.js';
import type { CaptureObserver, CaptureSource, SocketCapture } from '../../processors/observer.js';
import type { ListenerSettings } from './relay/messages.js';
import type { PoolCapture, RelayPool } from './relay-pool.js';

/** How a socket is observed while it is relayed. */
export interface Watch {
  /** What its traffic is counted in. */
  series: SeriesHandle;
  /** What those who read its payload are told of it. */
  source: CaptureSource;
  capture: SocketCapture | undefined;
}

/** A number that an observer has given out for the source. */
interface Registration {
  readonly observer: CaptureObserver;
  readonly source: number;
  readonly coverage: Coverage;
}

/**
 * One socket being relayed by one pool, counted in one series, under one set of settings. Any change to
 * these makes a new Relaying on the same descriptor: clients wait in its backlog meanwhile, connections
 * that are open stay with the old one until they end. Only what is captured of it may change while it is.
 */
export class Relaying {
  readonly #pool: RelayPool;
  readonly #listener: number;
  readonly #series: SeriesHandle;
  readonly #source: CaptureSource;
  #capture: SocketCapture | undefined;
  #registration: Registration | undefined;

  /** `path`: what it listens on. */
  constructor(
    pool: RelayPool,
    fd: number,
    readonly path: string,
    settings: ListenerSettings,
    watch: Watch,
  ) {
    this.#pool = pool;
    this.#series = watch.series;
    this.#source = watch.source;
    this.#listener = pool.listen(fd, settings, this.#register(watch.capture));
    watch.series.attach(pool.rows(this.#listener));
  }

  /** Whether the pool means this one by `listener`. */
  is(pool: RelayPool, listener: number): boolean {
    return pool === this.#pool && listener === this.#listener;
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
    if (previous !== undefined && previous !== this.#registration)
      previous.observer.endSource(previous.source);
  }

  /** Captures nothing until there is another way to. False when that is so already. */
  giveUpCapture(): boolean {
    const previous = this.#registration;
    if (previous === undefined) return false;
    previous.observer.countFault();
    // What failed is remembered: the same again is no change.
    this.#registration = undefined;
    void this.#pool
      .capture(this.#listener, undefined)
      .then(() => previous.observer.endSource(previous.source));
    return true;
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
    this.#registration?.observer.endSource(this.#registration.source);
    this.#registration = undefined;
  }

  /** Closes the connections that are left. */
  cut(): void {
    this.#pool.cut(this.#listener);
  }

  /** Has the source known to who reads it: under the same number as long as that is the same. */
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
    const source = isKnown ? known.source : observer.addSource(this.#source, coverage);
    if (!isKnown) this.#registration = { observer, source, coverage };
    return { settings, observer, source };
  }
}

function isSameCapture(a: SocketCapture | undefined, b: SocketCapture | undefined): boolean {
  return a?.observer === b?.observer && isDeepStrictEqual(a?.settings, b?.settings);
}
