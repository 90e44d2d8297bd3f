import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { settlesBefore } from '../../async/deadline.js';
import { Serial } from '../../async/serial.js';
import type { Containers } from '../../identity/containers.js';
import { ListenError } from '../../linux/unix-listener.js';
import type { SocketCapture } from '../../processors/observer.js';
import type { SeriesTable } from '../../telemetry/series-table.js';
import type { UdsReceiverConfig } from './config.js';
import { FailureRate } from './pool/failure-rate.js';
import { poolSettings } from './pool/pool-settings.js';
import type { RelayPool } from './pool/relay-pool.js';
import { startPool } from './pool/start-pool.js';
import { UnattributedFlows } from './pool/unattributed-flows.js';
import { checkStrategies } from './sockets/check-strategies.js';
import { FormerSockets } from './sockets/former-sockets.js';
import { HopBook, type PreparedHops, ReceiverHops } from './sockets/hop-book.js';
import { RelaySocket } from './sockets/relay-socket.js';
import type { RelayedSocket } from './sockets/relayed-socket.js';
import type { Relaying, Watch } from './sockets/relaying.js';
import { checkCredentials } from './sockets/socket-credentials.js';
import { SocketKeeper } from './sockets/socket-keeper.js';

export interface UdsReceiverContext {
  id: string;
  table: SeriesTable;
  /** Of ATTRIBUTION_INSTRUMENTS. */
  attribution: SeriesTable;
  containers: Containers;
  /** Where the sockets of all receivers of the agent lead. Left out: there is no other receiver. */
  hops?: HopBook;
  logger: Logger;
  /** Something happened that the receiver cannot go on from. */
  fatal(error: unknown): void;
}

/** What a receiver is to relay, and how its series are to be named. */
export interface UdsReceiverSettings {
  config: UdsReceiverConfig;
  /** Names of the container attributes that become attributes of the metrics. */
  attributes: readonly string[];
  /** How each socket is captured. Left out: not at all. */
  capture?: (socket: RelayedSocket) => SocketCapture | undefined;
  /** Where proc(5) is mounted. Default: /proc. */
  procRoot?: string;
}

/** A change that has been made possible and is not visible yet. Exactly one of the two must be called. */
export interface PreparedChange {
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** Relays the configured sockets, and those that are added while it runs. */
export class UdsReceiver {
  readonly #context: UdsReceiverContext;
  readonly #logger: Logger;
  readonly #unattributed: UnattributedFlows;
  #settings: UdsReceiverSettings | undefined;
  #pool: RelayPool | undefined;
  /** By the path they listen on. */
  #sockets = new Map<string, RelaySocket>();
  /** Those that were added while it ran, by the same. */
  readonly #added = new Map<string, RelayedSocket>();
  readonly #hops: ReceiverHops;
  /** What accepts no more but still has connections. */
  readonly #draining = new Map<Relaying, Promise<void>>();
  /** Pools that end when their last connection does. */
  readonly #retired = new Set<RelayPool>();
  readonly #keeper: SocketKeeper;
  readonly #formers = new FormerSockets();
  readonly #failures = new FailureRate();
  /** Commits and shutdowns change the sockets one after the other. */
  readonly #changes = new Serial();

