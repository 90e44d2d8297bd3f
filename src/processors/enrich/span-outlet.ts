import type { SpanData } from '../../exporters/spans.js';
import { SPANS_DROPPED } from './instruments.js';
import type { EnrichReport } from './messages.js';

/** Spans in a batch to the main thread. */
const BATCH_SPANS = 256;

/** How long a span waits for others, in ms. */
const BATCH_MS = 200;

/** Batches that the main thread has not taken yet at most. What is made beyond them is dropped. */
const MAX_UNTAKEN = 16;

interface Batch {
  readonly spans: SpanData[];
  readonly sinceMs: number;
}

/** Hands spans to the main thread in batches, as fast as it takes them. */
export class SpanOutlet {
  readonly #report: (report: EnrichReport) => void;
  readonly #health: Float64Array;
  readonly #now: () => number;
  readonly #batches = new Map<number, Batch>();
  #untaken = 0;

  constructor(report: (report: EnrichReport) => void, health: Float64Array, now: () => number) {
    this.#report = report;
    this.#health = health;
    this.#now = now;
  }

  /** Whether spans wait to be handed over. */
  get isEmpty(): boolean {
    return this.#batches.size === 0;
  }

  add(source: number, span: SpanData): void {
    let batch = this.#batches.get(source);
    if (batch === undefined) {
      batch = { spans: [], sinceMs: this.#now() };
      this.#batches.set(source, batch);
    }
    batch.spans.push(span);
    if (batch.spans.length >= BATCH_SPANS) this.#send(source, batch);
  }

  /** The main thread has taken a batch. */
  taken(): void {
    this.#untaken--;
  }

  /** Hands over what has waited long enough, or everything. */
  flush(everything = false): void {
    const dueMs = this.#now() - BATCH_MS;
    for (const [source, batch] of this.#batches) {
      if (everything || batch.sinceMs <= dueMs) this.#send(source, batch);
    }
  }

  /** Hands over what a source has left. */
  flushSource(source: number): void {
    const batch = this.#batches.get(source);
    if (batch !== undefined) this.#send(source, batch);
  }

  #send(source: number, { spans }: Batch): void {
    this.#batches.delete(source);
    if (this.#untaken >= MAX_UNTAKEN) {
      this.#health[SPANS_DROPPED] += spans.length;
      return;
    }
    this.#untaken++;
    this.#report({ type: 'spans', source, spans });
  }
}
