import type { InstrumentationScope } from '@opentelemetry/core';
import {
  AggregationTemporalityPreference,
  CumulativeTemporalitySelector,
  DeltaTemporalitySelector,
  LowMemoryTemporalitySelector,
  OTLPMetricExporterBase,
} from '@opentelemetry/exporter-metrics-otlp-http';
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { SeriesProducer } from '../../metrics/series-producer.js';
import type { Exporter, ExporterContext } from '../exporter.js';
import { PeriodicPush } from '../periodic-push.js';
import { metricsTarget, type OtlpHttpExporterConfig, type OtlpTarget } from './config.js';
import { DeliveryLog } from './delivery-log.js';
import { HttpSender } from './http-sender.js';
import { OtlpDelegate } from './otlp-delegate.js';

/** In the Collector's words, as the SDK has them. */
const TEMPORALITIES = {
  cumulative: {
    selector: CumulativeTemporalitySelector,
    preference: AggregationTemporalityPreference.CUMULATIVE,
    onRecovery: 'totals are up to date',
  },
  delta: {
    selector: DeltaTemporalitySelector,
    preference: AggregationTemporalityPreference.DELTA,
    onRecovery: 'nothing lost',
  },
  // Low memory means delta for synchronous instruments only. Ours are read when somebody asks, as observable
  // ones are, and have nothing to save by it: they are cumulative.
  lowmemory: {
    selector: LowMemoryTemporalitySelector,
    preference: AggregationTemporalityPreference.LOWMEMORY,
    onRecovery: 'totals are up to date',
  },
};

const ENCODINGS = {
  proto: { serializer: ProtobufMetricsSerializer, contentType: 'application/x-protobuf' },
  json: { serializer: JsonMetricsSerializer, contentType: 'application/json' },
};

/**
 * A request with as many series has some 3 MB, and with the longest of names less than the 20 MiB that
 * the Collector takes before OTLP's own 64 MiB.
 */
const SERIES_PER_REQUEST = 1000;

/** An exporter that pushes metrics over OTLP/HTTP. It takes nothing from the environment. */
export function createOtlpHttpExporter(config: OtlpHttpExporterConfig, context: ExporterContext): Exporter {
  const { id, source, logger, health } = context;
  const { selector, preference, onRecovery } = TEMPORALITIES[config.temporality];
  const target = metricsTarget(config);
  const producer = new SeriesProducer({
    tables: source.tables,
    scope: source.scope,
    temporality: selector,
    reader: id,
    seriesPerScope: SERIES_PER_REQUEST,
  });
  const delegate = new OtlpDelegate({
    serializer: ENCODINGS[config.encoding].serializer,
    sender: createSender(config, target, source.scope),
    retry: config.retry_on_failure,
    intervalMs: config.interval,
    producer,
    health,
    log: new DeliveryLog({ logger, destination: visibleTarget(target), onRecovery }),
  });
  const exporter = new OTLPMetricExporterBase(delegate, { temporalityPreference: preference });
  const onShutdown = (deadlineMs: number) => delegate.finishBy(deadlineMs);
  return new PeriodicPush({ producer, exporter, intervalMs: config.interval, onShutdown }, context);
}

function createSender(
  config: OtlpHttpExporterConfig,
  target: OtlpTarget,
  scope: InstrumentationScope,
): HttpSender {
  return new HttpSender({
    target,
    headers: config.headers,
    contentType: ENCODINGS[config.encoding].contentType,
    compression: config.compression,
    userAgent: `udscope/${scope.version ?? 'unknown'}`,
    timeoutMs: config.timeout,
  });
}

/** Where requests go, without what a URL may have of secrets: user, password, query. */
function visibleTarget({ url, socketPath }: OtlpTarget): string {
  if (socketPath !== undefined) return `unix://${socketPath}`;
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
