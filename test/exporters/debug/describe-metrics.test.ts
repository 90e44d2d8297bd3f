import assert from 'node:assert/strict';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { describeMetrics, type Verbosity } from '../../../src/exporters/debug/describe-metrics.js';
import { SeriesProducer } from '../../../src/telemetry/series-producer.js';
import { SeriesTable } from '../../../src/telemetry/series-table.js';
import { CALLS_GROUP, callsRow, recordFailure } from '../../telemetry/support/calls-group.js';

describe('describeMetrics, of histograms', () => {
  const describeRow = async (row: Float64Array, verbosity: Verbosity): Promise<string[]> => {
    const table = new SeriesTable(CALLS_GROUP, { maxSeries: 1, lingerMs: 0, now: () => 0 });
    table.open({ a: 1 }).attach([row]);
    const producer = new SeriesProducer({ tables: [table], scope: { name: 'test' } });
    const { resourceMetrics } = await producer.collect();
    return describeMetrics({ ...resourceMetrics, resource: resourceFromAttributes({}) }, verbosity);
  };

  it('has how many values there are, their sum, and the buckets with something in them', async () => {
    const row = callsRow(0.01, 0.002, 0.5);
    recordFailure(row, 4.5);
    assert.deepEqual(await describeRow(row, 'normal'), [
      'calls{a=1} 4',
      'call.duration{a=1} count=3 sum=0.512 buckets ≤0.01:2 ≤1:1',
      'call.duration{a=1,error.type="timeout"} count=1 sum=4.5 buckets >1:1',
    ]);
  });

  it('has no buckets when there is nothing in them', async () => {
    assert.deepEqual(await describeRow(callsRow(), 'normal'), ['call.duration{a=1} count=0 sum=0']);
  });

  it('tells all when it is to be detailed', async () => {
    assert.deepEqual((await describeRow(callsRow(0.5), 'detailed')).slice(-2), [
      'metric call.duration unit s, cumulative histogram: Duration of calls.',
      'call.duration{a=1} count=1 sum=0.5 buckets ≤1:1 since 1970-01-01T00:00:00.000000000Z',
    ]);
  });
});
