import type { Exporter, ExporterContext } from '../exporter.js';
import { ExporterGroup } from '../exporter-group.js';
import type { OtlpHttpExporterConfig } from './config.js';
import { createMetricsPush } from './create-metrics-push.js';
import { createSpanPush } from './create-span-push.js';

/** An exporter that pushes metrics and spans over OTLP/HTTP. It takes nothing from the environment. */
export function createOtlpHttpExporter(config: OtlpHttpExporterConfig, context: ExporterContext): Exporter {
  const { tables, spans } = context.source;
  return new ExporterGroup([
    ...(tables.length === 0 ? [] : [createMetricsPush(config, context)]),
    ...(spans.length === 0 ? [] : [createSpanPush(config, context)]),
  ]);
}
