import { Holding, Holdings } from '../../../shares/holdings.js';
import type { SpanData } from '../../../telemetry/span-data.js';
import { SPANS_DROPPED } from '../instruments.js';
import type { EnrichReport } from '../messages.js';

/** Spans in a batch to the main thread. */
const BATCH_SPANS = 256;

/** How long a span waits for others, in ms. */
const BATCH_MS = 200;

/** Batches that the main thread has not taken yet at most … */
const MAX_UNTAKEN = 16;

/** … and spans that wait meanwhile. */
const MAX_WAITING = 4096;

/** The spans of one client that wait. */
export class ClientSpans extends Holding {
  waiting: SpanData[] = [];
  /** A source of the client, and since when spans wait. */
  source = 0;
  sinceMs = 0;

  /** `lose` is called when a span is dropped. */
  constructor(readonly lose: () => void) {
    super();
  }
}

/**
 * Hands spans to the main thread in batches, those of one client in each, as fast as it takes them: clients have their
 * turn one after the other. Where too many wait, who has most of them loses the latest of his.
 */
export class SpanOutlet {
  readonly #report: (report: EnrichReport) => void;
  readonly #health: Float64Array;
  readonly #now: () => number;
  /** Those who have spans that wait, in the order of their turns. */
  readonly #clients = new Set<ClientSpans>();
  readonly #holdings = new Holdings<ClientSpans>();
  #untaken = 0;

  constructor(report: (report: EnrichReport) => void, health: Float64Array, now: () => number) {
    this.#report = report;
    this.#health = health;
    this.#now = now;
  }

  /** Whether no spans wait to be handed over. */
  get isEmpty(): boolean {
    return this.#clients.size === 0;
  }

  add(source: number, span: SpanData, client: ClientSpans): void {
    if (client.waiting.length === 0) {
      client.sinceMs = this.#now();
      this.#clients.add(client);
    }
    client.source = source;
    client.waiting.push(span);
    this.#holdings.change(client, 1);
    if (this.#holdings.total > MAX_WAITING) this.#dropOne();
    if (client.waiting.length >= BATCH_SPANS) this.#send(client);
  }

  /** The main thread has taken a batch. */
  taken(): void {
    this.#untaken--;
    this.flush();
  }

  /** Hands over what has waited long enough. */
  flush(): void {
    const dueMs = this.#now() - BATCH_MS;
    for (const client of this.#clients) {
      if (this.#untaken >= MAX_UNTAKEN) return;
      if (client.sinceMs <= dueMs || client.waiting.length >= BATCH_SPANS) this.#send(client);
    }
  }

  /** Hands over everything, whether or not it is taken. */
  flushAll(): void {
    this.#untaken = Number.NEGATIVE_INFINITY;
    for (const client of this.#clients) this.#send(client);
  }

  /** Hands over what a source has left, if that can be. Whether nothing is left. */
  flushSource(source: number, client: ClientSpans): boolean {
    if (client.source !== source) return true;
    while (client.waiting.length > 0 && this.#untaken < MAX_UNTAKEN) this.#send(client);
    return client.waiting.length === 0;
  }

  #send(client: ClientSpans): void {
    if (this.#untaken >= MAX_UNTAKEN) return;
    const { waiting, source } = client;
    const spans = waiting.length > BATCH_SPANS ? waiting.splice(0, BATCH_SPANS) : waiting;
    if (spans === waiting) client.waiting = [];
    this.#holdings.change(client, -spans.length);
    // Whoever has more waits for his next turn.
    this.#clients.delete(client);
    if (client.waiting.length > 0) this.#clients.add(client);
    this.#untaken++;
    this.#report({ type: 'spans', source, spans });
  }

  #dropOne(): void {
    const heaviest = this.#holdings.heaviest;
    if (heaviest === undefined) return;
    heaviest.waiting.pop();
    if (heaviest.waiting.length === 0) this.#clients.delete(heaviest);
    this.#holdings.change(heaviest, -1);
    this.#health[SPANS_DROPPED]++;
    heaviest.lose();
  }
}
