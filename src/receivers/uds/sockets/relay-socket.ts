import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { realSocketPath } from '../../../linux/real-socket-path.js';
import { type CurrentAccess, currentAccess, giveAccess } from '../../../linux/socket-access.js';
import { ListenError, ListenSocket } from '../../../linux/unix-listener.js';
import type { SocketCapture } from '../../../processors/observer.js';
import type { RelayPool } from '../pool/relay-pool.js';
import { asksPeers } from './attributes.js';
import type { RelayedSocket } from './relayed-socket.js';
import { Relaying, type Watch } from './relaying.js';
import { credentialsNotice, usedCredentials } from './socket-credentials.js';
import { type UpstreamPlace, upstreamPlace } from './upstream-place.js';

/** A listening socket that has been replaced by another on its path. */
export interface FormerSocket {
  readonly socket: ListenSocket;
  readonly relaying: Relaying | undefined;
}

/** A configured socket: what it listens on, and the relaying that is going on there. */
export class RelaySocket {
  #socket: ListenSocket;
  readonly #place: UpstreamPlace;
  readonly #logger: Logger;
  #relaying: Relaying | undefined;
  /** What its file was given last. */
  #access: CurrentAccess | undefined;
  /** What was last said about its access, so that it is not said again. */
  #warning: string | undefined;

  private constructor(
    readonly config: RelayedSocket,
    socket: ListenSocket,
    logger: Logger,
  ) {
    this.#socket = socket;
    this.#place = upstreamPlace(config.upstream, config.within);
    this.#logger = logger;
  }

  /** Binds the configured path. Nobody can connect before `open`. @throws ListenError */
  static bind(config: RelayedSocket, logger: Logger): RelaySocket {
    const { listen, upstream } = config;
    const relay = new RelaySocket(config, ListenSocket.bind(config.listen), logger);
    const { exposure } = relay.#socket;
    if (exposure !== undefined)
      logger.warn(`${listen} may be removed or replaced by others than root and this user: ${exposure}`);
    try {
      relay.#giveAccess(relay.#socket, currentAccess(config, upstream));
    } catch (error) {
      relay.#socket.discard();
      throw new ListenError(config.listen, (error as Error).message, { cause: error });
    }
    return relay;
  }

