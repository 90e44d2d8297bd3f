import type { IExportTraceServiceResponse, ISerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { SpanData } from '../../telemetry/span-data.js';
import type { SpanProcessorHealth } from '../health.js';
import type { ExportError } from '../health-instruments.js';
import type { OtlpHttpExporterConfig } from './config.js';
import type { Destination } from './destination.js';
import type { Delivered } from './outcome.js';
import { type SpanOrigin, toReadableSpans } from './readable-span.js';
import { type QueuedRequest, RequestQueue } from './request-queue.js';

export interface SpanDeliverySettings {
  origin: SpanOrigin;
  /** Whether the spans of a container are under a resource of its own. */
  resourcePerContainer: boolean;
  serializer: ISerializer<ReadableSpan[], IExportTraceServiceResponse>;
  destination: Destination;
  queue: OtlpHttpExporterConfig['sending_queue'];
  /** Counts what waits. */
  waiting: SpanProcessorHealth;
  /** Called when there may be room again. */
  onRoom: () => void;
  /** The destination has refused so many spans as too large for one request. */
  onTooLarge: (spans: number) => void;
}

/** Sends batches of spans, one request at a time, in the order they came. */
export class SpanDelivery {
  readonly #settings: SpanDeliverySettings;
  readonly #queue: RequestQueue;
  #sending: Promise<void> | undefined;
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
    const { serializer, destination, origin, resourcePerContainer } = this.#settings;
    try {
      const message = serializer.serializeRequest(toReadableSpans(spans, origin, resourcePerContainer));
      if (message === undefined) throw new Error('the serializer gave nothing');
      this.#queue.push(spans.length, message, (unpacked) => destination.pack(unpacked));
    } catch (error) {
      this.#begin(spans.length);
      this.#dropMalformed(spans.length, `the spans cannot be encoded: ${error}`);
      return;
    }
    this.#sending ??= this.#sendAll();
  }

  /** Counts spans that there was no room for. */
  refuse(spans: number): void {
    this.#lost += spans;
    this.#settings.waiting.refuse(spans);
    this.#settings.destination.log.notice(
      'does not take spans as fast as they come; what finds no place is dropped',
    );
  }

  /** Sends what there is before `deadlineMs` (as of `deadlineNow`), drops the rest, and closes the connection. */
  async finishBy(deadlineMs: number): Promise<void> {
    const { destination } = this.#settings;
    destination.finishBy(deadlineMs);
    await this.#sending;
    destination.close();
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
    const { destination, onTooLarge } = this.#settings;
    const body = await packed;
    this.#begin(count);
    if (body === undefined) return this.#dropMalformed(count, 'the spans cannot be compressed');
    for (;;) {
      const time = destination.begin();
      if (time.signal.aborted) return this.#drop(count, 'shutdown');
      const outcome = await destination.send(body, time);
      destination.end(time);
      if (outcome.kind === 'delivered') return this.#noteDelivery(count, outcome);
      if (outcome.kind === 'permanent' && outcome.isTooLarge) onTooLarge(count);
      const ofTime = outcome.kind === 'retryable' && destination.retries;
      // The shutdown has put an end to waiting: there is no better time for another try.
      if (ofTime && time.isHurried) continue;
      const isOver = time.signal.aborted || (ofTime && destination.isStopping);
      return this.#drop(count, isOver ? 'shutdown' : outcome.reason);
    }
  }

  #noteDelivery(spans: number, { rejected, notice }: Delivered): void {
    const { health, log } = this.#settings.destination;
    const rejectedSpans = Math.min(rejected, spans);
    health.countExported(spans - rejectedSpans);
    health.countFailed(rejectedSpans, 'rejected');
    if (notice !== undefined) log.notice(notice);
    this.#lost += rejectedSpans;
    log.delivered(this.#lost === 0 ? 'nothing lost' : `${this.#lost} spans lost`);
    this.#lost = 0;
  }

  #dropMalformed(spans: number, message: string): void {
    this.#settings.destination.noteFailure({ reason: 'malformed', message });
    this.#drop(spans, 'malformed');
  }

  /** Spans wait no more. */
  #begin(spans: number): void {
    this.#settings.waiting.process(spans);
    this.#settings.destination.health.begin(spans);
  }

  #drop(spans: number, error: ExportError): void {
    this.#lost += spans;
    this.#settings.destination.health.countFailed(spans, error);
  }
}
