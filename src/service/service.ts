import type { Logger } from 'pino';
import type { Reload } from '../api/reload-schema.js';
import type { Upgrade } from '../api/upgrade-schema.js';
import { deadlineNow, settlesBefore } from '../async/deadline.js';
import type { Configuration, ConfiguredOf } from '../configuration/index.js';
import { ExportHealthTables } from '../exporters/health.js';
import { UNMONITORED_INSTRUMENTS } from '../extensions/control/index.js';
import { Containers } from '../identity/containers.js';
import { type ControlPlace, misplacements, type Placed } from '../layout/places.js';
import { EnrichThread } from '../processors/enrich/enrich-thread.js';
import type { PreparedChange } from '../receivers/receiver.js';
import { CLOSED, HopBook, OPENED, UDS_INSTRUMENTS } from '../receivers/uds/index.js';
import type { DescriptorStore } from '../store/descriptor-store.js';
import { type SeriesHandle, SeriesTable } from '../telemetry/series-table.js';
import type { Path } from '../values/finding.js';
import { quote } from '../values/quote.js';
import { AgentController, type AgentHealth } from './agent-controller.js';
import { capturePlan } from './capture-plan.js';
import { createExporterSet, type ExporterSpec } from './exporter-set.js';
import { callExporterSpecs, exporterSpecs, type OfAgent, type Receivers } from './exporter-specs.js';
import { createExtensionSet } from './extension-set.js';
import type { Handover } from './handover.js';
import type { LoadHistory } from './load-history.js';
import { lossesIn } from './losses.js';
import { RunningReceiver } from './running-receiver.js';
import type { RunningSet } from './running-set.js';
import { ComponentStartError, locateStartError } from './start-error.js';
import { isDashboardUsed, usedControls, usedExtensions, usedReceivers } from './used-components.js';

/** How long exporters and the control API may take to end when another process takes over, in ms. */
const RETIRE_MS = 2000;

/** A program that is in no container. */
const SOMEBODY = { container: undefined, executable: undefined };

/** How long cutting the remaining connections may take, in ms. */
const CUT_MS = 1500;

const NO_LIMITS = { maxSeries: Number.POSITIVE_INFINITY, lingerMs: 0 };

export interface ServiceContext {
  logger: Logger;
  /** Further tables of the agent's own health: that of its log. */
  health: readonly SeriesTable[];
  /** Of the configurations that it was given. */
  history: LoadHistory;
  /** Keeps listening sockets for the next process. */
  store: DescriptorStore;
  /** Agents before this one, which count what is shown here. */
  handover: Pick<Handover, 'opened' | 'stopped' | 'refresh' | 'draining'>;
  /** Loads the configuration again. @throws ControlError */
  reload(): Promise<Reload>;
  /** The configuration that holds, for people. */
  configuration(): string;
  /** Has another agent take the place of this one. @throws ControlError */
  upgrade(): Promise<Upgrade>;
  /** Called when the service cannot go on. */
  fatal(error: unknown): void;
}

/** The running agent: receivers, exporters and extensions, and the pipelines between them. */
export class Service {
  readonly #context: ServiceContext;
  readonly #exportHealth = new ExportHealthTables();
  /** Of containers that the runtime wrapper could not have monitored. */
  readonly #unmonitoredTable = new SeriesTable(UNMONITORED_INSTRUMENTS, NO_LIMITS);
  readonly #enrichThread: EnrichThread;
  readonly #exporters: RunningSet<ExporterSpec>;
  readonly #extensions: RunningSet<ConfiguredOf<'extensions'>>;
  readonly #agent: AgentController;
  readonly #containers = new Containers();
  readonly #hops = new HopBook();
  #configuration: Configuration | undefined;
  #receivers: Receivers = new Map();
  /** Those that have been warmed up and not been configured yet. */
  readonly #warm = new Map<string, RunningReceiver>();
  /** The control sockets; while they are replaced, the former and the next. */
  #controls: readonly ControlPlace[] = [];
  #accepted: Promise<void> | undefined;

