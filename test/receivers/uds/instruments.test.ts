import assert from 'node:assert/strict';
import {
  allocateCounters,
  counterRow,
  errorColumn,
  FAILURE_NAMES,
  FAILURES,
} from '../../../src/receivers/uds/counters.js';
import { UDS_INSTRUMENTS } from '../../../src/receivers/uds/instruments.js';

describe('uds.connection.errors', () => {
  const instrument = UDS_INSTRUMENTS.instruments.find(({ name }) => name === 'uds.connection.errors');
  const points = instrument?.points ?? [];

  /** The attributes of the points that are shown of a row, with their values. */
  function shown(row: Float64Array): unknown[] {
    const all = points.map(({ value, attributes, omitZero }) => ({
      value: value(row),
      attributes,
      omitZero,
    }));
    return all
      .filter(({ value, omitZero }) => value !== 0 || omitZero !== true)
      .map(({ value, attributes }) => [value, attributes]);
  }

  it('has no point while no connection has failed', () => {
    assert.deepEqual(shown(counterRow(allocateCounters(1), 0)), []);
  });

  it('tells the same error of both ends apart', () => {
    const row = counterRow(allocateCounters(1), 0);
    row[errorColumn('EPIPE')] = 2;
    row[errorColumn('client_left')] = 3;
    row[errorColumn('shutdown')] = 5;
    assert.deepEqual(shown(row), [
      [2, { 'error.type': 'EPIPE', 'uds.connection.end': 'upstream' }],
      [5, { 'error.type': 'shutdown' }],
      [3, { 'error.type': 'EPIPE', 'uds.connection.end': 'client' }],
    ]);
  });

  it('has a column and attributes of its own for each failure', () => {
    assert.equal(new Set(FAILURE_NAMES.map(errorColumn)).size, points.length);
    assert.equal(new Set(Object.values(FAILURES).map((each) => JSON.stringify(each))).size, points.length);
  });
});
