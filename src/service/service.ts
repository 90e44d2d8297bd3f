import type { Logger } from 'pino';
import { settlesBefore } from '../deadline.js';
import { EXPORT_INSTRUMENTS } from '../exporters/health.js';
import { SeriesTable } from '../metrics/series-table.js';
import { UDS_INSTRUMENTS } from '../receivers/uds/instruments.js';
import { type PreparedChange, UdsReceiver } from '../receivers/uds/receiver.js';
import { VERSION } from '../version.js';
import type { Configuration } from './configuration/configuration.js';
import { ExporterSet, type ExporterSpec } from './exporter-set.js';
import { agentResource } from './resource.js';
import { locateStartError } from './start-error.js';

/** Replaced by the configuration's before anything is counted. */
const NO_LIMITS = { maxSeries: Number.POSITIVE_INFINITY, lingerMs: 0 };

interface RunningReceiver {
  receiver: UdsReceiver;
  table: SeriesTable;
}

export interface ServiceContext {
  logger: Logger;
  /** Something happened that the service cannot go on from. */
  fatal(error: unknown): void;
}

/** The running agent: receivers, exporters, and the pipelines between them, as the configuration has it. */
export class Service {
  readonly #context: ServiceContext;
  readonly #healthTable: SeriesTable;
  readonly #exporters: ExporterSet;
  #receivers = new Map<string, RunningReceiver>();

  constructor(context: ServiceContext) {
    this.#context = context;
    this.#healthTable = new SeriesTable(EXPORT_INSTRUMENTS, NO_LIMITS);
    this.#exporters = new ExporterSet(context.logger, this.#healthTable);
  }

  /**
   * Makes the configuration the one that runs, from nothing or from an earlier one: what may fail comes
   * first, then the exporters, then the receivers, so that nothing is relayed that could not be seen.
   *
   * @throws Error when it cannot be done (a port or path in use, …); nothing has changed then.
   */
  async apply(configuration: Configuration): Promise<void> {
    const { attributes, max_series, linger } = configuration.service.telemetry.metrics;
    const next = new Map<string, RunningReceiver>();
    const changes: PreparedChange[] = [];
    try {
      for (const { id, config } of usedReceivers(configuration)) {
        const running = this.#receivers.get(id) ?? this.#createReceiver(id);
        next.set(id, running);
        changes.push(await running.receiver.prepare({ config, attributes }));
      }
      await this.#exporters.replace(this.#exporterSpecs(configuration, next));
    } catch (error) {
      for (const change of changes.reverse()) await change.rollback();
      throw locateStartError(error, configuration);
    }
    for (const { table } of next.values()) table.configure({ maxSeries: max_series, lingerMs: linger });
    for (const change of changes) await change.commit();
    const removed = [...this.#receivers].filter(([id]) => !next.has(id));
    this.#receivers = next;
    for (const [id, { receiver }] of removed) {
      this.#context.logger.info(`receiver ${id} ends with its last connection and is not exported any more`);
      void receiver.shutdown(Number.POSITIVE_INFINITY);
    }
  }

  /**
   * Stops accepting, lets connections end until `drainDeadlineMs`, then exports once more and stops the
   * exporters until `deadlineMs` (both wall clock, ms since the epoch).
   */
  async shutdown(drainDeadlineMs: number, deadlineMs: number): Promise<void> {
    const receivers = [...this.#receivers.values()];
    this.#receivers.clear();
    await Promise.all(receivers.map(({ receiver }) => receiver.shutdown(drainDeadlineMs)));
    await settlesBefore(this.#exporters.shutdown(deadlineMs), deadlineMs);
  }

  #createReceiver(id: string): RunningReceiver {
    const { logger, fatal } = this.#context;
    const table = new SeriesTable(UDS_INSTRUMENTS, NO_LIMITS);
    const receiver = new UdsReceiver({ id, table, logger: logger.child({ receiver: id }), fatal });
    return { table, receiver };
  }

  #exporterSpecs(configuration: Configuration, receivers: Map<string, RunningReceiver>): ExporterSpec[] {
    if (configuration.telemetryDisabled) return [];
    const scope = { name: 'udscope', version: VERSION };
    const resource = agentResource(configuration.resource);
    const specs: ExporterSpec[] = [];
    for (const configured of configuration.exporters.values()) {
      const pipelines = configuration.pipelines.filter(({ exporters }) => exporters.includes(configured.id));
      if (pipelines.length === 0) continue;
      const ids = new Set(pipelines.flatMap((pipeline) => pipeline.receivers));
      const tables = [...receivers].flatMap(([id, { table }]) => (ids.has(id) ? [table] : []));
      specs.push({ configured, source: { tables: [...tables, this.#healthTable], scope, resource } });
    }
    return specs;
  }
}

function usedReceivers(configuration: Configuration) {
  const used = new Set(configuration.pipelines.flatMap(({ receivers }) => receivers));
  return [...configuration.receivers.values()].filter(({ id }) => used.has(id));
}
