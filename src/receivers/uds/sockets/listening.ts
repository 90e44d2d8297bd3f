import type { ProcessSnapshot } from '../../../identity/process-snapshot.js';
import type { SocketCapture } from '../../../processors/observer.js';
import type { PoolFlow } from '../pool/pool-flows.js';
import type { ListenerEvents, PoolListener } from '../pool/pool-listener.js';
import type { RelayPool } from '../pool/relay-pool.js';
import type { ListenerSettings } from '../relay/messages.js';
import { CaptureGenerations } from './capture-generations.js';
import type { ClientSeries } from './client-series.js';
import type { SeriesLabels } from './counted-client.js';
import type { SocketLog } from './socket-log.js';

export interface ListeningSettings {
  readonly pool: RelayPool;
  /** A listening socket. */
  readonly fd: number;
  readonly listener: ListenerSettings;
  readonly labels: SeriesLabels;
  readonly capture: SocketCapture | undefined;
  readonly series: ClientSeries;
  readonly log: SocketLog;
  /** A client could not be connected upstream, for this errno, or one can again (undefined). */
  readonly upstreamChanged: (error: string | undefined) => void;
}

/**
 * A relayed socket on the threads of one pool, under one set of settings. Any change to these makes a new Listening on
 * the same descriptor: clients wait in its backlog meanwhile, and open connections stay with the old one until they
 * end. Only what is captured of it may change while it is.
 */
export class Listening implements ListenerEvents {
  readonly #listener: PoolListener;
  readonly #labels: SeriesLabels;
  readonly #series: ClientSeries;
  readonly #log: SocketLog;
  readonly #upstreamChanged: (error: string | undefined) => void;
  readonly #captures: CaptureGenerations;
  #isAccepting = true;

  constructor({ pool, fd, listener, labels, capture, series, log, upstreamChanged }: ListeningSettings) {
    this.#labels = labels;
    this.#series = series;
    this.#log = log;
    this.#upstreamChanged = upstreamChanged;
    this.#captures = new CaptureGenerations(labels, () => this.#listener.passedOn());
    this.#listener = pool.listen(fd, listener, this, this.#captures.begin(capture));
    void this.#listener.ended.then(() => this.#captures.close());
  }

  /** Resolves when it is captured as it was at first to be, or never will be. */
  get captured(): Promise<void> {
    return this.#listener.captured;
  }

  /** Resolves when it accepts no more, and its last connection has ended and is counted. */
  get ended(): Promise<void> {
    return this.#listener.ended;
  }

  /** Captures otherwise from now on, open connections included. */
  async capture(capture: SocketCapture | undefined): Promise<void> {
    if (this.#captures.isCapture(capture)) return;
    const before = this.#captures.current;
    await this.#listener.capture(this.#captures.begin(capture));
    if (before !== undefined && before !== this.#captures.current) this.#captures.end(before);
  }

  /** Stops accepting. When it resolves, another Listening may have the descriptor, unless this was the last. */
  stopAccepting(isLast = false): Promise<void> {
    this.#isAccepting = false;
    return this.#listener.unlisten(isLast);
  }

  /** Closes the connections that are left. */
  cut(): void {
    this.#listener.cut();
  }

  flowOpened(flow: PoolFlow, client: ProcessSnapshot | undefined, server: ProcessSnapshot | undefined): void {
    this.#captures.openFlow(flow, client, this.#series.attach(flow, client, server, this.#labels));
  }

  flowEnded(flow: PoolFlow): void {
    const isFinal = this.#series.detach(flow);
    this.#captures.endFlow(flow, isFinal);
  }

  upstream(error: string | undefined): void {
    this.#log.upstream(error);
    this.#upstreamChanged(error);
  }

  refused(user: number, reason: string): void {
    this.#log.refused(user, reason);
  }

  descriptorsDropped(): void {
    this.#log.descriptorsDropped();
  }

  overShare(client: string): void {
    this.#log.overShare(client);
  }

  captureFailed(error: string): void {
    const failed = this.#captures.giveUp();
    if (failed === undefined) return;
    void this.#listener.capture(undefined).then(() => this.#captures.end(failed));
    // Otherwise it is logged of the one that accepts.
    if (this.#isAccepting) this.#log.captureFailed(error);
  }

  fault(error: string): void {
    this.#log.fault(error);
  }
}
