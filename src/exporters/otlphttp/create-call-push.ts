import {
  type ISerializer,
  JsonLogsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import type { CallData } from '../../telemetry/call-data.js';
import type { Exporter, ExporterContext } from '../exporter.js';
import { BATCH_CALLS } from './call-batch.js';
import { CallPush } from './call-push.js';
import type { OtlpHttpExporterConfig } from './config.js';
import { createDestination } from './destination.js';
import { toReadableLogRecords } from './readable-log-record.js';
import { toReadableSpans } from './readable-span.js';

const TRACE_SERIALIZERS = { proto: ProtobufTraceSerializer, json: JsonTraceSerializer };
const LOG_SERIALIZERS = { proto: ProtobufLogsSerializer, json: JsonLogsSerializer };

/** The part of an exporter that pushes calls as they come: as spans, or as log records. */
export function createCallPush(
  signal: 'traces' | 'logs',
  config: OtlpHttpExporterConfig,
  context: ExporterContext,
): Exporter {
  const { source, health } = context;
  const { encoding, resource_per_container: isPerContainer, sending_queue: queue } = config;
  const encode = {
    traces: (calls: readonly CallData[]) =>
      serialize(TRACE_SERIALIZERS[encoding], toReadableSpans(calls, source, isPerContainer)),
    logs: (calls: readonly CallData[]) =>
      serialize(LOG_SERIALIZERS[encoding], toReadableLogRecords(calls, source, isPerContainer)),
  }[signal];
  return new CallPush({
    destination: createDestination(signal, config, context),
    sources: signal === 'traces' ? source.spans : source.logs,
    what: signal === 'traces' ? 'spans' : 'log records',
    encode,
    queue,
    waiting: health.queue(signal, capacityOf(queue)),
  });
}

function serialize<Item>(serializer: ISerializer<Item[], unknown>, items: Item[]): Uint8Array {
  const message = serializer.serializeRequest(items);
  if (message === undefined) throw new Error('the serializer gave nothing');
  return message;
}

/** Calls that may wait: in the batch that fills, and in the batches behind it. */
function capacityOf({ enabled, queue_size }: OtlpHttpExporterConfig['sending_queue']): number {
  return (1 + (enabled ? queue_size : 0)) * BATCH_CALLS;
}
