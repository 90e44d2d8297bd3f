import type { CallData } from '../../telemetry/call-data.js';
import type { FlowRows } from './known-flows.js';
import type { Measurement } from './messages.js';

/**
 * Keeps the spans of calls as exemplars of the buckets that the durations of these calls are in.
 *
 * @param rows those that the calls' flow counts in, under their capture generation.
 * @param measurements of the calls, in the same order; undefined for one without a span.
 */
export function keepExemplars(
  { byNumber }: FlowRows,
  calls: readonly CallData[],
  measurements: readonly (Measurement | undefined)[],
): void {
  measurements.forEach((measurement, i) => {
    if (measurement === undefined) return;
    const { series, column, seconds } = measurement;
    const { traceId, spanId, endMs } = calls[i];
    const exemplar = { value: seconds, timeMs: endMs, traceId, spanId };
    byNumber.get(series)?.handle.series.keepExemplar(column, exemplar);
  });
}
