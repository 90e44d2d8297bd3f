import type { LiveEvent } from '../../../../processors/enrich/events.js';

export type CallEvent = Extract<LiveEvent, { type: 'call' }>;

/** A line of the live stream: a call, or how many are missing at its place. */
export type StreamRow =
  | { readonly id: number; readonly call: CallEvent }
  | { readonly id: number; readonly missing: number };

/** The latest rows of a stream, however many come. */
export class EventBuffer {
  readonly #limit: number;
  #rows: StreamRow[] = [];
  #nextId = 0;
  /** Calls that have come. */
  calls = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Reads a line of the stream. What it does not know is left out: an agent may be newer than the page that it has sent. */
  add(line: string): void {
    const value: unknown = JSON.parse(line);
    if (!isRecord(value)) return;
    if (value['type'] === 'missed') this.#push({ id: this.#nextId++, missing: Number(value['count']) });
    if (value['type'] !== 'call') return;
    this.calls++;
    this.#push({ id: this.#nextId++, call: value as unknown as CallEvent });
  }

  /** The latest first. */
  get rows(): StreamRow[] {
    return this.#rows.slice(-this.#limit).reverse();
  }

  clear(): void {
    this.#rows = [];
  }

  #push(row: StreamRow): void {
    this.#rows.push(row);
    // Cutting now and then costs less than at each row.
    if (this.#rows.length >= 2 * this.#limit) this.#rows = this.#rows.slice(-this.#limit);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
