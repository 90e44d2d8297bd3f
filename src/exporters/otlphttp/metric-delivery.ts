import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { PushMetricExporter, ResourceMetrics, ScopeMetrics } from '@opentelemetry/sdk-metrics';
import type { SeriesProducer } from '../../telemetry/series-producer.js';
import { countPoints } from '../count-points.js';
import type { Destination } from './destination.js';
import type { ExportTime } from './export-time.js';
import type { Delivered, Failed, Outcome } from './outcome.js';

export interface MetricDeliverySettings {
  /** A request that says all this. */
  encode: (metrics: ResourceMetrics) => Uint8Array;
  destination: Destination;
  /** Time between two exports, in ms. An export is over before the next one, with all its requests and waits. */
  intervalMs: number;
  /** Hears what has arrived. */
  producer: SeriesProducer;
  /** What users have lost when an export succeeds after others that did not. */
  loss: string;
}

/**
 * Sends metrics. The SDK's own OTLP exporters give up after five tries, do not tell how many points were rejected, and
 * keep nothing of a failed export for the next one.
 *
 * Each ScopeMetrics is a request of its own, committed by itself: what arrived before one fails is not
 * sent again by the next export. Only a request whose answer is lost may be counted twice: it cannot be told
 * from one that never arrived.
 *
 * A request that is refused for good holds up no other. One that is too large is sent in halves. Where the destination
 * cannot be reached, requests behind the one that found this out are left to the next export, which begins with them.
 */
export class MetricDelivery implements PushMetricExporter {
  readonly #settings: MetricDeliverySettings;
  /** The request that the next export begins with: those before it have had their turn. */
  #firstPart = 0;
  /** Data points that the destination has rejected since all was well. */
  #rejected = 0;

  constructor(settings: MetricDeliverySettings) {
    this.#settings = settings;
  }

  export(metrics: ResourceMetrics, done: (result: ExportResult) => void): void {
    void this.#export(metrics).then(done);
  }

  /** Makes exports end before `deadlineMs` (as of `deadlineNow`). The last one has the data of one under way, too. */
  finishBy(deadlineMs: number): void {
    this.#settings.destination.finishBy(deadlineMs);
  }

  forceFlush(): Promise<void> {
    // The reader has waited for the export before it asks.
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    this.#settings.destination.close();
    return Promise.resolve();
  }

  /** Never rejects. */
  async #export({ resource, scopeMetrics }: ResourceMetrics): Promise<ExportResult> {
    const { destination, intervalMs } = this.#settings;
    const time = destination.begin(intervalMs);
    destination.health.begin(countPoints(scopeMetrics));
    try {
      const failed = await this.#deliverAll(resource, scopeMetrics, time);
      if (failed !== undefined) {
        // What was left to the next export.
        destination.health.failRest(failed.reason);
        return failure(failed.message);
      }
      destination.log.delivered(this.#loss());
      this.#rejected = 0;
      return { code: ExportResultCode.SUCCESS };
    } catch (error) {
      const message = `the metrics cannot be encoded: ${error}`;
      destination.noteFailure({ reason: 'malformed', message });
      destination.health.failRest('malformed');
      return failure(message);
    } finally {
      destination.end(time);
    }
  }

  /** The first failure, if there was one. */
  async #deliverAll(
    resource: Resource,
    parts: readonly ScopeMetrics[],
    time: ExportTime,
  ): Promise<Failed | undefined> {
    const first = this.#firstPart % Math.max(1, parts.length);
    this.#firstPart = 0;
    let failed: Failed | undefined;
    for (let i = 0; i < parts.length; i++) {
      const index = (first + i) % parts.length;
      const outcome = await this.#deliver(resource, parts[index], time);
      if (outcome.kind === 'delivered') continue;
      failed ??= outcome;
      if (outcome.kind === 'permanent' && !time.signal.aborted) continue;
      this.#firstPart = index + 1;
      break;
    }
    return failed;
  }

  async #deliver(resource: Resource, part: ScopeMetrics, time: ExportTime): Promise<Outcome> {
    const { destination, producer } = this.#settings;
    const body = await this.#encode({ resource, scopeMetrics: [part] });
    const outcome = await destination.send(body, time);
    if (outcome.kind === 'delivered') this.#noteDelivery(part, outcome);
    const halves = outcome.kind === 'permanent' && outcome.isTooLarge ? producer.split(part) : undefined;
    if (halves !== undefined) return await this.#deliverHalves(resource, halves, time);
    if (outcome.kind !== 'delivered') destination.health.countFailed(countPoints([part]), outcome.reason);
    return outcome;
  }

  async #deliverHalves(
    resource: Resource,
    halves: readonly ScopeMetrics[],
    time: ExportTime,
  ): Promise<Outcome> {
    let worst: Outcome = { kind: 'delivered', rejected: 0, notice: undefined };
    for (const half of halves) {
      const outcome = await this.#deliver(resource, half, time);
      if (outcome.kind === 'delivered') continue;
      worst = outcome;
      if (outcome.kind === 'retryable') break;
    }
    return worst;
  }

  async #encode(metrics: ResourceMetrics): Promise<Uint8Array> {
    const { destination, encode } = this.#settings;
    return await destination.pack(encode(metrics));
  }

  #noteDelivery(part: ScopeMetrics, { rejected, notice }: Delivered): void {
    const { producer, destination } = this.#settings;
    const { health, log } = destination;
    producer.commit(part);
    const points = countPoints([part]);
    health.countDelivered(points, rejected);
    this.#rejected += Math.min(rejected, points);
    if (notice !== undefined) log.notice(notice);
  }

  /** What users have lost, now that an export has succeeded. */
  #loss(): string {
    return this.#rejected === 0 ? this.#settings.loss : `${this.#rejected} data points rejected`;
  }
}

function failure(message: string): ExportResult {
  return { code: ExportResultCode.FAILED, error: new Error(message) };
}
