import type { ConfiguredOf } from '../configuration/index.js';
import { createDebugExporter } from '../exporters/debug/index.js';
import type { Exporter, ExporterContext } from '../exporters/exporter.js';
import { createOtlpHttpExporter } from '../exporters/otlphttp/index.js';
import { createPrometheusExporter } from '../exporters/prometheus/index.js';

/** The exporter a configuration asks for, not yet started. */
export function createExporter(configured: ConfiguredOf<'exporters'>, context: ExporterContext): Exporter {
  switch (configured.type) {
    case 'prometheus':
      return createPrometheusExporter(configured.config, context);
    case 'otlphttp':
      return createOtlpHttpExporter(configured.config, context);
    case 'debug':
      return createDebugExporter(configured.config, context);
  }
}
