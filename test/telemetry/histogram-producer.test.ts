import assert from 'node:assert/strict';
import { type Attributes, ValueType } from '@opentelemetry/api';
import {
  CumulativeTemporalitySelector,
  DeltaTemporalitySelector,
  LowMemoryTemporalitySelector,
} from '@opentelemetry/exporter-metrics-otlp-http';
import {
  AggregationTemporality,
  type AggregationTemporalitySelector,
  type CollectionResult,
} from '@opentelemetry/sdk-metrics';
import { SeriesProducer } from '../../src/telemetry/series-producer.js';
import { SeriesTable } from '../../src/telemetry/series-table.js';
import {
  BOUNDARIES,
  CALLS_GROUP,
  callsRow,
  countCall,
  recordCall,
  recordFailure,
} from './support/calls-group.js';
import { histogramsOf, metricsOf, valuesOf } from './support/points.js';
import { SMALL_GROUP, smallRow } from './support/small-group.js';

const OVERFLOW = { 'otel.metric.overflow': true };
const LINGER_MS = 1000;

describe('SeriesProducer, of histograms', () => {
  let nowMs: number;
  let table: SeriesTable;

  const newTable = (group = CALLS_GROUP, maxSeries = 10) =>
    new SeriesTable(group, { maxSeries, lingerMs: LINGER_MS, now: () => nowMs });

  const newProducer = (temporality: AggregationTemporalitySelector, tables = [table]) =>
    new SeriesProducer({ tables, scope: { name: 'test' }, temporality, reader: 'otlp', now: () => nowMs });

  const open = (attributes: Attributes, row: Float64Array, of = table) => {
    const handle = of.open(attributes);
    handle.attach([row]);
    return handle;
  };

  const commit = (producer: SeriesProducer, { resourceMetrics }: CollectionResult) => {
    for (const part of resourceMetrics.scopeMetrics) producer.commit(part);
  };

  /** Attributes, counts of the buckets, and sum of each point. */
  const shown = (result: CollectionResult) =>
    histogramsOf(result, 'call.duration').map(({ attributes, value }) => {
      assert.equal(
        value.count,
        value.buckets.counts.reduce((sum, count) => sum + count, 0),
      );
      return [attributes, value.buckets.counts, value.sum];
    });

  beforeEach(() => {
    nowMs = 5000;
    table = newTable();
  });

  it('reports all there is to know of them since the start of their series', async () => {
    open({ a: 1 }, callsRow(0.0078125, 0.5, 0.25, 8));
    nowMs = 7500;
    const metrics = metricsOf(await newProducer(CumulativeTemporalitySelector).collect());
    const { dataPoints, dataPointType, ...metric } = metrics[1];
    assert.deepEqual(metric, {
      descriptor: {
        name: 'call.duration',
        description: 'Duration of calls.',
        unit: 's',
        valueType: ValueType.DOUBLE,
      },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
    });
    assert.deepEqual(dataPoints, [
      {
        attributes: { a: 1 },
        startTime: [5, 0],
        endTime: [7, 500_000_000],
        value: {
          buckets: { boundaries: [...BOUNDARIES], counts: [1, 0, 2, 1] },
          sum: 8.7578125,
          count: 4,
          // There all the same, so that all points have one shape.
        },
      },
    ]);
  });

  it('has a point with attributes of its own once there is something in it', async () => {
    const row = callsRow();
    open({ a: 1 }, row);
    const producer = newProducer(CumulativeTemporalitySelector);
    assert.deepEqual(shown(await producer.collect()), [[{ a: 1 }, [0, 0, 0, 0], 0]]);
    recordFailure(row, 2);
    assert.deepEqual(shown(await producer.collect()), [
      [{ a: 1 }, [0, 0, 0, 0], 0],
      [{ a: 1, 'error.type': 'timeout' }, [0, 0, 0, 1], 2],
    ]);
  });

  it('adds up those of several tables, and of all series above the limit', async () => {
    const other = newTable(CALLS_GROUP, 1);
    open({ a: 1 }, callsRow(0.5));
    open({ a: 1 }, callsRow(2), other);
    for (const a of [2, 3]) open({ a }, callsRow(0.25), other);
    const result = await newProducer(CumulativeTemporalitySelector, [table, other]).collect();
    assert.deepEqual(shown(result), [
      [{ a: 1 }, [0, 0, 1, 1], 2.5],
      [OVERFLOW, [0, 0, 2, 0], 0.5],
    ]);
  });

  it('reports to a delta reader what has not been committed, and then zeros', async () => {
    const row = callsRow(0.5);
    open({ a: 1 }, row);
    const producer = newProducer(DeltaTemporalitySelector);
    await producer.collect();
    recordFailure(row, 4);
    commit(producer, await producer.collect());
    recordCall(row, 0.25);
    assert.deepEqual(shown(await producer.collect()), [
      [{ a: 1 }, [0, 0, 1, 0], 0.25],
      [{ a: 1, 'error.type': 'timeout' }, [0, 0, 0, 0], 0],
    ]);
  });

  it('owes a delta reader nothing of a removed series, however odd the sum it was told in parts', async () => {
    const row = callsRow(0.1, 0.2);
    const handle = open({ a: 1 }, row);
    const producer = newProducer(DeltaTemporalitySelector);
    commit(producer, await producer.collect());
    for (const duration of [0.3, 0.7, 1 / 3, Math.PI]) recordCall(row, duration);
    commit(producer, await producer.collect());
    recordCall(row, Math.E);
    handle.close();
    nowMs += LINGER_MS;
    commit(producer, await producer.collect());
    assert.deepEqual(metricsOf(await producer.collect()), []);
    assert.equal(table.baseline('otlp').size, 0);
  });

  describe('for a reader with the preference lowmemory', () => {
    it('reports deltas of them beside totals of counters', async () => {
      const row = callsRow(0.5);
      open({ a: 1 }, row);
      const producer = newProducer(LowMemoryTemporalitySelector);
      commit(producer, await producer.collect());
      recordCall(row, 2);
      const result = await producer.collect();
      assert.deepEqual(
        metricsOf(result).map(({ aggregationTemporality }) => aggregationTemporality),
        [AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA],
      );
      assert.deepEqual(valuesOf(result, 'calls'), [[{ a: 1 }, 2]]);
      assert.deepEqual(shown(result), [[{ a: 1 }, [0, 0, 0, 1], 2]]);
    });

    it('reports what a removed series is owed of them, and no counters', async () => {
      const producer = newProducer(LowMemoryTemporalitySelector);
      open({ a: 1 }, callsRow(0.5)).close();
      nowMs += LINGER_MS;
      const result = await producer.collect();
      assert.deepEqual(shown(result), [[{ a: 1 }, [0, 0, 1, 0], 0.5]]);
      assert.deepEqual(valuesOf(result, 'calls'), []);
      commit(producer, result);
      assert.deepEqual(metricsOf(await producer.collect()), []);
    });

    it('keeps no account of a removed series of which there is nothing to report', async () => {
      const [calls, duration] = CALLS_GROUP.instruments;
      assert.ok(duration.kind === 'histogram');
      const sparse = { ...duration, points: duration.points.map((point) => ({ ...point, omitZero: true })) };
      table = newTable({ ...CALLS_GROUP, instruments: [calls, sparse] });
      const producer = newProducer(LowMemoryTemporalitySelector);
      const row = callsRow();
      countCall(row);
      open({ a: 1 }, row).close();
      nowMs += LINGER_MS;
      assert.deepEqual(metricsOf(await producer.collect()), []);
      assert.equal(table.baseline('otlp').size, 0);
    });

    it('keeps no accounts of tables without any', async () => {
      const counters = newTable(SMALL_GROUP);
      open({ a: 1 }, smallRow(1), counters);
      open({ a: 1 }, callsRow(1));
      await newProducer(LowMemoryTemporalitySelector, [counters, table]).collect();
      assert.equal(counters.baseline('otlp').size, 0);
      assert.equal(table.baseline('otlp').size, 1);
    });
  });
});
