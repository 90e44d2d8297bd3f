import { isDeepStrictEqual } from 'node:util';
import { Serial } from '../../async/serial.js';
import { DEFAULT_CONTAINERS_DIRECTORY } from '../../layout/default-paths.js';
import { makeReplyDirectory, replyDirectory } from '../../layout/reply-directory.js';
import { takeoverDirectory } from '../../layout/takeover-records.js';
import { ListenError } from '../../linux/unix-listener.js';
import { type DescriptorStore, NO_STORE } from '../../store/descriptor-store.js';
import type { SeriesTable } from '../../telemetry/series-table.js';
import type { PreparedChange, Receiver, ReceiverContext } from '../receiver.js';
import { CLOSED, OPENED } from './counters.js';
import { poolSettings } from './pool/pool-settings.js';
import type { RelayPool } from './pool/relay-pool.js';
import { RelayPools } from './pool/relay-pools.js';
import { ThreadFailures } from './pool/thread-failures.js';
import { UnattributedFlows } from './pool/unattributed-flows.js';
import type { UdsReceiverSettings } from './settings.js';
import { checkStrategies } from './sockets/check-strategies.js';
import { HopBook, type PreparedHops, ReceiverHops } from './sockets/hop-book.js';
import { LeavingSockets } from './sockets/leaving-sockets.js';
import { RelaySocket, type RelaySocketContext, type SocketRelay } from './sockets/relay-socket.js';
import { hopOf, type RelayedSocket } from './sockets/relayed-socket.js';
import { checkCredentials } from './sockets/socket-credentials.js';
import { SocketKeeper } from './sockets/socket-keeper.js';
import { checkTakeovers, putBackOthers } from './sockets/takeovers.js';
import { checkUpstreams } from './sockets/upstream-error.js';

export interface UdsReceiverContext extends ReceiverContext {
  /** Where the sockets of all receivers of the agent lead. Left out: there is no other receiver. */
  hops?: HopBook;
  /** Keeps listening sockets for the next process. Left out: nothing does. */
  store?: DescriptorStore;
  /** As of RelaySocketContext. Left out: no other process ever reads its sockets. */
  readable?: RelaySocketContext['readable'];
}

/** Relays the configured sockets, and those that are added while it runs. */
export class UdsReceiver implements Receiver<UdsReceiverSettings> {
  readonly #context: UdsReceiverContext;
  readonly #socketContext: RelaySocketContext;
  readonly #pools: RelayPools;
  #settings: UdsReceiverSettings | undefined;
  /** By the path they listen on. */
  #sockets = new Map<string, RelaySocket>();
  /** Those that were added while it ran, by the same. */
  readonly #added = new Map<string, RelayedSocket>();
  readonly #hops: ReceiverHops;
  readonly #leaving = new LeavingSockets();
  readonly #keeper: SocketKeeper;
  readonly #failures: ThreadFailures;
  /** Directory of the records of paths that are taken over. */
  #takeovers = takeoverDirectory(DEFAULT_CONTAINERS_DIRECTORY);
  #replies = replyDirectory(DEFAULT_CONTAINERS_DIRECTORY);
  /** Commits and shutdowns change the sockets one after the other. */
  readonly #changes = new Serial();
  #hasRetired = false;

