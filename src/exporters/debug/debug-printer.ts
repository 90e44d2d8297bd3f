import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Logger } from 'pino';
import { countPoints } from '../count-points.js';
import type { SignalHealth } from '../health.js';
import { describeMetrics, type Verbosity } from './describe-metrics.js';

/** Writes what it is given to the log, a line at a time. */
export class DebugPrinter implements PushMetricExporter {
  readonly #verbosity: Verbosity;
  readonly #logger: Logger;
  readonly #health: SignalHealth;

  constructor(verbosity: Verbosity, logger: Logger, health: SignalHealth) {
    this.#verbosity = verbosity;
    this.#logger = logger;
    this.#health = health;
  }

  export(metrics: ResourceMetrics, done: (result: ExportResult) => void): void {
    for (const line of describeMetrics(metrics, this.#verbosity)) this.#logger.info(line);
    const points = countPoints(metrics.scopeMetrics);
    this.#health.begin(points);
    this.#health.countExported(points);
    done({ code: ExportResultCode.SUCCESS });
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}
