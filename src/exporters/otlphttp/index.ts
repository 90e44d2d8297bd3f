import type { Exporter, ExporterContext } from '../exporter.js';
import { ExporterGroup } from '../exporter-group.js';
import type { OtlpHttpExporterConfig } from './config.js';
import { createCallPush } from './create-call-push.js';
import { createMetricsPush } from './create-metrics-push.js';

/** An exporter that pushes metrics, spans and log records over OTLP/HTTP. It takes nothing from the environment. */
export function createOtlpHttpExporter(config: OtlpHttpExporterConfig, context: ExporterContext): Exporter {
  const { tables, spans, logs } = context.source;
  return new ExporterGroup([
    ...(tables.length === 0 ? [] : [createMetricsPush(config, context)]),
    ...(spans.length === 0 ? [] : [createCallPush('traces', config, context)]),
    ...(logs.length === 0 ? [] : [createCallPush('logs', config, context)]),
  ]);
}