  constructor(context: UdsReceiverContext) {
    const { table, attribution, containers, logger, id } = context;
    this.#context = context;
    const unattributed = new UnattributedFlows(attribution, id);
    const lookAt = (listen: string) => this.#keeper.lookAt(listen);
    const store = context.store ?? NO_STORE;
    const takeovers = () => this.#takeovers;
    const replies = () => makeReplyDirectory(this.#replies);
    const readable = context.readable ?? (() => undefined);
    const own = { store, lookAt, takeovers, replies, readable };
    this.#socketContext = { table, containers, unattributed, logger, ...own };
    this.#hops = new ReceiverHops(context.hops ?? new HopBook());
    const failures = new ThreadFailures(id);
    this.#failures = failures;
    this.#pools = new RelayPools({
      ...context,
      replace: (pool) => this.#replacePool(pool),
      failed: () => failures.count(),
    });
    this.#keeper = new SocketKeeper({
      socketAt: (listen) => this.#sockets.get(listen),
      bindAnew: (listen) => this.#changes.run(() => this.#bindAnew(listen)),
      logger,
    });
    for (const each of [table, attribution]) each.onReading(() => this.drainReports());
  }

  /**
   * Makes whatever may fail about a configuration, the first or a new one: threads, and sockets on new
   * paths. Committing then replaces, adds and removes; it never ends a connection.
   *
   * @throws ListenError, UpstreamError, CredentialsError, SystemCallError, StrategyError; nothing has changed then.
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
      checkUpstreams(config.sockets);
      checkTakeovers(config.sockets, this.#sockets);
      this.#takeovers = takeoverDirectory(config.containers.directory);
      this.#replies = replyDirectory(config.containers.directory);
      if (this.#settings === undefined) putBackOthers(config.sockets, this.#socketContext);
      await checkStrategies(
        settings.config.sockets.map((socket) => settings.capture?.(socket)?.settings.strategy),
      );
      const wanted = poolSettings(settings);
      if (!isDeepStrictEqual(wanted, this.#pools.current?.settings)) pool = await this.#pools.start(wanted);
      const { credentials } = pool ?? this.#pools.running;
      await credentials.learn([...config.sockets, ...this.#added.values()]);
      hops = this.#hops.prepare(config.sockets.map(hopOf));
      const paths = new Set<string>();
      for (const socket of config.sockets) {
        // The second would replace the first, which does not listen yet and looks like a dead one's.
        if (paths.has(socket.listen)) throw new ListenError(socket.listen, 'two sockets are to listen there');
        paths.add(socket.listen);
        checkCredentials(socket, credentials.obstacle);
        if (!this.#sockets.has(socket.listen)) added.push(RelaySocket.bind(socket, this.#socketContext));
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

  /** Does what takes most time of a first `prepare`, and can be done before there is anything to relay: it starts the threads. */
  async warmUp(settings: UdsReceiverSettings): Promise<void> {
    await this.#pools.prepare(poolSettings(settings));
  }

  /** Handles now what its threads have reported so far. */
  drainReports(): void {
    this.#pools.drainReports();
  }

  /** How its relay threads fare: of RELAY_THREAD_INSTRUMENTS. */
  get threadTable(): SeriesTable {
    return this.#failures.table;
  }

  get settings(): UdsReceiverSettings | undefined {
    return this.#settings;
  }

  /** Relay threads at present. */
  get threads(): number {
    return this.#pools.current?.settings.threads ?? 0;
  }

  /** The socket that listens there. */
  socketAt(listen: string): RelaySocket | undefined {
    return this.#sockets.get(listen);
  }

  /** The sockets that are being relayed. */
  get sockets(): Iterable<RelaySocket> {
    return this.#sockets.values();
  }

  /** Why clients do not reach the socket that should listen there, if they do not. */
  problemOf(listen: string): string | undefined {
    return this.#keeper.problemOf(listen);
  }

  /** Whether a socket was added while it ran. */
  isAdded(listen: string): boolean {
    return this.#added.has(listen);
  }

  /** Earlier sockets of a path that still have connections. */
  leavingAt(listen: string): RelaySocket[] {
    return this.#leaving.at(listen);
  }

  /**
   * Relays a socket beside the configured ones, also after a reload.
   *
   * @throws ListenError, a LoopError among them, and CredentialsError
   */
  add(socket: RelayedSocket): Promise<void> {
    return this.#changes.run(async () => {
      if (this.#sockets.has(socket.listen)) throw new ListenError(socket.listen, 'it is relayed already');
      this.#hops.add(hopOf(socket));
      try {
        await this.#pools.running.credentials.learn([socket]);
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
   * Ends a socket that was added. Its connections go on, unless `isFinal`: the container it was for has ended, and what
   * is left of them is cut.
   */
  remove(listen: string, isFinal: boolean): Promise<void> {
    return this.#changes.run(async () => {
      if (this.#hasRetired) {
        if (isFinal) for (const socket of this.#leaving.at(listen)) socket.endWithContainer();
        return;
      }
      const socket = this.#sockets.get(listen);
      if (!this.#added.delete(listen) || socket === undefined) return;
      this.#sockets.delete(listen);
      this.#hops.remove(listen);
      await this.#close(socket, isFinal);
    });
  }

  /** Stops accepting for good, and leaves its listening sockets to another process that accepts on them. Open connections go on. */
  retire(): Promise<void> {
    return this.#changes.run(async () => {
      this.#hasRetired = true;
      this.#keeper.close();
      const sockets = [...this.#sockets.values()];
      this.#sockets.clear();
      await Promise.all(
        sockets.map(async (socket) => {
          await socket.leave();
          this.#leaving.add(socket);
        }),
      );
      this.#pools.retire(this.#pools.use(undefined));
    });
  }

  /** Resolves when the sockets that are not relayed any more have no connection left. */
  drained(): Promise<void> {
    return this.#leaving.drained();
  }

  /** Connections that are open. */
  get connections(): number {
    const rows = [...this.#sockets.values(), ...this.#leaving].flatMap((each) => each.totals() ?? []);
    return rows.reduce((sum, row) => sum + row[OPENED] - row[CLOSED], 0);
  }

  /**
   * Stops accepting, waits for the connections to end until `deadlineMs` (as of `deadlineNow`), then cuts them.
   * Idempotent, and legal before start. Of several calls the earliest deadline counts.
   */
  async shutdown(deadlineMs: number): Promise<void> {
    await this.#changes.run(() => this.#stopAccepting());
    const { logger } = this.#context;
    await this.#leaving.drainedBefore(deadlineMs, () =>
      logger.warn('cutting the connections that are still open'),
    );
    await this.#pools.exit();
  }

  async #stopAccepting(): Promise<void> {
    this.#keeper.close();
    await Promise.all(Array.from(this.#sockets.values(), (socket) => this.#close(socket, false)));
    this.#sockets.clear();
    this.#hops.clear();
    this.#pools.retire(this.#pools.use(undefined));
  }

  async #apply(
    settings: UdsReceiverSettings,
    newPool: RelayPool | undefined,
    added: RelaySocket[],
  ): Promise<void> {
    const former = { settings: this.#settings, sockets: this.#sockets };
    this.#settings = settings;
    const formerPool = newPool === undefined ? undefined : this.#pools.use(newPool);
    // Some may have been added since this was prepared; threads that take over from failed ones have learnt nothing yet.
    await this.#pools.running.credentials.learn([...settings.config.sockets, ...this.#added.values()]);
    // One that was added at run time since then has taken the path over, and goes on.
    const isReplaced = ({ config }: RelaySocket) => former.sockets.has(config.listen);
    for (const socket of added.filter(isReplaced)) await socket.close();
    const needed = added.filter((socket) => !isReplaced(socket));
    this.#sockets = new Map(needed.map((socket) => [socket.config.listen, socket]));
    for (const socket of needed) socket.open(this.#relay(socket.config));
    const isChanged =
      newPool !== undefined || !isDeepStrictEqual(settings.attributes, former.settings?.attributes);
    for (const { listen } of settings.config.sockets) this.#added.delete(listen);
    for (const config of [...settings.config.sockets, ...this.#added.values()]) {
      const socket = former.sockets.get(config.listen);
      former.sockets.delete(config.listen);
      if (socket !== undefined) await this.#keepOpen(socket, config, isChanged);
      else if (!this.#sockets.has(config.listen)) this.#openLate(config);
    }
    for (const socket of former.sockets.values()) {
      await this.#close(socket, false);
      this.#context.logger.info(`no longer relaying ${socket.config.listen}`);
    }
    this.#pools.retire(formerPool);
    for (const listen of this.#sockets.keys()) this.#keeper.keep(listen);
    // All is relayed meanwhile; but a client that waits for the commit may count on being captured.
    await Promise.all([...this.#sockets.values()].map((socket) => socket.captured()));
  }

  /** Goes on with a socket, changed or not. */
  async #keepOpen(socket: RelaySocket, config: RelayedSocket, isChanged: boolean): Promise<void> {
    const { listen } = config;
    const relay = this.#relay(config);
    if (isChanged || !isDeepStrictEqual(socket.config, config)) await socket.change(config, relay);
    else socket.file.followAccess({ anew: true });
    this.#sockets.set(listen, socket);
    for (const each of [socket, ...this.#leaving.at(listen)]) await each.capture(relay.capture);
  }

  /** Opens a configured socket that was there when this was prepared, as one added at run time, and is removed by now. */
  #openLate(config: RelayedSocket): void {
    try {
      this.#open(config);
    } catch (error) {
      this.#context.logger.error(`${config.name} is not relayed: ${(error as Error).message}`);
    }
  }

  #open(config: RelayedSocket): void {
    checkCredentials(config, this.#pools.running.credentials.obstacle);
    const socket = RelaySocket.bind(config, this.#socketContext);
    socket.open(this.#relay(config));
    this.#sockets.set(config.listen, socket);
  }

  /** Binds a socket anew whose path leads elsewhere, or nowhere, or whose type is not that of its upstream. False when it was in place. */
  async #bindAnew(listen: string): Promise<boolean> {
    const socket = this.#sockets.get(listen);
    if (socket === undefined) return false;
    const { isInPlace, hasItsType } = socket.file;
    if (isInPlace && hasItsType) return false;
    socket.bindAnew(this.#relay(socket.config));
    if (!hasItsType) {
      const { name, upstream } = socket.config;
      this.#context.logger.info(
        `upstream ${upstream} of ${name} is of type ${socket.file.type} now, and so is ${listen}`,
      );
    }
    return !isInPlace;
  }

  async #close(socket: RelaySocket, isFinal: boolean): Promise<void> {
    this.#keeper.release(socket.config.listen);
    await socket.close({ isFinal });
    this.#leaving.add(socket);
  }

  /** How a socket is relayed at present. */
  #relay(config: RelayedSocket): SocketRelay {
    const { attributes = [], capture } = this.#settings ?? {};
    return { pool: this.#pools.running, attributes, capture: capture?.(config) };
  }

  #replacePool(pool: RelayPool): Promise<void> {
    return this.#changes.run(async () => {
      if (this.#pools.current !== pool || this.#settings === undefined) return;
      await this.#apply(this.#settings, await this.#pools.start(poolSettings(this.#settings)), []);
    });
  }
}