  constructor(context: UdsReceiverContext) {
    this.#context = context;
    this.#logger = context.logger;
    this.#hops = new ReceiverHops(context.hops ?? new HopBook());
    this.#keeper = new SocketKeeper({
      socketAt: (listen) => this.#sockets.get(listen),
      bindAnew: (listen) => this.#changes.run(() => this.#bindAnew(listen)),
      logger: this.#logger,
    });
    for (const table of [context.table, context.attribution]) table.onReading(() => this.drainReports());
    this.#unattributed = new UnattributedFlows(context.attribution, context.id);
  }

  /**
   * Makes whatever may fail about a configuration, the first or a new one: threads, and sockets on new
   * paths. Committing then replaces, adds and removes; it never ends a connection.
   *
   * @throws ListenError, CredentialsError, SystemCallError, StrategyError; nothing has changed then.
   */
  async prepare(settings: UdsReceiverSettings): Promise<PreparedChange> {
    const { config } = settings;
    const added: RelaySocket[] = [];
    let pool: RelayPool | undefined;
    let hops: PreparedHops | undefined;
    const rollback = async () => {
      hops?.rollback();
      for (const socket of added) await socket.close();
      await pool?.exit();
    };
    try {
      await checkStrategies(settings);
      if (!isDeepStrictEqual(poolSettings(settings), this.#pool?.settings))
        pool = await this.#startPool(settings);
      const { credentials } = pool ?? this.#runningPool();
      await credentials.learn([...config.sockets, ...this.#added.values()]);
      hops = this.#hops.prepare(config.sockets);
      const paths = new Set<string>();
      for (const socket of config.sockets) {
        // The second would replace the first, which does not listen yet and looks like a dead one's.
        if (paths.has(socket.listen)) throw new ListenError(socket.listen, 'two sockets are to listen there');
        paths.add(socket.listen);
        checkCredentials(socket, credentials.obstacle);
        if (!this.#sockets.has(socket.listen)) added.push(RelaySocket.bind(socket, this.#logger));
      }
    } catch (error) {
      await rollback();
      throw error;
    }
    const commit = () => {
      hops.commit();
      return this.#apply(settings, pool, added);
    };
    return { commit: () => this.#changes.run(commit), rollback };
  }

  /** Learns now of all that its threads have begun to count. */
  drainReports(): void {
    this.#pool?.drainReports();
    for (const pool of this.#retired) pool.drainReports();
  }

  /** The configuration it runs under; undefined before the first. */
  get settings(): UdsReceiverSettings | undefined {
    return this.#settings;
  }

  /** Relay threads at present. */
  get threads(): number {
    return this.#pool?.settings.threads ?? 0;
  }

  /** The socket that listens there. */
  socketAt(listen: string): RelaySocket | undefined {
    return this.#sockets.get(listen);
  }

  /** The sockets that are being relayed. */
  get sockets(): Iterable<RelaySocket> {
    return this.#sockets.values();
  }

  /** Why clients do not reach the socket that ought to listen there, if they do not. */
  problemOf(listen: string): string | undefined {
    return this.#keeper.problemOf(listen);
  }

  /** Whether a socket was added while it ran. */
  isAdded(listen: string): boolean {
    return this.#added.has(listen);
  }

  /** What still goes on of a path that is relayed otherwise now, or not any more. */
  drainingOf(listen: string): Relaying[] {
    return [...this.#draining.keys()].filter(({ path }) => path === listen);
  }

  /**
   * Relays a socket beside the configured ones, also after a reload.
   *
   * @throws ListenError, a LoopError among them, and CredentialsError
   */
  add(socket: RelayedSocket): Promise<void> {
    return this.#changes.run(async () => {
      if (this.#sockets.has(socket.listen)) throw new ListenError(socket.listen, 'it is relayed already');
      this.#hops.add(socket);
      try {
        await this.#runningPool().credentials.learn([socket]);
        this.#open(socket);
      } catch (error) {
        this.#hops.remove(socket.listen);
        throw error;
      }
      this.#added.set(socket.listen, socket);
      this.#keeper.keep(socket.listen);
    });
  }

  /**
   * Ends a socket that was added. Its connections go on, unless `isFinal`: whoever it was for has ended, and what is
   * left of them is cut.
   */
  remove(listen: string, isFinal: boolean): Promise<void> {
    return this.#changes.run(async () => {
      const socket = this.#sockets.get(listen);
      if (!this.#added.delete(listen) || socket === undefined) return;
      this.#sockets.delete(listen);
      this.#hops.remove(listen);
      this.#drain(await this.#close(socket));
      if (!isFinal) return;
      for (const draining of this.drainingOf(listen)) {
        draining.finish();
        draining.cut();
      }
    });
  }

  /**
   * Stops accepting, waits for the connections to end until `deadlineMs` (as of `deadlineNow`), then cuts them.
   * Idempotent, and legal before start. Of several calls the earliest deadline counts.
   */
  async shutdown(deadlineMs: number): Promise<void> {
    await this.#changes.run(() => this.#stopAccepting());
    const drained = Promise.all(this.#draining.values());
    if (!(await settlesBefore(drained, deadlineMs))) {
      this.#logger.warn('cutting the connections that are still open');
      for (const relaying of this.#draining.keys()) relaying.cut();
      await drained;
    }
    await Promise.all([...this.#retired].map((pool) => pool.exit()));
  }

  async #stopAccepting(): Promise<void> {
    this.#keeper.close();
    const closing = Array.from(this.#sockets.values(), (socket) => this.#close(socket));
    for (const relaying of await Promise.all(closing)) this.#drain(relaying);
    this.#sockets.clear();
    this.#hops.clear();
    if (this.#pool !== undefined) this.#retire(this.#pool);
    this.#pool = undefined;
  }

  async #apply(
    settings: UdsReceiverSettings,
    newPool: RelayPool | undefined,
    added: RelaySocket[],
  ): Promise<void> {
    const previous = { settings: this.#settings, pool: this.#pool, sockets: this.#sockets };
    this.#settings = settings;
    this.#pool = newPool ?? previous.pool;
    // Of those that were added since this was prepared.
    await this.#runningPool().credentials.learn([...this.#added.values()]);
    this.#sockets = new Map(added.map((socket) => [socket.config.listen, socket]));
    for (const socket of added) socket.open(this.#runningPool(), this.#watch(socket.config));
    const isChanged =
      newPool !== undefined || !isDeepStrictEqual(settings.attributes, previous.settings?.attributes);
    for (const { listen } of settings.config.sockets) this.#added.delete(listen);
    for (const config of [...settings.config.sockets, ...this.#added.values()]) {
      const socket = previous.sockets.get(config.listen);
      if (socket === undefined) {
        if (!this.#sockets.has(config.listen)) this.#openLate(config);
        continue;
      }
      previous.sockets.delete(config.listen);
      const isSame = !isChanged && isDeepStrictEqual(socket.config, config);
      if (isSame) socket.followAccess({ anew: true });
      this.#sockets.set(config.listen, isSame ? socket : await this.#carryOver(socket, config));
      await this.#captureAnew(config);
    }
    for (const socket of previous.sockets.values()) {
      this.#drain(await this.#close(socket));
      this.#logger.info(`no longer relaying ${socket.config.listen}`);
    }
    if (newPool !== undefined && previous.pool !== undefined) this.#retire(previous.pool);
    for (const listen of this.#sockets.keys()) this.#keeper.keep(listen);
    // It is relayed meanwhile; but who is told that all is ready may count on being seen.
    await Promise.all([...this.#sockets.values()].map((socket) => socket.captured()));
  }

  /** A socket that was added at run time, and has been removed since it was found to be there. */
  #openLate(config: RelayedSocket): void {
    try {
      this.#open(config);
    } catch (error) {
      this.#logger.error(`${config.name} is not relayed: ${(error as Error).message}`);
    }
  }

  #open(socket: RelayedSocket): void {
    checkCredentials(socket, this.#runningPool().credentials.obstacle);
    const relay = RelaySocket.bind(socket, this.#logger);
    relay.open(this.#runningPool(), this.#watch(socket));
    this.#sockets.set(socket.listen, relay);
  }

  /** Of a socket whose path leads elsewhere, or nowhere. False when there is no such. */
  async #bindAnew(listen: string): Promise<boolean> {
    const socket = this.#sockets.get(listen);
    if (socket === undefined || socket.isInPlace) return false;
    const former = socket.bindAnew(this.#runningPool(), this.#watch(socket.config));
    this.#drain(former.relaying);
    this.#formers.add(listen, former, () => socket.relaying);
    return true;
  }

  /** What goes on of it is the result. */
  async #close(socket: RelaySocket): Promise<Relaying | undefined> {
    this.#keeper.release(socket.config.listen);
    await this.#formers.close(socket.config.listen);
    return socket.close();
  }

  async #carryOver(socket: RelaySocket, config: RelayedSocket): Promise<RelaySocket> {
    await this.#formers.close(config.listen);
    const successor = socket.succeed(config);
    this.#drain(await successor.reopen(this.#runningPool(), this.#watch(config)));
    return successor;
  }

  #runningPool(): RelayPool {
    if (this.#pool === undefined) throw new Error('the receiver has no relay threads');
    return this.#pool;
  }

  /** What open connections of a socket are captured by, those of earlier configurations included. */
  async #captureAnew(config: RelayedSocket): Promise<void> {
    const capture = this.#settings?.capture?.(config);
    await this.#sockets.get(config.listen)?.capture(capture);
    for (const relaying of this.#draining.keys()) {
      if (relaying.path === config.listen) await relaying.capture(capture);
    }
  }

  #watch(socket: RelayedSocket): Watch {
    const { table, containers } = this.#context;
    const attributes = this.#settings?.attributes ?? [];
    const unattributed = this.#unattributed;
    return {
      socket,
      attributes,
      table,
      containers,
      unattributed,
      capture: this.#settings?.capture?.(socket),
    };
  }

  #drain(relaying: Relaying | undefined): void {
    if (relaying === undefined) return;
    const ended = relaying.ended().then(() => void this.#draining.delete(relaying));
    this.#draining.set(relaying, ended);
  }

  #retire(pool: RelayPool): void {
    this.#retired.add(pool);
    void pool.leave().then(() => this.#retired.delete(pool));
  }

  /**
   * A relay thread has failed, and lost its connections. New threads accept from now on; the connections of the others
   * stay with them until they end.
   */
  #replaceThreads(pool: RelayPool, error: unknown): void {
    if (pool !== this.#pool) {
      this.#logger.error({ err: error }, 'a relay thread failed; the connections it still had are lost');
      return;
    }
    if (!this.#failures.isBearable()) {
      this.#context.fatal(error);
      return;
    }
    this.#logger.error(
      { err: error },
      'a relay thread failed; its connections are lost, new threads take over',
    );
    const replaced = this.#changes.run(async () => {
      if (this.#pool !== pool || this.#settings === undefined) return;
      await this.#apply(this.#settings, await this.#startPool(this.#settings), []);
    });
    replaced.catch((cause) => this.#context.fatal(cause));
  }

  #startPool(settings: UdsReceiverSettings): Promise<RelayPool> {
    const context = {
      ...this.#context,
      died: (pool: RelayPool, error: unknown) => this.#replaceThreads(pool, error),
    };
    return startPool(poolSettings(settings), context, {
      sockets: () => this.#sockets.values(),
      draining: () => this.#draining.keys(),
    });
  }
}
