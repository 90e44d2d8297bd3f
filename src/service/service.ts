import type { Logger } from 'pino';
import { settlesBefore } from '../async/deadline.js';
import type { Configuration, ConfiguredOf, PipelineConfig } from '../configuration/index.js';
import { ExportHealthTables } from '../exporters/health.js';
import { UNMONITORED_INSTRUMENTS } from '../extensions/control/index.js';
import { Containers } from '../identity/containers.js';
import { type ControlPlace, misplacements, type Placed } from '../layout/places.js';
import { EnrichThread } from '../processors/enrich/enrich-thread.js';
import type { PreparedChange } from '../receivers/receiver.js';
import { HopBook } from '../receivers/uds/index.js';
import { SCOPE } from '../telemetry/scope.js';
import { SeriesTable } from '../telemetry/series-table.js';
import type { Path } from '../values/finding.js';
import { quote } from '../values/quote.js';
import { AgentController, type AgentHealth } from './agent-controller.js';
import { capturePlan, isEnriched } from './capture-plan.js';
import { createExporterSet, type ExporterSpec } from './exporter-set.js';
import { createExtensionSet } from './extension-set.js';
import type { LoadHistory } from './load-history.js';
import { lossesIn } from './losses.js';
import { agentResource } from './resource.js';
import { RunningReceiver } from './running-receiver.js';
import type { RunningSet } from './running-set.js';
import { ComponentStartError, locateStartError } from './start-error.js';

/** How long cutting the remaining connections may take, in ms. */
const CUT_MS = 1500;

const NO_LIMITS = { maxSeries: Number.POSITIVE_INFINITY, lingerMs: 0 };

type Receivers = ReadonlyMap<string, RunningReceiver>;

export interface ServiceContext {
  logger: Logger;
  /** Further tables of the agent's own health: that of its log. */
  health: readonly SeriesTable[];
  /** Of the configurations that it was given. */
  history: LoadHistory;
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
  readonly #containers = new Containers();
  readonly #hops = new HopBook();
  #receivers: Receivers = new Map();
  /** The control sockets; while they are replaced, the former and the next. */
  #controls: readonly ControlPlace[] = [];

