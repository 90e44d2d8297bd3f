import type { Attributes } from '@opentelemetry/api';
import type { SeriesContainer } from './series-container.js';

/**
 * A finished call, as the enrich thread describes it: what its span and its log record say. Plain data: it travels
 * between threads.
 */
export interface CallData {
  /** Whether it has a span. The ids of one without say nothing. */
  readonly isSampled: boolean;
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
  /** What its log record says beside these; undefined: it has none. */
  readonly logAttributes: Attributes | undefined;
  /** What went wrong, which may be an empty text; undefined: nothing that is known. */
  readonly error: string | undefined;
  /** The container whose call it is. Only the main thread knows. */
  readonly container?: SeriesContainer | undefined;
}

/** Takes a batch of finished calls. `client` tells clients apart; without it they are of all together. */
export type CallListener = (calls: readonly CallData[], client?: string) => void;

/** Where finished calls come from. */
export interface CallSource {
  /** Gives batches to `listener` until the result is called. */
  subscribe(listener: CallListener): () => void;
}
