import { histogramColumns, recordInto } from '../../../src/telemetry/histogram.js';
import { histogramPoint, type InstrumentGroup } from '../../../src/telemetry/instruments.js';

export const BOUNDARIES = [0.01, 0.1, 1] as const;

const CALLS = 0;
const OK = 1;
const FAILED = OK + histogramColumns(BOUNDARIES);

/** A counter, and a histogram with two kinds of points. */
export const CALLS_GROUP: InstrumentGroup = {
  width: FAILED + histogramColumns(BOUNDARIES),
  instruments: [
    {
      name: 'calls',
      description: 'Calls.',
      unit: '{call}',
      kind: 'counter',
      points: [{ value: (values) => values[CALLS], omitZero: true }],
    },
    {
      name: 'call.duration',
      description: 'Duration of calls.',
      unit: 's',
      kind: 'histogram',
      boundaries: BOUNDARIES,
      points: [
        histogramPoint(BOUNDARIES, OK),
        histogramPoint(BOUNDARIES, FAILED, { attributes: { 'error.type': 'timeout' }, omitZero: true }),
      ],
    },
  ],
};

/** A row of such a series, with calls that took so long, in seconds. */
export function callsRow(...seconds: readonly number[]): Float64Array {
  const row = new Float64Array(CALLS_GROUP.width);
  for (const duration of seconds) recordCall(row, duration);
  return row;
}

export function recordCall(row: Float64Array, seconds: number): void {
  countCall(row);
  recordInto(row, OK, BOUNDARIES, seconds);
}

export function recordFailure(row: Float64Array, seconds: number): void {
  countCall(row);
  recordInto(row, FAILED, BOUNDARIES, seconds);
}

/** A call of which nobody knows how long it took. */
export function countCall(row: Float64Array): void {
  row[CALLS]++;
}
