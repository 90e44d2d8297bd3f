import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { Exporter, ExporterContext } from '../exporter.js';
import type { OtlpHttpExporterConfig } from './config.js';
import { createDestination } from './destination.js';
import { BATCH_SPANS } from './span-batch.js';
import { SpanPush } from './span-push.js';

const SERIALIZERS = { proto: ProtobufTraceSerializer, json: JsonTraceSerializer };

/** The part of an exporter that pushes spans, as they come. */
export function createSpanPush(config: OtlpHttpExporterConfig, context: ExporterContext): Exporter {
  return new SpanPush({
    destination: createDestination('traces', config, context),
    sources: context.source.spans,
    origin: context.source,
    resourcePerContainer: config.resource_per_container,
    serializer: SERIALIZERS[config.encoding],
    queue: config.sending_queue,
    waiting: context.health.spanProcessor(capacityOf(config.sending_queue)),
  });
}

/** Spans that may wait: in the batch that fills, and in the batches behind it. */
function capacityOf({ enabled, queue_size }: OtlpHttpExporterConfig['sending_queue']): number {
  return (1 + (enabled ? queue_size : 0)) * BATCH_SPANS;
}
