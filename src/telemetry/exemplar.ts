/** One measurement of a histogram, and the span that it was made in. */
export interface Exemplar {
  /** In the unit of the instrument. */
  readonly value: number;
  /** When it was measured: wall clock, ms since the epoch. */
  readonly timeMs: number;
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
}
