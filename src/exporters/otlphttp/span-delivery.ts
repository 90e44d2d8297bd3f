import type { IExportTraceServiceResponse, ISerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { deadlineNow } from '../../async/deadline.js';
import type { SpanData } from '../../telemetry/span-data.js';
import type { ExportHealth, SpanDrop } from '../health.js';
import type { OtlpHttpExporterConfig } from './config.js';
import type { DeliveryLog } from './delivery-log.js';
import { ExportTime } from './export-time.js';
import type { HttpSender } from './http-sender.js';
import type { Delivered, Failed, Outcome } from './outcome.js';
import { type SpanOrigin, toReadableSpan } from './readable-span.js';
import { type QueuedRequest, RequestQueue } from './request-queue.js';
import { RetryGate } from './retry-gate.js';
import { type RetryConfig, withRetries } from './with-retries.js';

export interface SpanDeliverySettings {
  origin: SpanOrigin;
  serializer: ISerializer<ReadableSpan[], IExportTraceServiceResponse>;
  sender: HttpSender;
  retry: RetryConfig;
  queue: OtlpHttpExporterConfig['sending_queue'];
  health: ExportHealth;
  log: DeliveryLog;
  /** Called when there may be room again. */
  onRoom: () => void;
  /** The destination has refused so many spans as too large for one request. */
  onTooLarge: (spans: number) => void;
}

/** Of the time there is for the last requests: the rest is for what comes after them. */
const USABLE = 0.95;

/** Sends batches of spans, one request at a time, in the order they came. */
export class SpanDelivery {
  readonly #settings: SpanDeliverySettings;
  readonly #queue: RequestQueue;
  #sending: Promise<void> | undefined;
  #time: ExportTime | undefined;
  #deadlineMs = Number.POSITIVE_INFINITY;
  readonly #gate = new RetryGate();
  /** Spans dropped, and rejected, since a request was last delivered. */
  #lost = 0;

  constructor(settings: SpanDeliverySettings) {
    this.#settings = settings;
    this.#queue = new RequestQueue(settings.queue.enabled ? settings.queue.queue_size : 0);
  }

  /** Whether there is a place for a batch. One that is let in stays until it is delivered or given up. */
  get hasRoom(): boolean {
    return this.#queue.hasRoom;
  }

  /** Sends a batch when those before it are done with. */
  add(spans: readonly SpanData[]): void {
    const { serializer, sender, origin } = this.#settings;
    try {
      const message = serializer.serializeRequest(spans.map((span) => toReadableSpan(span, origin)));
      if (message === undefined) throw new Error('the serializer gave nothing');
      this.#queue.push(spans.length, message, (unpacked) => sender.pack(unpacked));
    } catch (error) {
      this.#dropMalformed(spans.length, `the spans cannot be encoded: ${error}`);
      return;
    }
    this.#sending ??= this.#sendAll();
  }

  /** Counts spans that there was no room for. */
  refuse(spans: number): void {
    this.#drop(spans, 'queue_full');
    this.#settings.log.notice('does not take spans as fast as they come; what finds no place is dropped');
  }

  /**
   * Sends what there is before `deadlineMs` (as of `deadlineNow`), drops the rest, and closes the
   * connection. A request under way has half of the time; one that waits for a retry waits no longer.
   */
  async finishBy(deadlineMs: number): Promise<void> {
    this.#deadlineMs = deadlineMs;
    this.#time?.hurry((deadlineMs - deadlineNow()) / 2);
    await this.#sending;
    this.#settings.sender.close();
  }

  /** Never rejects. */
  async #sendAll(): Promise<void> {
    for (let request = this.#queue.next(); request !== undefined; request = this.#queue.next()) {
      await this.#deliver(request);
      this.#settings.onRoom();
    }
    this.#sending = undefined;
    this.#settings.onRoom();
  }

  async #deliver({ count, body: packed }: QueuedRequest): Promise<void> {
    const body = await packed;
    if (body === undefined) return this.#dropMalformed(count, 'the spans cannot be compressed');
    for (;;) {
      const time = new ExportTime((this.#deadlineMs - deadlineNow()) * USABLE);
      if (time.signal.aborted) return this.#drop(count, 'shutdown');
      const outcome = await this.#send(body, time);
      if (outcome.kind === 'delivered') return this.#noteDelivery(count, outcome);
      if (outcome.kind === 'permanent' && outcome.isTooLarge) this.#settings.onTooLarge(count);
      const ofTime = outcome.kind === 'retryable' && this.#settings.retry.enabled;
      // The shutdown has put an end to waiting: there is no better time for another try.
      if (ofTime && time.isHurried) continue;
      const isStopping = this.#deadlineMs !== Number.POSITIVE_INFINITY;
      return this.#drop(count, time.signal.aborted || (ofTime && isStopping) ? 'shutdown' : 'failed');
    }
  }

  /** One request with its retries. */
  async #send(body: Uint8Array, time: ExportTime): Promise<Outcome> {
    const { sender, retry } = this.#settings;
    this.#time = time;
    const attempt = async () => {
      const outcome = await sender.send(body, time.signal);
      if (outcome.kind !== 'delivered') this.#noteFailure(outcome);
      return outcome;
    };
    const outcome = await withRetries(attempt, retry, time, this.#gate);
    time.stop();
    this.#time = undefined;
    return outcome;
  }

  #noteDelivery(spans: number, { rejected, notice }: Delivered): void {
    const { health, log } = this.#settings;
    const rejectedSpans = Math.min(rejected, spans);
    health.countExportedSpans(spans - rejectedSpans);
    health.countRejectedSpans(rejectedSpans);
    if (notice !== undefined) log.notice(notice);
    this.#lost += rejectedSpans;
    log.delivered(this.#lost === 0 ? 'nothing lost' : `${this.#lost} spans lost`);
    this.#lost = 0;
  }

  #noteFailure({ reason, message }: Pick<Failed, 'reason' | 'message'>): void {
    this.#settings.health.countFailure(reason);
    this.#settings.log.failed(message);
  }

  #dropMalformed(spans: number, message: string): void {
    this.#noteFailure({ reason: 'malformed', message });
    this.#drop(spans, 'failed');
  }

  #drop(spans: number, reason: SpanDrop): void {
    this.#lost += spans;
    this.#settings.health.countDroppedSpans(spans, reason);
  }
}
