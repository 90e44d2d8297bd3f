import type { Attributes } from '@opentelemetry/api';
import type { SeriesContainer } from './series-container.js';

/** A finished span, as the enrich thread makes it of a call. Plain data: it travels between threads. */
export interface SpanData {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** As W3C trace context has it; only with a parent. */
  readonly traceState: string | undefined;
  readonly name: string;
  readonly kind: 'server' | 'client';
  /** Wall clock, ms since the epoch with a fraction. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  /** What went wrong, which may be an empty text; undefined: nothing that is known. */
  readonly error: string | undefined;
  /** The container whose call it is. Only the main thread knows. */
  readonly container?: SeriesContainer | undefined;
}

/** Takes a batch of finished spans. `client` tells clients apart; without it they are of all together. */
export type SpanListener = (spans: readonly SpanData[], client?: string) => void;

/** Where spans come from. */
export interface SpanSource {
  /** Gives batches to `listener` until the result is called. */
  subscribe(listener: SpanListener): () => void;
}
