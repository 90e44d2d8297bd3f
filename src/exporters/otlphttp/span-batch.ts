import type { SpanData } from '../spans.js';

/** Spans of a batch at most; so has the BatchSpanProcessor of OpenTelemetry's SDKs. */
export const BATCH_SPANS = 512;

/** Beyond this size a batch takes no more spans, in characters; far less than the 20 MiB that the Collector takes. */
const BATCH_CHARACTERS = 2 * 1024 * 1024;

/** What a span takes beside its texts, roughly: ids, times, and the frame of each field. */
const SPAN_CHARACTERS = 100;
const ATTRIBUTE_CHARACTERS = 10;

/** Spans that wait for others to be sent together with. */
export class SpanBatch {
  #spans: SpanData[] = [];
  #characters = 0;
  #limit = BATCH_SPANS;

  get isEmpty(): boolean {
    return this.#spans.length === 0;
  }

  get isFull(): boolean {
    return this.#spans.length >= this.#limit || this.#characters >= BATCH_CHARACTERS;
  }

  add(span: SpanData): void {
    this.#spans.push(span);
    this.#characters += sizeOf(span);
  }

  /** So many spans were too large for the destination: fewer are sent together from now on. */
  tooLarge(spans: number): void {
    this.#limit = Math.max(1, Math.min(this.#limit, Math.floor(spans / 2)));
  }

  /** Empties the batch into the result. */
  take(): readonly SpanData[] {
    const spans = this.#spans;
    this.#spans = [];
    this.#characters = 0;
    return spans;
  }
}

function sizeOf({ name, error = '', traceState = '', attributes }: SpanData): number {
  let size = SPAN_CHARACTERS + name.length + error.length + traceState.length;
  for (const [key, value] of Object.entries(attributes)) {
    size += ATTRIBUTE_CHARACTERS + key.length + String(value).length;
  }
  return size;
}
