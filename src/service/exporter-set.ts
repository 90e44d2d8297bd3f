import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Exporter, MetricsSource } from '../exporters/exporter.js';
import { ExportHealth } from '../exporters/health.js';
import type { SeriesTable } from '../metrics/series-table.js';
import type { ConfiguredOf } from './configuration/index.js';
import { createExporter } from './create-exporter.js';
import { ExporterStartError } from './start-error.js';

/** How long an exporter that is replaced may take for its last export, in ms. */
const REPLACE_MS = 2000;

/** An exporter that ought to run. */
export interface ExporterSpec {
  configured: ConfiguredOf<'exporters'>;
  source: MetricsSource;
}

interface Running {
  spec: ExporterSpec;
  exporter: Exporter;
  health: ExportHealth;
}

/** The exporters that run, and how one set of them becomes another. */
export class ExporterSet {
  readonly #logger: Logger;
  readonly #healthTable: SeriesTable;
  #running = new Map<string, Running>();

  constructor(logger: Logger, healthTable: SeriesTable) {
    this.#logger = logger;
    this.#healthTable = healthTable;
  }

  /**
   * Makes exactly `specs` run. Exporters that stay the same are not touched.
   *
   * @throws Error when one cannot start; the previous set runs again then.
   */
  async replace(specs: readonly ExporterSpec[]): Promise<void> {
    const wanted = new Map(specs.map((spec) => [spec.configured.id, spec]));
    const stopped: ExporterSpec[] = [];
    const started: string[] = [];
    try {
      for (const [id, { spec }] of [...this.#running]) {
        if (isSame(spec, wanted.get(id))) continue;
        await this.#stop(id, Date.now() + REPLACE_MS);
        stopped.push(spec);
      }
      for (const [id, spec] of wanted) {
        if (this.#running.has(id)) continue;
        await this.#start(spec);
        started.push(id);
      }
    } catch (error) {
      for (const id of started) await this.#stop(id, Date.now());
      for (const spec of stopped) await this.#start(spec);
      throw error;
    }
  }

  /** Stops all of them, each with its last export, by `deadlineMs`. */
  async shutdown(deadlineMs: number): Promise<void> {
    await Promise.all([...this.#running.keys()].map((id) => this.#stop(id, deadlineMs)));
  }

  async #start(spec: ExporterSpec): Promise<void> {
    const { configured, source } = spec;
    const { id } = configured;
    const health = new ExportHealth(this.#healthTable, id);
    try {
      const logger = this.#logger.child({ exporter: id });
      const exporter = createExporter(configured, { id, source, logger, health });
      await exporter.start();
      this.#running.set(id, { spec, exporter, health });
    } catch (error) {
      health.close();
      throw new ExporterStartError(id, error);
    }
  }

  async #stop(id: string, deadlineMs: number): Promise<void> {
    const running = this.#running.get(id);
    this.#running.delete(id);
    await running?.exporter.shutdown(deadlineMs);
    running?.health.close();
  }
}

function isSame(a: ExporterSpec, b: ExporterSpec | undefined): boolean {
  if (b === undefined || a.configured.type !== b.configured.type) return false;
  if (!isDeepStrictEqual(a.configured.config, b.configured.config)) return false;
  // Tables are compared by identity: two receivers may have equal ones.
  const sameTables = a.source.tables.length === b.source.tables.length;
  return (
    sameTables &&
    a.source.tables.every((table, i) => table === b.source.tables[i]) &&
    isDeepStrictEqual(a.source.resource.attributes, b.source.resource.attributes)
  );
}
