import { Holding, Holdings } from '../../shares/holdings.js';
import type { SpanData } from '../../telemetry/span-data.js';

/** Spans of a batch at most, as in the BatchSpanProcessor of OpenTelemetry's SDKs. */
export const BATCH_SPANS = 512;

/** Beyond this size a batch takes no more spans, in characters; far less than the 20 MiB that the Collector takes. */
const BATCH_CHARACTERS = 2 * 1024 * 1024;

/** What a span takes beside its texts, roughly: ids, times, and the frame of each field. */
const SPAN_CHARACTERS = 100;
const ATTRIBUTE_CHARACTERS = 10;

/** The spans of one client. */
class ClientPart extends Holding {
  readonly spans: SpanData[] = [];
}

/** Spans that wait for others to be sent together with. */
export class SpanBatch {
  #parts = new Map<string, ClientPart>();
  #holdings = new Holdings<ClientPart>();
  #characters = 0;
  #limit = BATCH_SPANS;

  get isEmpty(): boolean {
    return this.#holdings.total === 0;
  }

  get isFull(): boolean {
    return this.#holdings.total >= this.#limit || this.#characters >= BATCH_CHARACTERS;
  }

  add(span: SpanData, client = ''): void {
    const part = this.#partOf(client);
    part.spans.push(span);
    this.#holdings.change(part, 1);
    this.#characters += sizeOf(span);
  }

  /** So many spans were too large for the destination: fewer are sent together from now on. */
  tooLarge(spans: number): void {
    this.#limit = Math.max(1, Math.min(this.#limit, Math.floor(spans / 2)));
  }

  /** Replaces a span of the client that has most, if this one has clearly less. One of the two spans is lost. */
  addInstead(span: SpanData, client = ''): void {
    const most = this.#holdings.heaviest;
    if (most === undefined || most.held <= 2 * (this.#partOf(client).held + 1)) return;
    const replaced = most.spans.pop();
    this.#holdings.change(most, -1);
    if (replaced !== undefined) this.#characters -= sizeOf(replaced);
    this.add(span, client);
  }

  /** Empties the batch into the result. */
  take(): readonly SpanData[] {
    const spans = [...this.#parts.values()].flatMap((part) => part.spans);
    this.#parts = new Map();
    this.#holdings = new Holdings();
    this.#characters = 0;
    return spans;
  }

  #partOf(client: string): ClientPart {
    const known = this.#parts.get(client);
    if (known !== undefined) return known;
    const part = new ClientPart();
    this.#parts.set(client, part);
    return part;
  }
}

function sizeOf({ name, error = '', traceState = '', attributes }: SpanData): number {
  let size = SPAN_CHARACTERS + name.length + error.length + traceState.length;
  for (const [key, value] of Object.entries(attributes)) {
    size += ATTRIBUTE_CHARACTERS + key.length + String(value).length;
  }
  return size;
}
