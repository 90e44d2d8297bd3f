import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import type { SocketCapture } from '../../processors/observer.js';
import { asksPeers } from './attributes.js';
import { ListenError, ListenSocket } from './listen-socket.js';
import { realSocketPath } from './loops.js';
import type { RelayPool } from './relay-pool.js';
import type { RelayedSocket } from './relayed-socket.js';
import { Relaying, type Watch } from './relaying.js';
import { applyAccess } from './socket-access.js';

/** A configured socket: what it listens on, and the relaying that is going on there. */
export class RelaySocket {
  readonly #socket: ListenSocket;
  readonly #logger: Logger;
  #relaying: Relaying | undefined;
  #accessPending = false;

  private constructor(
    readonly config: RelayedSocket,
    socket: ListenSocket,
    logger: Logger,
  ) {
    this.#socket = socket;
    this.#logger = logger;
  }

  /** Binds the configured path. Nobody can connect before `open`. @throws ListenError */
  static bind(config: RelayedSocket, logger: Logger): RelaySocket {
    const { listen, upstream } = config;
    // Behind a symbolic link no reader of the configuration sees it.
    if (realSocketPath(upstream) === realSocketPath(listen)) {
      throw new ListenError(listen, `its upstream ${upstream} is the same socket`);
    }
    const relay = new RelaySocket(config, ListenSocket.bind(config.listen), logger);
    try {
      relay.#applyAccess();
    } catch (error) {
      relay.#socket.close();
      throw new ListenError(config.listen, (error as Error).message, { cause: error });
    }
    return relay;
  }

  /** The same listening socket under a changed configuration. The predecessor must not be used any more. */
  succeed(config: RelayedSocket): RelaySocket {
    const successor = new RelaySocket(config, this.#socket, this.#logger);
    successor.#relaying = this.#relaying;
    return successor;
  }

  /** Lets clients connect and relays them. @throws ListenError */
  open(pool: RelayPool, watch: Watch): void {
    this.#socket.listen();
    this.#relay(pool, watch);
    const { listen, upstream } = this.config;
    this.#logger.info(`relaying ${listen} -> ${upstream}`);
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
      this.#applyAccess();
    } catch (error) {
      // The socket is live: a wrong owner must not take it down.
      this.#logger.error(`${this.config.listen} keeps its old owner and mode: ${(error as Error).message}`);
    }
    this.#relay(pool, watch);
    if (previous !== undefined) this.#relaying?.inherit(previous);
    this.#logger.info(`relaying ${this.config.listen} -> ${this.config.upstream} (changed)`);
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

  /** Whether the upstream was missing when its mode and owner were to be inherited. */
  get accessPending(): boolean {
    return this.#accessPending;
  }

  /** Tries again to inherit. */
  retryAccess(): void {
    try {
      this.#applyAccess();
    } catch (error) {
      this.#logger.warn(
        `cannot set the owner and mode of ${this.config.listen}: ${(error as Error).message}`,
      );
    }
  }

  #relay(pool: RelayPool, watch: Watch): void {
    const { listen, upstream, connect_timeout, idle_timeout } = this.config;
    this.#relaying = new Relaying(
      pool,
      this.#socket.fd,
      listen,
      {
        upstream,
        connectTimeoutMs: connect_timeout,
        idleTimeoutMs: idle_timeout,
        isShared: asksPeers(this.config, watch.attributes),
        container: this.config.container?.id,
      },
      watch,
    );
  }

  #applyAccess(): void {
    if (this.#socket.isAbstract) return;
    this.#accessPending = false;
    const { pending, warning } = applyAccess(this.#socket.path, this.config, this.config.upstream);
    this.#accessPending = pending;
    if (warning !== undefined) this.#logger.warn(warning);
  }
}
