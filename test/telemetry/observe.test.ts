import assert from 'node:assert/strict';
import { CumulativeTemporalitySelector } from '@opentelemetry/exporter-metrics-otlp-http';
import { observeTable } from '../../src/telemetry/observe.js';
import { SeriesTable } from '../../src/telemetry/series-table.js';
import { CALLS_GROUP, callsRow, recordCall } from './support/calls-group.js';
import { metricsOf, valuesOf } from './support/points.js';
import { TestReader } from './support/test-reader.js';

describe('observeTable', () => {
  const newReader = () => new TestReader({ aggregationTemporalitySelector: CumulativeTemporalitySelector });

  it('puts counters on a Meter, and leaves out histograms', async () => {
    const table = new SeriesTable(CALLS_GROUP, { maxSeries: 10, lingerMs: 0 });
    const reader = newReader();
    observeTable(table, reader.provider.getMeter('test'));
    const row = callsRow(0.5);
    table.open({ a: 1 }).attach([row]);
    assert.deepEqual(valuesOf(await reader.read(), 'calls'), [[{ a: 1 }, 1]]);
    recordCall(row, 2);
    const result = await reader.read();
    assert.deepEqual(valuesOf(result, 'calls'), [[{ a: 1 }, 2]]);
    assert.deepEqual(
      metricsOf(result).map(({ descriptor }) => descriptor.name),
      ['calls'],
    );
  });

  it('observes no more when its observations are taken away', async () => {
    const table = new SeriesTable(CALLS_GROUP, { maxSeries: 10, lingerMs: 0 });
    const reader = newReader();
    const stop = observeTable(table, reader.provider.getMeter('test'));
    table.open({ a: 1 }).attach([callsRow(0.5)]);
    stop();
    assert.deepEqual(metricsOf(await reader.read()), []);
  });
});