  constructor(context: ServiceContext) {
    const { logger } = context;
    this.#context = context;
    this.#enrichThread = new EnrichThread(logger);
    this.#exporters = createExporterSet(logger, this.#exportHealth);
    const unmonitored = new Float64Array(UNMONITORED_INSTRUMENTS.width);
    this.#unmonitoredTable.open({}).attach([unmonitored]);
    this.#extensions = createExtensionSet(logger, {
      unmonitored,
      events: () => (this.#enrichThread.isRunning ? this.#enrichThread : undefined),
      agent: new AgentController(
        () => this.#receivers,
        () => this.#controls,
        () => this.#agentHealth(),
      ),
    });
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
        const running = this.#receivers.get(id) ?? this.#createReceiver(id);
        next.set(id, running);
        const plan = configuration.telemetryDisabled ? undefined : capturePlan(configuration, id);
        changes.push(await running.prepare(config, attributes, plan));
      }
      await this.#extensions.replace(usedExtensions(configuration));
      await this.#exporters.replace(this.#exporterSpecs(configuration, next));
    } catch (error) {
      for (const change of changes.reverse()) await change.rollback();
      this.#controls = formerControls;
      throw locateStartError(error, configuration);
    }
    this.#controls = controls;
    // Extensions show events, so events are remembered from now on.
    if (configuration.service.extensions.length > 0) this.#enrichThread.watch();
    for (const { id, config } of usedReceivers(configuration)) {
      const { series: ownerSeries } = config.client_limits;
      next.get(id)?.configure({ maxSeries: max_series, lingerMs: linger, ownerSeries });
    }
    for (const change of changes) await change.commit();
    const removed = [...this.#receivers].filter(([id]) => !next.has(id));
    this.#receivers = next;
    for (const [id, receiver] of removed) {
      this.#context.logger.info(`receiver ${id} ends with its last connection and is not exported any more`);
      void receiver.shutdown(Number.POSITIVE_INFINITY);
    }
  }

  /**
   * Stops accepting, lets connections end until `drainDeadlineMs`, then exports once more and stops the
   * exporters until `deadlineMs` (both as of `deadlineNow`).
   */
  async shutdown(drainDeadlineMs: number, deadlineMs: number): Promise<void> {
    const receivers = [...this.#receivers.values()];
    this.#receivers = new Map();
    // Cutting the remaining connections takes a moment, and longer where a thread does not answer.
    const drained = Promise.all(receivers.map((receiver) => receiver.shutdown(drainDeadlineMs)));
    if (await settlesBefore(drained, drainDeadlineMs + CUT_MS)) await drained;
    else this.#context.logger.error('relay threads do not end; stopping without them');
    // Clients of the live stream are dismissed while the enrich thread can still answer them.
    await settlesBefore(this.#extensions.shutdown(deadlineMs), deadlineMs);
    await settlesBefore(this.#enrichThread.shutdown(), deadlineMs);
    await settlesBefore(this.#exporters.shutdown(deadlineMs), deadlineMs);
    this.#containers.close();
  }

  #agentHealth(): AgentHealth {
    const receivers = Array.from(this.#receivers.values(), ({ table, attribution, losses }) => [
      table,
      attribution,
      losses,
    ]);
    return {
      configuration: this.#context.history.status,
      exporters: [...this.#exportHealth.exporters].flatMap(({ states }) => states),
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
    const { logger, fatal } = this.#context;
    return new RunningReceiver(
      {
        id,
        logger: logger.child({ receiver: id }),
        fatal,
        containers: this.#containers,
        hops: this.#hops,
        controls: () => this.#controls,
      },
      this.#enrichThread,
    );
  }

  #exporterSpecs(configuration: Configuration, receivers: Receivers): Map<string, ExporterSpec> {
    const specs = new Map<string, ExporterSpec>();
    if (configuration.telemetryDisabled) return specs;
    const resource = agentResource(configuration.resource);
    for (const configured of configuration.exporters.values()) {
      const pipelines = configuration.pipelines.filter(({ exporters }) => exporters.includes(configured.id));
      if (pipelines.length === 0) continue;
      const tables = this.#tablesOf(configuration, pipelines, receivers);
      const spans = receiversOf(pipelines, 'traces', receivers).map((receiver) => receiver.spans);
      specs.set(configured.id, { configured, source: { tables, spans, scope: SCOPE, resource } });
    }
    return specs;
  }

  /** The tables that metrics pipelines give an exporter; none if it is in none of them. */
  #tablesOf(
    configuration: Configuration,
    pipelines: readonly PipelineConfig[],
    receivers: Receivers,
  ): SeriesTable[] {
    const tables = receiversOf(pipelines, 'metrics', receivers).flatMap(({ table, attribution }) => [
      table,
      attribution,
    ]);
    if (tables.length === 0) return [];
    const enriched = pipelines.filter((pipeline) => isEnriched(configuration, pipeline));
    for (const { calls, methods, losses } of receiversOf(enriched, 'metrics', receivers)) {
      tables.push(calls, methods, losses);
    }
    return [...tables, ...this.#exportHealth.all, ...this.#ownTables()];
  }
}

/** The receivers in the pipelines of a signal, each once. */
function receiversOf(
  pipelines: readonly PipelineConfig[],
  signal: PipelineConfig['signal'],
  receivers: Receivers,
): RunningReceiver[] {
  const ids = new Set(
    pipelines.filter((pipeline) => pipeline.signal === signal).flatMap((each) => each.receivers),
  );
  return [...receivers].flatMap(([id, receiver]) => (ids.has(id) ? [receiver] : []));
}

function usedReceivers(configuration: Configuration) {
  const used = new Set(configuration.pipelines.flatMap(({ receivers }) => receivers));
  return [...configuration.receivers.values()].filter(({ id }) => used.has(id));
}

function controlPlaces(configuration: Configuration): (ControlPlace & Placed<Path>)[] {
  return [...usedExtensions(configuration).values()].map(({ id, config }) => ({
    path: config.socket,
    insists: config.allow_in_socket_directory,
    at: ['extensions', id, 'socket'],
  }));
}

function usedExtensions({ service, extensions }: Configuration): Map<string, ConfiguredOf<'extensions'>> {
  return new Map([...extensions].filter(([id]) => service.extensions.includes(id)));
}
