import {
  AggregationTemporalityPreference,
  CumulativeTemporalitySelector,
  DeltaTemporalitySelector,
  LowMemoryTemporalitySelector,
  OTLPMetricExporterBase,
} from '@opentelemetry/exporter-metrics-otlp-http';
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { SeriesProducer } from '../../telemetry/series-producer.js';
import type { Exporter, ExporterContext } from '../exporter.js';
import { PeriodicPush } from '../periodic-push.js';
import type { OtlpHttpExporterConfig } from './config.js';
import { createRoute } from './create-route.js';
import { OtlpDelegate } from './otlp-delegate.js';

/** In the Collector's words, as the SDK has them. */
const TEMPORALITIES = {
  cumulative: {
    selector: CumulativeTemporalitySelector,
    preference: AggregationTemporalityPreference.CUMULATIVE,
    loss: 'totals are up to date',
  },
  delta: {
    selector: DeltaTemporalitySelector,
    preference: AggregationTemporalityPreference.DELTA,
    loss: 'nothing lost',
  },
  // Low memory means delta for synchronous instruments only: for histograms. Counters are read when somebody
  // asks, as observable ones are, and have nothing to save by it: they are cumulative.
  lowmemory: {
    selector: LowMemoryTemporalitySelector,
    preference: AggregationTemporalityPreference.LOWMEMORY,
    loss: 'nothing lost',
  },
};

const SERIALIZERS = { proto: ProtobufMetricsSerializer, json: JsonMetricsSerializer };

/**
 * A request with as many series has some 3 MB, and with the longest of names less than the 20 MiB that
 * the Collector takes before OTLP's own 64 MiB.
 */
const SERIES_PER_REQUEST = 1000;

/** The part of an exporter that pushes metrics, every interval. */
export function createMetricsPush(config: OtlpHttpExporterConfig, context: ExporterContext): Exporter {
  const { id, source, health } = context;
  const { selector, preference, loss } = TEMPORALITIES[config.temporality];
  const producer = new SeriesProducer({
    tables: source.tables,
    scope: source.scope,
    temporality: selector,
    reader: id,
    seriesPerScope: SERIES_PER_REQUEST,
  });
  const delegate = new OtlpDelegate({
    ...createRoute('metrics', config, context),
    serializer: SERIALIZERS[config.encoding],
    retry: config.retry_on_failure,
    intervalMs: config.interval,
    producer,
    health,
    loss,
  });
  const exporter = new OTLPMetricExporterBase(delegate, { temporalityPreference: preference });
  const onShutdown = (deadlineMs: number) => delegate.finishBy(deadlineMs);
  return new PeriodicPush({ producer, exporter, intervalMs: config.interval, onShutdown }, context);
}
