import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { realSocketPath } from '../../../linux/real-socket-path.js';
import { hasWaiting } from '../../../linux/socket.js';
import type { SocketCapture } from '../../../processors/observer.js';
import type { DescriptorStore } from '../../../store/descriptor-store.js';
import type { RelayPool } from '../pool/relay-pool.js';
import { asksClients } from './attributes.js';
import { ClientSeries, type ClientSeriesContext, type CountedFlow } from './client-series.js';
import { FormerListeners } from './former-listeners.js';
import { Listening, type ListeningSettings } from './listening.js';
import { RelaySocketFile } from './relay-socket-file.js';
import { connectedPath, type RelayedSocket } from './relayed-socket.js';
import { usedCredentials } from './socket-credentials.js';
import { SocketLog } from './socket-log.js';
import { type UpstreamPlace, upstreamPlace } from './upstream-place.js';

/** How long the clients that wait are accepted while a path is put back, in looks so many ms apart. */
const LOOK_MS = 2;
const MAX_LOOKS = 250;

export interface RelaySocketContext extends ClientSeriesContext {
  readonly logger: Logger;
  /** Has the socket at a path compared with its upstream. */
  lookAt(listen: string): void;
  /** Keeps listening sockets for the next process. */
  readonly store: DescriptorStore;
  /** Directory of the records of paths that are taken over. */
  readonly takeovers: () => string;
  /** Directory in which upstreams answer to datagrams, as of makeReplyDirectory. */
  readonly replies: () => string | undefined;
  /**
   * Resolves when no other process reads what clients send to a socket for datagrams; undefined if none does. Two readers at a time would
   * reorder what a client sends.
   */
  readonly readable: () => Promise<void> | undefined;
}

/** What a socket is relayed by, and how it is observed. */
export interface SocketRelay {
  readonly pool: RelayPool;
  /** Names of the container attributes that series carry. */
  readonly attributes: readonly string[];
  readonly capture: SocketCapture | undefined;
}

/**
 * A socket that is relayed at one path, across reloads, pools of threads, and the loss of its file. Each of these makes
 * a new Listening; earlier ones drain. The series of the clients are the socket's own.
 */
export class RelaySocket {
  #config: RelayedSocket;
  #place: UpstreamPlace;
  readonly #context: RelaySocketContext;
  #series: ClientSeries | undefined;
  #listening: Listening | undefined;
  /** What is relayed as soon as no other process reads the socket. */
  #waiting: ListeningSettings | undefined;
  /** What accepts no more, or only the clients that wait, but still has connections. */
  readonly #draining = new Map<Listening, Promise<void>>();
  readonly #formers = new FormerListeners();
  /** What is logged once of it, whatever its configurations. */
  readonly #said = new Set<string>();

  private constructor(
    config: RelayedSocket,
    readonly file: RelaySocketFile,
    context: RelaySocketContext,
  ) {
    this.#config = config;
    this.#place = upstreamPlace(connectedPath(config), config.within);
    this.#context = context;
  }

  /** Binds the configured path, or takes it over from an earlier process. Nobody is accepted before `open`. @throws ListenError */
  static bind(config: RelayedSocket, context: RelaySocketContext): RelaySocket {
    return new RelaySocket(config, RelaySocketFile.bind(config, context), context);
  }

  get config(): RelayedSocket {
    return this.#config;
  }

  /** Lets clients connect and relays them. @throws ListenError */
  open(relay: SocketRelay): void {
    this.file.listen();
    this.#relay(relay).relaying(relay.pool.credentials.obstacle, this.#place, false);
  }

  /**
   * Relays under another configuration, or by another pool, without a moment in which a client would be refused. Open
   * connections go on as before.
   */
  async change(config: RelayedSocket, relay: SocketRelay): Promise<void> {
    await this.#stopAccepting();
    this.#config = config;
    this.#place = upstreamPlace(connectedPath(config), config.within);
    this.file.change(config);
    this.#relay(relay).relaying(relay.pool.credentials.obstacle, this.#place, true);
  }

  /**
   * Binds and relays the path anew, at which something else is, or nothing, or itself of a type that its upstream no longer has.
   * The clients that wait in the old backlog are still accepted, and open connections go on.
   *
   * @throws ListenError; all is as before then.
   */
  bindAnew(relay: SocketRelay): void {
    const former = this.file.rebind();
    this.#formers.add(former, this.#listening);
    this.#drain();
    this.#relay(relay);
  }

  /**
   * Stops listening and removes the socket file. Open connections go on, unless `isFinal`: the container that the
   * socket was for has ended, and what is left of them is cut.
   */
  async close({ isFinal = false } = {}): Promise<void> {
    this.#series?.leave(isFinal);
    if (this.file.putBack()) await this.#acceptWaiting();
    await this.#stopAccepting(true);
    this.file.close();
    if (isFinal) this.cut();
  }

