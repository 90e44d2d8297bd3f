import type { SpanData, SpanListener, SpanSource } from '../telemetry/span-data.js';

/** Hands the spans of one receiver to its exporters, across reloads. */
export class SpanHub implements SpanSource {
  readonly #listeners = new Set<SpanListener>();

  subscribe(listener: SpanListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(spans: readonly SpanData[], client: string): void {
    for (const listener of this.#listeners) listener(spans, client);
  }
}
