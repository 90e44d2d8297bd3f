import { Holding, Holdings } from '../../../shares/holdings.js';
import type { SpanData } from '../../../telemetry/span-data.js';
import { SPANS_DROPPED } from '../instruments.js';
import type { CapturedTraffic, EnrichReport, Measurement, SpanBatch } from '../messages.js';

/** Spans in a batch to the main thread. */
const BATCH_SPANS = 256;

/** How long a span waits for others, in ms. */
const BATCH_MS = 200;

/** Batches that the main thread has not taken yet at most … */
const MAX_UNTAKEN = 16;

/** … and spans that wait meanwhile. */
const MAX_WAITING = 4096;

/** What spans are of: a flow under a capture generation. */
export interface SpanOwner {
  readonly traffic: CapturedTraffic;
  /** How many of its spans wait. */
  waitingSpans: number;
  lose(reason: 'spans', count: number): void;
}

interface WaitingSpan {
  readonly span: SpanData;
  readonly measurement: Measurement | undefined;
  readonly owner: SpanOwner;
}

/** The spans of one client that wait. */
export class ClientSpans extends Holding {
  waiting: WaitingSpan[] = [];
  /** Since when. */
  sinceMs = 0;
}

/**
 * Hands spans to the main thread in batches, those of one client in each, as fast as it takes them: clients have their
 * turn one after the other. Where too many wait, the client with the most of them loses its latest.
 */
export class SpanOutlet {
  readonly #report: (report: EnrichReport) => void;
  readonly #health: Float64Array;
  readonly #now: () => number;
  /** Those that have spans that wait, in the order of their turns. */
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

  /** `measurement`: where the duration of its call is counted. */
  add(owner: SpanOwner, span: SpanData, client: ClientSpans, measurement?: Measurement): void {
    if (client.waiting.length === 0) {
      client.sinceMs = this.#now();
      this.#clients.add(client);
    }
    client.waiting.push({ span, measurement, owner });
    owner.waitingSpans++;
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

  /** Hands over what a client has waiting, as long as that is taken and spans of `owner` wait. Whether none do. */
  flushOwner(owner: SpanOwner, client: ClientSpans): boolean {
    while (owner.waitingSpans > 0 && client.waiting.length > 0 && this.#untaken < MAX_UNTAKEN)
      this.#send(client);
    return owner.waitingSpans === 0;
  }

  #send(client: ClientSpans): void {
    if (this.#untaken >= MAX_UNTAKEN) return;
    const { waiting } = client;
    const sent = waiting.length > BATCH_SPANS ? waiting.splice(0, BATCH_SPANS) : waiting;
    if (sent === waiting) client.waiting = [];
    this.#holdings.change(client, -sent.length);
    // A client that has more waits for its next turn.
    this.#clients.delete(client);
    if (client.waiting.length > 0) this.#clients.add(client);
    this.#untaken++;
    this.#report({ type: 'spans', batches: batchesOf(sent) });
  }

  #dropOne(): void {
    const heaviest = this.#holdings.heaviest;
    const dropped = heaviest?.waiting.pop();
    if (heaviest === undefined || dropped === undefined) return;
    if (heaviest.waiting.length === 0) this.#clients.delete(heaviest);
    this.#holdings.change(heaviest, -1);
    this.#health[SPANS_DROPPED]++;
    dropped.owner.waitingSpans--;
    dropped.owner.lose('spans', 1);
  }
}

/** A batch for each owner, in the order of their first spans. */
function batchesOf(sent: readonly WaitingSpan[]): SpanBatch[] {
  const batches = new Map<SpanOwner, { spans: SpanData[]; measurements: (Measurement | undefined)[] }>();
  for (const { owner, span, measurement } of sent) {
    owner.waitingSpans--;
    const batch = batches.get(owner);
    if (batch === undefined) {
      batches.set(owner, { spans: [span], measurements: [measurement] });
    } else {
      batch.spans.push(span);
      batch.measurements.push(measurement);
    }
  }
  return Array.from(batches, ([{ traffic }, batch]) => ({ ...traffic, ...batch }));
}