  constructor(context: ServiceContext) {
    const { logger } = context;
    this.#context = context;
    this.#enrichThread = new EnrichThread(logger);
    const kept = { store: context.store, opened: context.handover.opened };
    this.#exporters = createExporterSet({ logger, healthTables: this.#exportHealth, kept });
    const unmonitored = new Float64Array(UNMONITORED_INSTRUMENTS.width);
    this.#unmonitoredTable.open({}).attach([unmonitored]);
    this.#agent = new AgentController(
      () => this.#receivers,
      () => this.#controls,
      () => this.#agentHealth(),
      () => context.upgrade(),
      () => context.reload(),
      () => context.configuration(),
    );
    this.#extensions = createExtensionSet(logger, {
      kept,
      unmonitored,
      events: () => (this.#enrichThread.isRunning ? this.#enrichThread : undefined),
      agent: this.#agent,
    });
  }

  /**
   * Gets ready for a first configuration that is likely to be this one: nothing is relayed, and no path or port is touched.
   *
   * @throws Error
   */
  async warmUp(configuration: Configuration): Promise<void> {
    const { attributes } = configuration.service.telemetry.metrics;
    for (const { id, config } of usedReceivers(configuration)) {
      const receiver = this.#createReceiver(id);
      this.#warm.set(id, receiver);
      await receiver.warmUp(config, attributes);
    }
  }

  /**
   * Applies a configuration, the first or another: everything that may fail comes first, then the exporters, then the receivers,
   * so that nothing is relayed that is not observed.
   *
   * @throws Error when it cannot be done (a port or path in use, …); nothing has changed then.
   */
  async apply(configuration: Configuration): Promise<void> {
    const { attributes, max_series, linger } = configuration.service.telemetry.metrics;
    const next = new Map<string, RunningReceiver>();
    const changes: PreparedChange[] = [];
    const [controls, formerControls] = [controlPlaces(configuration), this.#controls];
    try {
      this.#checkAdded(controls);
      this.#controls = [...formerControls, ...controls];
      for (const { id, config } of usedReceivers(configuration)) {
        const running = this.#receivers.get(id) ?? this.#warm.get(id) ?? this.#createReceiver(id);
        next.set(id, running);
        const plan = configuration.telemetryDisabled ? undefined : capturePlan(configuration, id);
        changes.push(await running.prepare(config, attributes, plan));
      }
      await this.#extensions.replace(usedExtensions(configuration));
      const specs = exporterSpecs(configuration, next, this.#ofAgent);
      await this.#holdingCalls(() => this.#exporters.replace(specs));
    } catch (error) {
      for (const change of changes.reverse()) await change.rollback();
      this.#controls = formerControls;
      throw locateStartError(error, configuration);
    }
    this.#controls = controls;
    this.#agent.keepHistory(isDashboardUsed(configuration), this.#context.logger);
    // Extensions show events, so events are remembered from now on.
    if (configuration.service.extensions.length > 0) this.#enrichThread.watch();
    for (const { id, config } of usedReceivers(configuration)) {
      const { series: ownerSeries } = config.client_limits;
      next.get(id)?.configure({ maxSeries: max_series, lingerMs: linger, ownerSeries });
    }
    for (const change of changes) await change.commit();
    this.#configuration = configuration;
    for (const [id, receiver] of this.#warm) if (!next.has(id)) void receiver.shutdown(deadlineNow());
    this.#warm.clear();
    const removed = [...this.#receivers].filter(([id]) => !next.has(id));
    this.#receivers = next;
    for (const [id, receiver] of removed) {
      this.#context.logger.info(`receiver ${id} ends with its last connection and is not exported any more`);
      void receiver.shutdown(Number.POSITIVE_INFINITY);
    }
  }

  /** Stops accepting for good: another process does, on the same sockets. Connections go on. */
  stopAccepting(): Promise<void> {
    this.#accepted ??= this.#stopAccepting();
    return this.#accepted;
  }

  async #stopAccepting(): Promise<void> {
    // Whoever asks for something from now on asks the other process.
    await this.#extensions.leave(new Map(), deadlineNow() + RETIRE_MS);
    this.#agent.keepHistory(false, this.#context.logger);
    await Promise.all(Array.from(this.#receivers.values(), (receiver) => receiver.retire()));
  }

  /**
   * Stops accepting and exporting metrics, for good: another process does, with what is counted here until the end. Connections go
   * on, and their calls are exported here.
   */
  async retire(): Promise<void> {
    await this.stopAccepting();
    const deadlineMs = deadlineNow() + RETIRE_MS;
    // What exporters have counted is still to be shown when they have ended.
    for (const table of this.#exportHealth.all) table.holdAll();
    try {
      await this.#holdingCalls(() => this.#exporters.leave(this.#callExporters, deadlineMs));
    } catch (error) {
      this.#context.logger.error({ err: error }, 'calls of the connections that are left are not exported');
    }
  }

  /** Resolves when no connection is open any more, after `retire`. */
  async drained(): Promise<void> {
    await Promise.all(Array.from(this.#receivers.values(), ({ receiver }) => receiver.drained()));
  }

  /** Connections that are open. */
  get connections(): number {
    return Array.from(this.#receivers.values()).reduce((sum, { receiver }) => sum + receiver.connections, 0);
  }

  /** All that is counted, by names that mean the same in another process. */
  get tables(): ReadonlyMap<string, SeriesTable> {
    const own = this.#ofAgent.tables;
    return new Map([
      ...own.map((table): [string, SeriesTable] => [`agent/${table.group.instruments[0]?.name}`, table]),
      ...Array.from(this.#receivers).flatMap(([id, { tables }]) =>
        tables.map(([name, table]): [string, SeriesTable] => [`receivers/${id}/${name}`, table]),
      ),
    ]);
  }

  /**
   * Goes on holding a series of a process that has ended: as long as its container lives, or until a program of the host has had
   * no connection for a while.
   */
  keepSeries(table: SeriesTable, handle: SeriesHandle, livesWith: string | undefined): void {
    if (table.group !== UDS_INSTRUMENTS) {
      handle.close();
      return;
    }
    const connections = () => {
      const totals = handle.series.totals();
      return { opened: totals[OPENED], closed: totals[CLOSED] };
    };
    const ended = () => handle.close(livesWith !== undefined);
    if (livesWith === undefined) this.#containers.follow(SOMEBODY, { connections, ended });
    else this.#containers.expect(livesWith, ended);
  }

  /**
   * Registers the containers again that an earlier process of this agent has left. What is added at run time goes to the first
   * receiver. Returns how many.
   */
  async restore(): Promise<number> {
    const [first] = this.#receivers.values();
    return (await first?.control.containerSockets.restore()) ?? 0;
  }

  /**
   * Stops accepting, lets connections end until `drainDeadlineMs`, then exports once more and stops the
   * exporters until `deadlineMs` (both as of `deadlineNow`).
   */
  async shutdown(drainDeadlineMs: number, deadlineMs: number): Promise<void> {
    const receivers = [...this.#receivers.values(), ...this.#warm.values()];
    this.#receivers = new Map();
    this.#warm.clear();
    // Cutting the remaining connections takes a moment, and longer where a thread does not answer.
    const drained = Promise.all(receivers.map((receiver) => receiver.shutdown(drainDeadlineMs)));
    if (await settlesBefore(drained, drainDeadlineMs + CUT_MS)) await drained;
    else this.#context.logger.error('relay threads do not end; stopping without them');
    // Clients of the live stream are dismissed while the enrich thread can still answer them.
    await settlesBefore(this.#extensions.shutdown(deadlineMs), deadlineMs);
    this.#agent.keepHistory(false, this.#context.logger);
    await settlesBefore(this.#enrichThread.shutdown(), deadlineMs);
    await settlesBefore(this.#exporters.shutdown(deadlineMs), deadlineMs);
    this.#containers.close();
  }

  /** Replaces exporters: calls that end meanwhile wait for the next ones. */
  async #holdingCalls(replace: () => Promise<void>): Promise<void> {
    const release = this.#enrichThread.holdCalls();
    try {
      await replace();
    } finally {
      release();
    }
  }

  #agentHealth(): AgentHealth {
    const { draining } = this.#context.handover;
    const receivers = Array.from(this.#receivers.values(), ({ table, attribution, losses, receiver }) => [
      table,
      attribution,
      losses,
      receiver.threadTable,
    ]);
    return {
      configuration: this.#context.history.status,
      exporters: [...this.#exportHealth.exporters].flatMap(({ states }) => states),
      ...(draining.length === 0 ? {} : { draining }),
      losses: lossesIn([...receivers.flat(), ...this.#ownTables()]),
    };
  }

  /** How the agent itself fares. */
  #ownTables(): SeriesTable[] {
    const { ringTable, healthTable } = this.#enrichThread;
    return [this.#unmonitoredTable, ringTable, healthTable, ...this.#context.health];
  }

  /** The checks of the configuration do not know the sockets that were added at run time. */
  #checkAdded(controls: ReturnType<typeof controlPlaces>): void {
    const added = Array.from(this.#receivers.values()).flatMap(({ receiver }) =>
      Array.from(receiver.sockets, ({ config }) => config).filter(({ listen }) => receiver.isAdded(listen)),
    );
    const at: Path = ['service', 'extensions'];
    const [misplaced] = misplacements<Path>({
      controls,
      // Sockets of containers lie in the directories that are checked with the configuration.
      listens: added.filter(({ path }) => path === undefined).map(({ listen }) => ({ path: listen, at })),
      upstreams: added.map(({ upstream }) => ({ path: upstream, at })),
      directories: [],
    });
    if (misplaced === undefined) return;
    const { path, message } = misplaced;
    throw new ComponentStartError(misplaced.at, new Error(`${quote(path)} ${message}`));
  }

  #createReceiver(id: string): RunningReceiver {
    const { logger, fatal, store, handover } = this.#context;
    return new RunningReceiver(
      {
        id,
        logger: logger.child({ receiver: id }),
        fatal,
        store,
        containers: this.#containers,
        hops: this.#hops,
        controls: () => this.#controls,
        readable: () => handover.stopped,
      },
      this.#enrichThread,
    );
  }

  /** The exporters of calls, without anything else. */
  get #callExporters(): Map<string, ExporterSpec> {
    if (this.#configuration === undefined) return new Map();
    return callExporterSpecs(exporterSpecs(this.#configuration, this.#receivers, this.#ofAgent));
  }

  /** What every exporter of metrics tells beside what receivers count. */
  get #ofAgent(): OfAgent {
    return {
      tables: [...this.#exportHealth.all, ...this.#ownTables()],
      refresh: () => this.#context.handover.refresh(),
    };
  }
}

function controlPlaces(configuration: Configuration): (ControlPlace & Placed<Path>)[] {
  return [...usedControls(configuration)].map(({ id, config }) => ({
    path: config.socket,
    insists: config.allow_in_socket_directory,
    at: ['extensions', id, 'socket'],
  }));
}
