import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { ConfiguredOf } from '../configuration/index.js';
import type { TelemetrySource } from '../exporters/exporter.js';
import { ExportHealth, type ExportHealthTables } from '../exporters/health.js';
import type { KeptListeners } from '../http/kept-listener.js';
import { createExporter } from './create-exporter.js';
import { type Runnable, RunningSet } from './running-set.js';
import { ComponentStartError } from './start-error.js';

/** An exporter that is to run. */
export interface ExporterSpec {
  configured: ConfiguredOf<'exporters'>;
  source: TelemetrySource;
}

export interface ExporterSetContext {
  readonly logger: Logger;
  readonly healthTables: ExportHealthTables;
  readonly kept: KeptListeners;
}

/** The exporters that run. An exporter that stops exports once more. */
export function createExporterSet(context: ExporterSetContext): RunningSet<ExporterSpec> {
  return new RunningSet({
    create: (spec) => createCounted(spec, context),
    isSame,
    startError: (id, cause) => new ComponentStartError(['exporters', id], cause),
  });
}

/** An exporter with its health counters, which end when it does. */
function createCounted({ configured, source }: ExporterSpec, context: ExporterSetContext): Runnable {
  const { logger, healthTables, kept } = context;
  const { id } = configured;
  const health = new ExportHealth(healthTables, id);
  try {
    const exporter = createExporter(configured, {
      id,
      source,
      logger: logger.child({ exporter: id }),
      health,
      kept,
    });
    const ended = async (end: Promise<void>) => {
      await end;
      health.close();
    };
    return {
      start: () => exporter.start(),
      shutdown: (deadlineMs) => ended(exporter.shutdown(deadlineMs)),
      leave: (deadlineMs) => ended(exporter.leave?.(deadlineMs) ?? exporter.shutdown(deadlineMs)),
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
    haveSameItems(a.source.logs, b.source.logs) &&
    isDeepStrictEqual(a.source.resource.attributes, b.source.resource.attributes)
  );
}

/** By identity: two receivers may have equal tables. */
function haveSameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