  /** The same listening socket under a changed configuration. The predecessor must not be used any more. */
  succeed(config: RelayedSocket): RelaySocket {
    const successor = new RelaySocket(config, this.#socket, this.#logger);
    successor.#relaying = this.#relaying;
    successor.#access = this.#access;
    return successor;
  }

  /** Lets clients connect and relays them. @throws ListenError */
  open(pool: RelayPool, watch: Watch): void {
    this.#socket.listen();
    this.#relay(pool, watch);
    const { listen, upstream } = this.config;
    this.#logger.info(`relaying ${listen} -> ${upstream}`);
    this.#sayCredentials(pool);
    this.#sayPlace();
    if (!upstream.startsWith('@') && !existsSync(upstream)) this.#logger.warn(`${upstream} is not there yet`);
  }

  /**
   * Relays under the present configuration instead of that of its predecessor, without a moment in which a
   * client would be refused. Returns what the open connections go on under.
   */
  async reopen(pool: RelayPool, watch: Watch): Promise<Relaying | undefined> {
    const previous = this.#relaying;
    previous?.leave();
    await previous?.stopAccepting();
    try {
      this.#giveAccess(this.#socket, currentAccess(this.config, this.config.upstream));
    } catch (error) {
      // The socket is live: a wrong owner must not take it down.
      this.#logger.error(`${this.config.listen} keeps its old owner and mode: ${(error as Error).message}`);
    }
    this.#relay(pool, watch);
    if (previous !== undefined) this.#relaying?.inherit(previous);
    this.#logger.info(`relaying ${this.config.listen} -> ${this.config.upstream} (changed)`);
    this.#sayCredentials(pool);
    this.#sayPlace();
    return previous;
  }

  /** Stops listening and removes the socket file. Returns what the open connections go on under. */
  async close(): Promise<Relaying | undefined> {
    const relaying = this.#relaying;
    this.#relaying = undefined;
    await relaying?.stopAccepting();
    try {
      this.#socket.close();
    } catch (error) {
      this.#logger.warn(`${this.config.listen} stays behind: ${(error as Error).message}`);
    }
    return relaying;
  }

  /** Resolves when what is relayed is captured as configured, or never will be. */
  async captured(): Promise<void> {
    await this.#relaying?.captured();
  }

  /** Captures otherwise from now on. */
  async capture(capture: SocketCapture | undefined): Promise<void> {
    await this.#relaying?.capture(capture);
  }

  /** Nothing can be captured as configured. False when that is known. */
  giveUpCapture(): boolean {
    return this.#relaying?.giveUpCapture() === true;
  }

  /** What is going on there, once it has been opened. */
  get relaying(): Relaying | undefined {
    return this.#relaying;
  }

  isRelayedBy(pool: RelayPool, listener: number): boolean {
    return this.#relaying?.is(pool, listener) === true;
  }

  /** Whether clients that connect to its path reach it. */
  get isInPlace(): boolean {
    return this.#socket.isInPlace;
  }

  /** Paths at which something may happen that it has to follow. */
  get places(): string[] {
    const { listen, upstream } = this.config;
    const places = new Set([listen, upstream, realSocketPath(upstream)]);
    return [...places].filter((path) => !path.startsWith('@'));
  }

  /**
   * Has the access of its upstream as that is now. While there is no upstream it keeps what it has: nobody can reach
   * anything through it. `anew`: whether it seems to have it already or not.
   */
  followAccess({ anew }: { anew: boolean }): void {
    try {
      const wanted = currentAccess(this.config, this.config.upstream);
      if (wanted.isPending || (!anew && isDeepStrictEqual(wanted, this.#access))) return;
      this.#giveAccess(this.#socket, wanted);
    } catch (error) {
      this.#warn(`${this.config.listen} keeps its old owner and mode: ${(error as Error).message}`);
    }
  }

  /**
   * Binds and relays the path anew, on which something else is, or nothing. What was relayed goes on until its
   * connections have ended; whoever waits in the old backlog is still to be accepted.
   *
   * @throws ListenError; all is as before then.
   */
  bindAnew(pool: RelayPool, watch: Watch): FormerSocket {
    const { listen, upstream } = this.config;
    const former = { socket: this.#socket, relaying: this.#relaying };
    const socket = ListenSocket.bind(listen);
    try {
      const wanted = currentAccess(this.config, upstream);
      this.#giveAccess(socket, wanted.isPending ? (this.#access ?? wanted) : wanted);
      socket.listen();
    } catch (error) {
      socket.discard();
      throw new ListenError(listen, (error as Error).message, { cause: error });
    }
    this.#socket = socket;
    this.#relay(pool, watch);
    return former;
  }

  #relay(pool: RelayPool, watch: Watch): void {
    const { listen, upstream, connect_timeout, idle_timeout } = this.config;
    this.#relaying = new Relaying(
      pool,
      this.#socket.fd,
      listen,
      {
        upstream,
        place: this.#place,
        connectTimeoutMs: connect_timeout,
        idleTimeoutMs: idle_timeout,
        isShared: asksPeers(this.config, watch.attributes),
        container: this.config.container?.id,
        credentials: usedCredentials(this.config, pool.credentials.obstacle),
      },
      watch,
    );
  }

  #sayCredentials(pool: RelayPool): void {
    const notice = credentialsNotice(this.config, pool.credentials.obstacle);
    if (notice !== undefined) this.#logger[notice.level](notice.text);
  }

  #sayPlace(): void {
    const { refusal } = this.#place;
    if (refusal !== undefined) this.#logger.warn(`no client reaches ${this.config.upstream}: ${refusal}`);
  }

  #giveAccess(socket: ListenSocket, wanted: CurrentAccess): void {
    let refused: string | undefined;
    socket.withFile((file) => {
      refused = giveAccess(file, wanted, this.config);
    });
    this.#access = wanted;
    this.#warn(refused === undefined ? undefined : `cannot give ${this.config.listen} the ${refused}`);
  }

  #warn(warning: string | undefined): void {
    if (warning !== undefined && warning !== this.#warning) this.#logger.warn(warning);
    this.#warning = warning;
  }
}
