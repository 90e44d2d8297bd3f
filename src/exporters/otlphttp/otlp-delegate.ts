import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { IOtlpExportDelegate } from '@opentelemetry/otlp-exporter-base';
import type { IExportMetricsServiceResponse, ISerializer } from '@opentelemetry/otlp-transformer';
import type { Resource } from '@opentelemetry/resources';
import type { ResourceMetrics, ScopeMetrics } from '@opentelemetry/sdk-metrics';
import { deadlineNow } from '../../async/deadline.js';
import type { SeriesProducer } from '../../telemetry/series-producer.js';
import { countPoints } from '../count-points.js';
import type { ExportHealth } from '../health.js';
import type { DeliveryLog } from './delivery-log.js';
import { ExportTime } from './export-time.js';
import type { HttpSender } from './http-sender.js';
import type { Delivered, Failed, Outcome } from './outcome.js';
import { RetryGate } from './retry-gate.js';
import { type RetryConfig, withRetries } from './with-retries.js';

export interface OtlpDelegateSettings {
  serializer: ISerializer<ResourceMetrics, IExportMetricsServiceResponse>;
  sender: HttpSender;
  retry: RetryConfig;
  /** Time between two exports: one with all its requests and waits is over before the next, in ms. */
  intervalMs: number;
  /** Hears what has arrived. */
  producer: SeriesProducer;
  health: ExportHealth;
  log: DeliveryLog;
  /** What users have lost when an export succeeds after others that did not. */
  loss: string;
}

/** Of the time there is: the rest is for what comes after the last request. */
const USABLE = 0.95;

/**
 * Takes the place of the SDK's own way from a metric exporter to the wire, which gives up after five tries,
 * does not tell how many points were rejected, and keeps nothing of a failed export for the next one.
 *
 * Each ScopeMetrics is a request of its own, committed by itself: what arrived before one fails is not
 * sent again by the next export. Only a request whose answer is lost may be counted twice: nobody can tell
 * it from one that never arrived.
 *
 * A request that is refused for good holds up no other. One that is too large is sent in halves. Where the destination cannot be
 * reached, those behind the one that has found out are left to the next export, which begins with them.
 */
export class OtlpDelegate implements IOtlpExportDelegate<ResourceMetrics> {
  readonly #settings: OtlpDelegateSettings;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #time: ExportTime | undefined;
  readonly #gate = new RetryGate();
  /** Of the requests of an export, the one to begin with: the others have had their turn. */
  #firstPart = 0;
  /** Data points that the destination has rejected since all was well. */
  #rejected = 0;

  constructor(settings: OtlpDelegateSettings) {
    this.#settings = settings;
  }

  export(metrics: ResourceMetrics, done: (result: ExportResult) => void): void {
    void this.#export(metrics).then(done);
  }

  /**
   * Makes exports end before `deadlineMs` (as of `deadlineNow`). One that is under way waits for
   * no retry any more, and leaves half of the time to the last one, which has its data too.
   */
  finishBy(deadlineMs: number): void {
    this.#deadlineMs = deadlineMs;
    this.#time?.hurry((deadlineMs - deadlineNow()) / 2);
  }

  forceFlush(): Promise<void> {
    // The reader has waited for the export before it asks.
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    this.#settings.sender.close();
    return Promise.resolve();
  }

  setMetrics(): void {
    // The SDK's metrics about exporters: ours are in ExportHealth.
  }

  /** Never rejects. */
  async #export({ resource, scopeMetrics }: ResourceMetrics): Promise<ExportResult> {
    const leftMs = Math.min(this.#settings.intervalMs, this.#deadlineMs - deadlineNow());
    const time = new ExportTime(leftMs * USABLE);
    this.#time = time;
    try {
      const failed = await this.#deliverAll(resource, scopeMetrics, time);
      if (failed !== undefined) return failure(failed.message);
      this.#settings.log.delivered(this.#loss());
      this.#rejected = 0;
      return { code: ExportResultCode.SUCCESS };
    } catch (error) {
      const message = `the metrics cannot be encoded: ${error}`;
      this.#noteFailure({ kind: 'permanent', reason: 'malformed', message });
      return failure(message);
    } finally {
      time.stop();
      this.#time = undefined;
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
    const { retry, producer } = this.#settings;
    const body = await this.#encode({ resource, scopeMetrics: [part] });
    const outcome = await withRetries(() => this.#attempt(body, time), retry, time, this.#gate);
    if (outcome.kind === 'delivered') this.#noteDelivery(part, outcome);
    const halves = outcome.kind === 'permanent' && outcome.isTooLarge ? producer.split(part) : undefined;
    return halves === undefined ? outcome : await this.#deliverHalves(resource, halves, time);
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
    const { sender, serializer } = this.#settings;
    const message = serializer.serializeRequest(metrics);
    if (message === undefined) throw new Error('the serializer gave nothing');
    return await sender.pack(message);
  }

  async #attempt(body: Uint8Array, time: ExportTime): Promise<Outcome> {
    const outcome = await this.#settings.sender.send(body, time.signal);
    if (outcome.kind !== 'delivered') this.#noteFailure(outcome);
    return outcome;
  }

  #noteDelivery(part: ScopeMetrics, { rejected, notice }: Delivered): void {
    const { producer, health, log } = this.#settings;
    producer.commit(part);
    const points = countPoints([part]);
    const rejectedPoints = Math.min(rejected, points);
    health.countExported(points - rejectedPoints);
    health.countRejected(rejectedPoints);
    this.#rejected += rejectedPoints;
    if (notice !== undefined) log.notice(notice);
  }

  /** What users have lost, now that an export has succeeded. */
  #loss(): string {
    return this.#rejected === 0 ? this.#settings.loss : `${this.#rejected} data points rejected`;
  }

  #noteFailure({ reason, message }: Failed): void {
    this.#settings.health.countFailure(reason);
    this.#settings.log.failed(message);
  }
}

function failure(message: string): ExportResult {
  return { code: ExportResultCode.FAILED, error: new Error(message) };
}
