import {
  CumulativeTemporalitySelector,
  DeltaTemporalitySelector,
  LowMemoryTemporalitySelector,
} from '@opentelemetry/exporter-metrics-otlp-http';
import { SeriesProducer } from '../../telemetry/series-producer.js';
import type { Exporter, ExporterContext } from '../exporter.js';
import { PeriodicPush } from '../periodic-push.js';
import type { OtlpHttpExporterConfig } from './config.js';
import { createDestination } from './destination.js';
import { metricsEncoder } from './encode-metrics.js';
import { MetricDelivery } from './metric-delivery.js';

/** In the Collector's words, as the SDK has them. */
const TEMPORALITIES = {
  cumulative: { selector: CumulativeTemporalitySelector, loss: 'totals are up to date' },
  delta: { selector: DeltaTemporalitySelector, loss: 'nothing lost' },
  // Low memory means delta for synchronous instruments only: for histograms. Counters are read when somebody
  // asks, as observable ones are, and have nothing to save by it: they are cumulative.
  lowmemory: { selector: LowMemoryTemporalitySelector, loss: 'nothing lost' },
};

/**
 * A request with as many series has some 3 MB, and with the longest of names less than the 20 MiB that the Collector
 * accepts. OTLP itself allows 64 MiB.
 */
const SERIES_PER_REQUEST = 1000;

/** The part of an exporter that pushes metrics, every interval. */
export function createMetricsPush(config: OtlpHttpExporterConfig, context: ExporterContext): Exporter {
  const { id, source } = context;
  const { selector, loss } = TEMPORALITIES[config.temporality];
  const producer = new SeriesProducer({
    tables: source.tables,
    scope: source.scope,
    temporality: selector,
    reader: id,
    seriesPerScope: SERIES_PER_REQUEST,
  });
  const destination = createDestination('metrics', config, context);
  const exporter = new MetricDelivery({
    destination,
    encode: metricsEncoder(config),
    intervalMs: config.interval,
    producer,
    loss,
  });
  const onShutdown = (deadlineMs: number) => exporter.finishBy(deadlineMs);
  return new PeriodicPush(
    { producer, exporter, health: destination.health, intervalMs: config.interval, onShutdown },
    context,
  );
}
