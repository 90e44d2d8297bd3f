import { callsColumn, durationColumn } from '../../../../src/processors/enrich/instruments.js';
import { RPC } from '../../../../src/protocols/conventions.js';
import { RECV, SEND } from '../../../../src/protocols/direction.js';
import { CALL_DURATION_BOUNDARIES, histogramCount } from '../../../../src/telemetry/histogram.js';

/** Calls that a series has counted, in both directions. */
export function callsIn(row: Float64Array): number {
  return row[callsColumn(SEND)] + row[callsColumn(RECV)];
}

/** Calls of which it knows how long they took, in both directions. */
export function durationsIn(row: Float64Array): number {
  return durationsOf(row, 'server') + durationsOf(row, 'client');
}

/** Those of the container, or those of its server. */
export function durationsOf(row: Float64Array, kind: 'server' | 'client'): number {
  return histogramCount(row, durationColumn(RPC, kind), CALL_DURATION_BOUNDARIES);
}
