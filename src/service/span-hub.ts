import type { SpanData, SpanSource } from '../exporters/spans.js';

/** Hands the spans of one receiver to whoever exports them, through all reloads. */
export class SpanHub implements SpanSource {
  readonly #listeners = new Set<(spans: readonly SpanData[]) => void>();

  subscribe(listener: (spans: readonly SpanData[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(spans: readonly SpanData[]): void {
    for (const listener of this.#listeners) listener(spans);
  }
}
