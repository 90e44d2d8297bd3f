import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { Exporter, ExporterContext } from '../exporter.js';
import type { OtlpHttpExporterConfig } from './config.js';
import { createRoute } from './create-route.js';
import { SpanPush } from './span-push.js';

const SERIALIZERS = { proto: ProtobufTraceSerializer, json: JsonTraceSerializer };

/** The part of an exporter that pushes spans, as they come. */
export function createSpanPush(config: OtlpHttpExporterConfig, context: ExporterContext): Exporter {
  const { source, health } = context;
  return new SpanPush({
    ...createRoute('traces', config, context),
    sources: source.spans,
    origin: source,
    serializer: SERIALIZERS[config.encoding],
    retry: config.retry_on_failure,
    queue: config.sending_queue,
    health,
  });
}