  /**
   * Stops accepting for good, and leaves the listening socket to another process. Open connections go on, and its series with
   * their clients.
   */
  async leave(): Promise<void> {
    await this.#stopAccepting();
    this.file.leave();
  }

  /** Ends after `leave` with the container that it was for: what is left of its connections is cut. */
  endWithContainer(): void {
    this.#series?.leave(true);
    this.cut();
  }

  /** Resolves when what accepts no more has no connection left. */
  async drained(): Promise<void> {
    await Promise.all(this.#draining.values());
  }

  /** Closes the connections of what accepts no more. */
  cut(): void {
    for (const listening of this.#draining.keys()) listening.cut();
  }

  /** How many earlier listeners still have connections. */
  get draining(): number {
    return this.#draining.size;
  }

  /** Resolves when it is captured as configured, or never will be. */
  async captured(): Promise<void> {
    await this.#listening?.captured;
  }

  /** Captures otherwise from now on, open connections of earlier configurations included. */
  async capture(capture: SocketCapture | undefined): Promise<void> {
    if (this.#waiting !== undefined) this.#waiting = { ...this.#waiting, capture };
    await this.#listening?.capture(capture);
    for (const listening of this.#draining.keys()) await listening.capture(capture);
  }

  /** Its traffic by client and server, as it is at present. */
  get flows(): Iterable<CountedFlow> {
    return this.#series?.flows ?? [];
  }

  /** Names of the protocols that its connections speak, as far as messages were understood. */
  get protocols(): Iterable<string> {
    return this.#series?.protocols ?? [];
  }

  /** All that has been counted since it was opened; undefined before. */
  totals(): Float64Array | undefined {
    return this.#series?.totals();
  }

  /** Paths at which something may happen that it has to follow. */
  get places(): string[] {
    const { listen, upstream } = this.#config;
    const places = new Set([listen, upstream, realSocketPath(upstream), connectedPath(this.#config)]);
    return [...places].filter((path) => !path.startsWith('@'));
  }

  #relay({ pool, attributes, capture }: SocketRelay): SocketLog {
    const { connect_timeout, idle_timeout, container } = this.#config;
    const { unanswered_after, answer_timeout } = this.#config;
    const labels = { socket: this.#config, attributes };
    if (this.#series === undefined) this.#series = new ClientSeries(this.#context, labels);
    else this.#series.relabel(labels);
    const log = new SocketLog(this.#config, this.#context.logger, this.#said);
    const listener = {
      type: this.file.type,
      upstream: connectedPath(this.#config),
      place: this.#place,
      connectTimeoutMs: connect_timeout,
      idleTimeoutMs: idle_timeout,
      unansweredMs: unanswered_after,
      answerTimeoutMs: answer_timeout,
      isShared: asksClients(this.#config, attributes),
      container: container?.id,
      credentials: usedCredentials(this.#config, pool.credentials.obstacle),
      replies: this.file.type === 'dgram' ? this.#context.replies() : undefined,
    };
    const upstreamChanged = (error: string | undefined) => {
      // Another type than the one that it had answers so, of abstract names as if nobody were there.
      if (error === 'EPROTOTYPE' || error === 'ECONNREFUSED') this.file.doubtType();
      this.#context.lookAt(this.#config.listen);
    };
    const { fd } = this.file;
    this.#begin({ pool, fd, listener, labels, capture, series: this.#series, log, upstreamChanged });
    return log;
  }

  #begin(settings: ListeningSettings): void {
    const readable = settings.listener.type === 'dgram' ? this.#context.readable() : undefined;
    if (readable === undefined) {
      this.#listening = new Listening(settings);
      return;
    }
    this.#waiting = settings;
    void readable.then(() => {
      if (this.#waiting !== undefined) this.#listening = new Listening(this.#waiting);
      this.#waiting = undefined;
    });
  }

  /** Clients that have reached us at a path that is its server's again must not be turned away. */
  async #acceptWaiting(): Promise<void> {
    for (let look = 0; look < MAX_LOOKS && hasWaiting(this.file.fd); look++) await sleep(LOOK_MS);
  }

  async #stopAccepting(isLast = false): Promise<void> {
    await this.#formers.close();
    await this.#drain()?.stopAccepting(isLast);
  }

  #drain(): Listening | undefined {
    const listening = this.#listening;
    this.#listening = undefined;
    this.#waiting = undefined;
    if (listening === undefined) return undefined;
    const ended = listening.ended.then(() => void this.#draining.delete(listening));
    this.#draining.set(listening, ended);
    return listening;
  }
}
