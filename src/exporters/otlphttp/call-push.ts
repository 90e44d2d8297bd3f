import type { CallData, CallListener, CallSource } from '../../telemetry/call-data.js';
import type { Exporter } from '../exporter.js';
import { CallBatch } from './call-batch.js';
import { CallDelivery, type CallDeliverySettings } from './call-delivery.js';

export interface CallPushSettings extends Omit<CallDeliverySettings, 'onRoom' | 'onTooLarge'> {
  sources: readonly CallSource[];
}

/**
 * How long a call waits for others to be sent with. The SDKs' BatchSpanProcessor has 5 s: here, calls are watched as
 * they come, and a request a second costs nothing.
 */
const BATCH_MS = 1000;

/**
 * Gathers finished calls into batches, and has them sent.
 *
 *     sources ──► one batch that fills ──► queue_size batches ──► one under way
 *
 * When all of that is full, what comes is dropped and what is there is kept, as the Collector does. In the batch that
 * fills, however, a client with few calls takes the place of one with many, so that all clients have a part of it.
 */
export class CallPush implements Exporter {
  readonly #settings: CallPushSettings;
  readonly #delivery: CallDelivery;
  readonly #batch = new CallBatch();
  #unsubscribe: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** The batch has waited long enough, and there was no room for it then. */
  #isDue = false;
  #stopped: Promise<void> | undefined;

  constructor(settings: CallPushSettings) {
    this.#settings = settings;
    this.#delivery = new CallDelivery({
      ...settings,
      onRoom: () => {
        if (this.#isDue || this.#batch.isFull) this.#flush();
      },
      onTooLarge: (calls) => this.#batch.tooLarge(calls),
    });
  }

  async start(): Promise<void> {
    const listener: CallListener = (calls, client) => this.#receive(calls, client);
    this.#unsubscribe = this.#settings.sources.map((source) => source.subscribe(listener));
  }

  shutdown(deadlineMs: number): Promise<void> {
    this.#stopped ??= this.#stop(deadlineMs);
    return this.#stopped;
  }

  #receive(calls: readonly CallData[], client: string | undefined): void {
    let refused = 0;
    const { waiting } = this.#settings;
    for (const call of calls) {
      if (!this.#batch.isFull || this.#flush()) {
        this.#batch.add(call, client);
        waiting.enter(1);
      } else {
        this.#batch.addInstead(call, client);
        refused++;
      }
    }
    if (refused > 0) this.#delivery.refuse(refused);
    if (this.#batch.isFull) this.#flush();
    if (!this.#batch.isEmpty) this.#timer ??= setTimeout(() => this.#onTime(), BATCH_MS);
  }

  #onTime(): void {
    this.#isDue = true;
    this.#flush();
  }

  /** Gives the batch away, if there is room for it. Whether there was. */
  #flush(): boolean {
    if (!this.#delivery.hasRoom) return false;
    this.#give();
    return true;
  }

  #give(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isDue = false;
    if (!this.#batch.isEmpty) this.#delivery.add(this.#batch.take());
  }

  async #stop(deadlineMs: number): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#give();
    await this.#delivery.finishBy(deadlineMs);
  }
}
