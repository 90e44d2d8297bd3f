import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { SeriesProducer } from '../../telemetry/series-producer.js';
import { countPoints } from '../count-points.js';
import type { Exporter, ExporterContext } from '../exporter.js';
import { ExporterGroup } from '../exporter-group.js';
import { PeriodicPush } from '../periodic-push.js';
import type { DebugExporterConfig } from './config.js';
import { describeMetrics } from './describe-metrics.js';
import { SpanPrinter } from './span-printer.js';

/** An exporter that writes metrics and spans to the log. */
export function createDebugExporter(config: DebugExporterConfig, context: ExporterContext): Exporter {
  const { tables, spans } = context.source;
  return new ExporterGroup([
    ...(tables.length === 0 ? [] : [createMetricsPrinter(config, context)]),
    ...(spans.length === 0 ? [] : [new SpanPrinter(config, context)]),
  ]);
}

function createMetricsPrinter(config: DebugExporterConfig, context: ExporterContext): Exporter {
  const { source, logger, health } = context;
  const print = (metrics: ResourceMetrics) => {
    for (const line of describeMetrics(metrics, config.verbosity)) logger.info(line);
    health.countExported(countPoints(metrics.scopeMetrics));
  };
  const producer = new SeriesProducer({ tables: source.tables, scope: source.scope });
  return new PeriodicPush({ producer, outlet: { export: print }, intervalMs: config.interval }, context);
}
