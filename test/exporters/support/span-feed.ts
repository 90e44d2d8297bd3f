import type { SpanData, SpanSource } from '../../../src/telemetry/span-data.js';

/** What stands at the other end of a traces pipeline: hands out the spans that a test makes. */
export class SpanFeed implements SpanSource {
  readonly #listeners = new Set<(spans: readonly SpanData[]) => void>();
  #made = 0;

  get listeners(): number {
    return this.#listeners.size;
  }

  subscribe(listener: (spans: readonly SpanData[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  give(...spans: SpanData[]): void {
    for (const listener of this.#listeners) listener(spans);
  }

  /** Gives `count` spans at once, named by their number since the first. */
  giveMany(count: number, changes: Partial<SpanData> = {}): void {
    this.give(...Array.from({ length: count }, () => span({ name: `${this.#made++}`, ...changes })));
  }
}

/** A span with what a test cares about. */
export function span(changes: Partial<SpanData> = {}): SpanData {
  return {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    parentSpanId: undefined,
    traceState: undefined,
    name: 'eth_call',
    kind: 'server',
    startMs: 1_700_000_000_000,
    endMs: 1_700_000_000_001.25,
    attributes: { 'rpc.system.name': 'jsonrpc' },
    error: undefined,
    ...changes,
  };
}
