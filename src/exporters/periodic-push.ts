import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { settlesBefore } from '../async/deadline.js';
import type { SeriesProducer } from '../telemetry/series-producer.js';
import type { Exporter, ExporterContext } from './exporter.js';

/** Where collected metrics go. */
export interface MetricsOutlet {
  /** Exports metrics, of which there is at least one. It is over within the interval, and never rejects. */
  export(metrics: ResourceMetrics): Promise<void> | void;
  /** Makes this export and further ones end before `deadlineMs` (as of `deadlineNow`). */
  finishBy?(deadlineMs: number): void;
  /** After the last export. */
  close?(): void;
}

export interface PeriodicPushSettings {
  producer: SeriesProducer;
  outlet: MetricsOutlet;
  intervalMs: number;
}

/** Collects and exports every interval, first one interval after the start, and once more at the end. */
export class PeriodicPush implements Exporter {
  readonly #settings: PeriodicPushSettings;
  readonly #context: ExporterContext;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(settings: PeriodicPushSettings, context: ExporterContext) {
    this.#settings = settings;
    this.#context = context;
  }

  async start(): Promise<void> {
    // It keeps no process alive: what there is to export ends with it.
    this.#timer = setInterval(() => void this.#push(), this.#settings.intervalMs).unref();
  }

  shutdown(deadlineMs: number): Promise<void> {
    this.#stopped ??= this.#stop(deadlineMs);
    return this.#stopped;
  }

  async #stop(deadlineMs: number): Promise<void> {
    const { outlet, producer } = this.#settings;
    outlet.finishBy?.(deadlineMs);
    clearInterval(this.#timer);
    if (this.#timer !== undefined) await settlesBefore(this.#finish(), deadlineMs);
    producer.dispose();
  }

  /** The last export has what came since the one under way was collected. */
  async #finish(): Promise<void> {
    await this.#running;
    await this.#push();
    this.#settings.outlet.close?.();
  }

  /** One export at a time. Never rejects. */
  #push(): Promise<void> {
    this.#running ??= this.#export().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #export(): Promise<void> {
    const { producer, outlet } = this.#settings;
    const { source, health, logger } = this.#context;
    try {
      const { scopeMetrics } = (await producer.collect()).resourceMetrics;
      if (scopeMetrics.length > 0) await outlet.export({ resource: source.resource, scopeMetrics });
    } catch (error) {
      health.countFailure('malformed');
      logger.error({ err: error }, 'metrics could not be collected');
    }
  }
}
