import { SeriesProducer } from '../../telemetry/series-producer.js';
import type { Exporter, ExporterContext } from '../exporter.js';
import { ExporterGroup } from '../exporter-group.js';
import { PeriodicPush } from '../periodic-push.js';
import { CallPrinter } from './call-printer.js';
import type { DebugExporterConfig } from './config.js';
import { DebugPrinter } from './debug-printer.js';

/** An exporter that writes metrics, spans and log records to the log. */
export function createDebugExporter(config: DebugExporterConfig, context: ExporterContext): Exporter {
  const { tables, spans, logs } = context.source;
  return new ExporterGroup([
    ...(tables.length === 0 ? [] : [createMetricsPrinter(config, context)]),
    ...(spans.length === 0 ? [] : [new CallPrinter('traces', config, context)]),
    ...(logs.length === 0 ? [] : [new CallPrinter('logs', config, context)]),
  ]);
}

function createMetricsPrinter(config: DebugExporterConfig, context: ExporterContext): Exporter {
  const { tables, scope } = context.source;
  const producer = new SeriesProducer({ tables, scope });
  const health = context.health.of('metrics', 'debug_metric_exporter');
  const exporter = new DebugPrinter(config.verbosity, context.logger, health);
  return new PeriodicPush({ producer, exporter, health, intervalMs: config.interval }, context);
}
