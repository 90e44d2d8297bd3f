import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { ConfiguredOf } from '../configuration/index.js';
import type { TelemetrySource } from '../exporters/exporter.js';
import { ExportHealth, type ExportHealthTables } from '../exporters/health.js';
import { createExporter } from './create-exporter.js';
import { type Runnable, RunningSet } from './running-set.js';
import { ComponentStartError } from './start-error.js';

/** An exporter that is to run. */
export interface ExporterSpec {
  configured: ConfiguredOf<'exporters'>;
  source: TelemetrySource;
}

/** The exporters that run. An exporter that stops exports once more. */
export function createExporterSet(
  logger: Logger,
  healthTables: ExportHealthTables,
): RunningSet<ExporterSpec> {
  return new RunningSet({
    create: (spec) => createCounted(spec, logger, healthTables),
    isSame,
    startError: (id, cause) => new ComponentStartError(['exporters', id], cause),
  });
}

/** An exporter with its health counters, which end when it does. */
function createCounted(
  { configured, source }: ExporterSpec,
  logger: Logger,
  healthTables: ExportHealthTables,
): Runnable {
  const { id } = configured;
  const health = new ExportHealth(healthTables, id);
  try {
    const exporter = createExporter(configured, {
      id,
      source,
      logger: logger.child({ exporter: id }),
      health,
    });
    return {
      start: () => exporter.start(),
      async shutdown(deadlineMs) {
        await exporter.shutdown(deadlineMs);
        health.close();
      },
    };
  } catch (error) {
    health.close();
    throw error;
  }
}

function isSame(a: ExporterSpec, b: ExporterSpec): boolean {
  if (a.configured.type !== b.configured.type) return false;
  if (!isDeepStrictEqual(a.configured.config, b.configured.config)) return false;
  return (
    haveSameItems(a.source.tables, b.source.tables) &&
    haveSameItems(a.source.spans, b.source.spans) &&
    isDeepStrictEqual(a.source.resource.attributes, b.source.resource.attributes)
  );
}

/** By identity: two receivers may have equal tables. */
function haveSameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
