import {
  type CollectionResult,
  MeterProvider,
  type MetricProducer,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { settlesBefore } from '../async/deadline.js';
import type { SeriesProducer } from '../telemetry/series-producer.js';
import type { Exporter, ExporterContext } from './exporter.js';
import type { SignalHealth } from './health.js';

export interface PeriodicPushSettings {
  producer: SeriesProducer;
  exporter: PushMetricExporter;
  /** That of the exporter. */
  health: SignalHealth;
  intervalMs: number;
  /** Hears of the deadline before the last export begins. */
  onShutdown?: (deadlineMs: number) => void;
}

/** Collects and exports every interval, by the SDK's own reader. The first time is one interval after the start. */
export class PeriodicPush implements Exporter {
  readonly #settings: PeriodicPushSettings;
  readonly #context: ExporterContext;
  #reader: PeriodicExportingMetricReader | undefined;
  #stopped: Promise<void> | undefined;

  constructor(settings: PeriodicPushSettings, context: ExporterContext) {
    this.#settings = settings;
    this.#context = context;
  }

  async start(): Promise<void> {
    const { exporter, intervalMs } = this.#settings;
    this.#reader = new PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis: intervalMs,
      // Exporters end by themselves before that, so that a collection never finds an export still running.
      exportTimeoutMillis: intervalMs,
      metricProducers: [this.#reportingErrors(this.#settings.producer)],
    });
    // The provider gives the reader its resource and starts its timer. It has no meters.
    new MeterProvider({ resource: this.#context.source.resource, readers: [this.#reader] });
  }

  shutdown(deadlineMs: number): Promise<void> {
    this.#stopped ??= this.#stop(deadlineMs);
    return this.#stopped;
  }

  async #stop(deadlineMs: number): Promise<void> {
    this.#settings.onShutdown?.(deadlineMs);
    if (this.#reader !== undefined) await settlesBefore(this.#reader.shutdown(), deadlineMs);
    this.#settings.producer.dispose();
  }

  /** Counts and logs errors, which the reader only passes to the SDK's diagnostics. */
  #reportingErrors(producer: MetricProducer): MetricProducer {
    const { health, logger } = this.#context;
    const { source } = this.#context;
    const collect = health.collecting('periodic_metric_reader', () => producer.collect());
    return {
      collect: async (): Promise<CollectionResult> => {
        try {
          await source.refresh?.();
          return await collect();
        } catch (error) {
          this.#settings.health.countFailure('malformed');
          logger.error({ err: error }, 'metrics could not be collected');
          throw error;
        }
      },
    };
  }
}
