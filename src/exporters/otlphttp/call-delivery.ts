import type { CallData } from '../../telemetry/call-data.js';
import type { QueueHealth } from '../health.js';
import type { ExportError } from '../health-instruments.js';
import type { OtlpHttpExporterConfig } from './config.js';
import type { Destination } from './destination.js';
import type { Delivered } from './outcome.js';
import { type QueuedRequest, RequestQueue } from './request-queue.js';

export interface CallDeliverySettings {
  /** What is made of calls, as users call it. */
  what: 'spans' | 'log records';
  /** A request that says all this. */
  encode: (calls: readonly CallData[]) => Uint8Array;
  destination: Destination;
  queue: OtlpHttpExporterConfig['sending_queue'];
  /** Counts what waits. */
  waiting: QueueHealth;
  /** Called when there may be room again. */
  onRoom: () => void;
  /** The destination has refused so many calls as too large for one request. */
  onTooLarge: (calls: number) => void;
}

/** Sends batches of calls, as spans or as log records, one request at a time, in the order they came. */
export class CallDelivery {
  readonly #settings: CallDeliverySettings;
  readonly #queue: RequestQueue;
  #sending: Promise<void> | undefined;
  /** What was dropped, and rejected, since a request was last delivered. */
  #lost = 0;

  constructor(settings: CallDeliverySettings) {
    this.#settings = settings;
    this.#queue = new RequestQueue(settings.queue.enabled ? settings.queue.queue_size : 0);
  }

  /** Whether there is a place for a batch. One that is let in stays until it is delivered or given up. */
  get hasRoom(): boolean {
    return this.#queue.hasRoom;
  }

  /** Sends a batch when those before it are done with. */
  add(calls: readonly CallData[]): void {
    const { encode, destination, what } = this.#settings;
    try {
      this.#queue.push(calls.length, encode(calls), (unpacked) => destination.pack(unpacked));
    } catch (error) {
      this.#begin(calls.length);
      this.#dropMalformed(calls.length, `the ${what} cannot be encoded: ${error}`);
      return;
    }
    this.#sending ??= this.#sendAll();
  }

  /** Counts calls that there was no room for. */
  refuse(calls: number): void {
    const { waiting, destination, what } = this.#settings;
    this.#lost += calls;
    waiting.refuse(calls);
    destination.log.notice(`does not take ${what} as fast as they come; what finds no place is dropped`);
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
    const { destination, onTooLarge, what } = this.#settings;
    const body = await packed;
    this.#begin(count);
    if (body === undefined) return this.#dropMalformed(count, `the ${what} cannot be compressed`);
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

  #noteDelivery(items: number, { rejected, notice }: Delivered): void {
    const { destination, what } = this.#settings;
    const { health, log } = destination;
    health.countDelivered(items, rejected);
    if (notice !== undefined) log.notice(notice);
    this.#lost += Math.min(rejected, items);
    log.delivered(this.#lost === 0 ? 'nothing lost' : `${this.#lost} ${what} lost`);
    this.#lost = 0;
  }

  #dropMalformed(items: number, message: string): void {
    this.#settings.destination.noteFailure({ reason: 'malformed', message });
    this.#drop(items, 'malformed');
  }

  /** They wait no more. */
  #begin(items: number): void {
    this.#settings.waiting.process(items);
    this.#settings.destination.health.begin(items);
  }

  #drop(items: number, error: ExportError): void {
    this.#lost += items;
    this.#settings.destination.health.countFailed(items, error);
  }
}
