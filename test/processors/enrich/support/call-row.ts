import { callsColumn, durationColumns } from '../../../../src/processors/enrich/instruments.js';
import { CONVENTIONS } from '../../../../src/protocols/conventions.js';
import { RECV, SEND } from '../../../../src/protocols/direction.js';
import { histogramCount } from '../../../../src/telemetry/histogram.js';

/** Conventions may have a metric in common. */
const DURATIONS = new Set(CONVENTIONS.flatMap(({ durations }) => [durations.server, durations.client]));

/** Calls that a series has counted, in both directions. */
export function callsIn(row: Float64Array): number {
  return row[callsColumn(SEND)] + row[callsColumn(RECV)];
}

/** Calls of which it knows how long they took, in both directions. */
export function durationsIn(row: Float64Array): number {
  const counts = Array.from(DURATIONS, (metric) => {
    const { first, boundaries } = durationColumns(metric);
    return histogramCount(row, first, boundaries);
  });
  return counts.reduce((sum, count) => sum + count, 0);
}
