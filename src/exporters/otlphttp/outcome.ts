import type { ExportFailure } from '../health-instruments.js';

/** The destination has the request. */
export interface Delivered {
  readonly kind: 'delivered';
  /** Data points, spans or log records that it did not take although it took the request. */
  readonly rejected: number;
  /** What the user should know of the answer; one printable line. */
  readonly notice: string | undefined;
  /** Of the answer over HTTP. */
  readonly status?: number;
}

/** The destination does not have the request, or it is not known whether it has. */
export interface Failed {
  /** `retryable`: it may pass by itself. `permanent`: the same request would fail again. */
  readonly kind: 'retryable' | 'permanent';
  readonly reason: ExportFailure;
  /** Why, in one printable line. */
  readonly message: string;
  /** How long the destination asks to be left alone, in ms. */
  readonly retryAfterMs?: number | undefined;
  /** Of the answer over HTTP, if there was one. */
  readonly status?: number;
  /** The request is too large for the destination: parts of it may not be. */
  readonly isTooLarge?: boolean;
}

/** What became of one attempt to send a request. */
export type Outcome = Delivered | Failed;
