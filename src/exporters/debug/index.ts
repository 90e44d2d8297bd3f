import { SeriesProducer } from '../../metrics/series-producer.js';
import type { Exporter, ExporterContext } from '../exporter.js';
import { PeriodicPush } from '../periodic-push.js';
import type { DebugExporterConfig } from './config.js';
import { DebugPrinter } from './debug-printer.js';

/** An exporter that writes metrics to the log. */
export function createDebugExporter(config: DebugExporterConfig, context: ExporterContext): Exporter {
  const { tables, scope } = context.source;
  const producer = new SeriesProducer({ tables, scope });
  const exporter = new DebugPrinter(config.verbosity, context.logger, context.health);
  return new PeriodicPush({ producer, exporter, intervalMs: config.interval }, context);
}
