import assert from 'node:assert/strict';
import type { Attributes } from '@opentelemetry/api';
import { DeltaTemporalitySelector } from '@opentelemetry/exporter-metrics-otlp-http';
import type { CollectionResult } from '@opentelemetry/sdk-metrics';
import type { SumDefinition } from '../../src/telemetry/instruments.js';
import { SeriesProducer, type SeriesProducerSettings } from '../../src/telemetry/series-producer.js';
import { SeriesTable } from '../../src/telemetry/series-table.js';
import { metricsOf, pointsOf, valuesOf } from './support/points.js';
import { SMALL_GROUP, smallRow } from './support/small-group.js';

const OVERFLOW = { 'otel.metric.overflow': true };
const LINGER_MS = 1000;

describe('SeriesProducer', () => {
  let nowMs: number;
  let table: SeriesTable;

  const newTable = (maxSeries = 10) =>
    new SeriesTable(SMALL_GROUP, { maxSeries, lingerMs: LINGER_MS, now: () => nowMs });

  const newProducer = (settings: Partial<SeriesProducerSettings> = {}) =>
    new SeriesProducer({ tables: [table], scope: { name: 'test' }, now: () => nowMs, ...settings });

  const newDeltaProducer = (settings: Partial<SeriesProducerSettings> = {}) =>
    newProducer({ temporality: DeltaTemporalitySelector, reader: 'otlp', ...settings });

  const open = (attributes: Attributes, row: Float64Array, of = table) => {
    const handle = of.open(attributes);
    handle.attach([row]);
    return handle;
  };

  const commit = (producer: SeriesProducer, { resourceMetrics }: CollectionResult) => {
    for (const part of resourceMetrics.scopeMetrics) producer.commit(part);
  };

  beforeEach(() => {
    nowMs = 5000;
    table = newTable();
  });

  it('reports nothing at all while there is no series', async () => {
    assert.deepEqual((await newProducer().collect()).resourceMetrics.scopeMetrics, []);
  });

  it('reports totals since the start of each series', async () => {
    open({ a: 1 }, smallRow(5, 2));
    nowMs = 7500;
    assert.deepEqual(pointsOf(await newProducer().collect(), 'items.inside'), [
      { attributes: { a: 1 }, value: 3, startTime: [5, 0], endTime: [7, 500_000_000] },
    ]);
  });

  it('leaves out a point that has never counted anything where that is asked for', async () => {
    const row = smallRow(5, 0);
    open({ a: 1 }, row);
    const producer = newProducer();
    assert.deepEqual(valuesOf(await producer.collect(), 'items.out'), []);
    row[1] = 4;
    assert.deepEqual(valuesOf(await producer.collect(), 'items.out'), [[{ a: 1, way: 'door' }, 4]]);
  });

  it('goes on showing a point that has gone back to zero', async () => {
    const inside = SMALL_GROUP.instruments.filter(({ name }) => name === 'items.inside');
    const sparse = inside.map((instrument) => ({
      ...(instrument as SumDefinition),
      points: [{ ...instrument.points[0], omitZero: true, everCounted: (values: Float64Array) => values[0] }],
    }));
    const group = { ...SMALL_GROUP, instruments: sparse };
    table = new SeriesTable(group, { maxSeries: 10, lingerMs: LINGER_MS, now: () => nowMs });
    const row = smallRow();
    open({ a: 1 }, row);
    const producer = newProducer();
    assert.deepEqual(valuesOf(await producer.collect(), 'items.inside'), []);
    row.set([2, 2]);
    assert.deepEqual(valuesOf(await producer.collect(), 'items.inside'), [[{ a: 1 }, 0]]);
  });

  describe('of several tables with the same instruments', () => {
    it('makes one metric, with one point for the same attributes', async () => {
      const other = newTable(1);
      open({ a: 1 }, smallRow(5));
      nowMs = 6000;
      open({ a: 1 }, smallRow(7), other);
      open({ a: 2 }, smallRow(1), other);
      const result = await newProducer({ tables: [table, other] }).collect();
      assert.equal(metricsOf(result).filter(({ descriptor }) => descriptor.name === 'items.in').length, 1);
      assert.deepEqual(pointsOf(result, 'items.in'), [
        { attributes: { a: 1 }, value: 12, startTime: [5, 0], endTime: [6, 0] },
        { attributes: OVERFLOW, value: 1, startTime: [6, 0], endTime: [6, 0] },
      ]);
    });

    it('commits what each of them has reported', async () => {
      const other = newTable();
      open({ a: 1 }, smallRow(5));
      open({ a: 1 }, smallRow(7), other);
      const producer = newDeltaProducer({ tables: [table, other] });
      commit(producer, await producer.collect());
      assert.deepEqual(valuesOf(await producer.collect(), 'items.in'), [[{ a: 1 }, 0]]);
    });
  });

  describe('for a delta reader', () => {
    it('reports again what was not committed', async () => {
      const row = smallRow(5);
      open({ a: 1 }, row);
      const producer = newDeltaProducer();
      assert.deepEqual(valuesOf(await producer.collect(), 'items.in'), [[{ a: 1 }, 5]]);
      row[0] = 8;
      nowMs = 6000;
      const second = await producer.collect();
      assert.deepEqual(valuesOf(second, 'items.in'), [[{ a: 1 }, 8]]);
      commit(producer, second);
      row[0] = 9;
      nowMs = 7000;
      assert.deepEqual(pointsOf(await producer.collect(), 'items.in'), [
        { attributes: { a: 1 }, value: 1, startTime: [6, 0], endTime: [7, 0] },
      ]);
    });

    it('takes no commit of a collection before the latest', async () => {
      open({ a: 1 }, smallRow(5));
      const producer = newDeltaProducer();
      const first = await producer.collect();
      await producer.collect();
      commit(producer, first);
      assert.deepEqual(valuesOf(await producer.collect(), 'items.in'), [[{ a: 1 }, 5]]);
    });

    it('takes a commit once', async () => {
      const row = smallRow(5);
      open({ a: 1 }, row);
      const producer = newDeltaProducer();
      const result = await producer.collect();
      commit(producer, result);
      commit(producer, result);
      row[0] = 6;
      assert.deepEqual(valuesOf(await producer.collect(), 'items.in'), [[{ a: 1 }, 1]]);
    });

    it('counts every collection as delivered when nobody is there to commit', async () => {
      const row = smallRow(5);
      open({ a: 1 }, row);
      const producer = newProducer({ temporality: DeltaTemporalitySelector });
      await producer.collect();
      row[0] = 6;
      assert.deepEqual(valuesOf(await producer.collect(), 'items.in'), [[{ a: 1 }, 1]]);
    });

    it('reports up-down counters as totals, as the specification has it', async () => {
      open({ a: 1 }, smallRow(5, 2));
      const producer = newDeltaProducer();
      commit(producer, await producer.collect());
      assert.deepEqual(valuesOf(await producer.collect(), 'items.inside'), [[{ a: 1 }, 3]]);
    });

    it('goes on where the reader of the same name before it has ended', async () => {
      const row = smallRow(5);
      open({ a: 1 }, row);
      const first = newDeltaProducer();
      commit(first, await first.collect());
      first.dispose();
      row[0] = 7;
      assert.deepEqual(valuesOf(await newDeltaProducer().collect(), 'items.in'), [[{ a: 1 }, 2]]);
      const stranger = newDeltaProducer({ reader: 'otlp/other' });
      assert.deepEqual(valuesOf(await stranger.collect(), 'items.in'), [[{ a: 1 }, 7]]);
    });

    it('goes on showing zeros of a point that has counted once', async () => {
      open({ a: 1 }, smallRow(5, 2));
      const producer = newDeltaProducer();
      commit(producer, await producer.collect());
      assert.deepEqual(valuesOf(await producer.collect(), 'items.out'), [[{ a: 1, way: 'door' }, 0]]);
    });

    it('reports the last values of a removed series until they are committed, and then no more', async () => {
      const producer = newDeltaProducer();
      open({ a: 1 }, smallRow(5)).close();
      nowMs += LINGER_MS;
      assert.deepEqual(valuesOf(await producer.collect(), 'items.in'), [[{ a: 1 }, 5]]);
      nowMs += LINGER_MS;
      const again = await producer.collect();
      assert.deepEqual(pointsOf(again, 'items.in'), [
        { attributes: { a: 1 }, value: 5, startTime: [5, 0], endTime: [7, 0] },
      ]);
      commit(producer, again);
      assert.deepEqual(metricsOf(await producer.collect()), []);
    });

    it('adds what a removed series is owed to the one that comes after it', async () => {
      const producer = newDeltaProducer();
      open({ a: 1 }, smallRow(5)).close();
      open({ a: 1 }, smallRow(20)).close();
      open({ a: 1 }, smallRow(300));
      assert.deepEqual(valuesOf(await producer.collect(), 'items.in'), [[{ a: 1 }, 325]]);
    });

    it('counts towards the overflow series what more removed series are owed than the limit', async () => {
      table = newTable(2);
      const producer = newDeltaProducer();
      for (const a of [1, 2, 3, 4, 5]) open({ a }, smallRow(10 ** a)).close();
      nowMs += LINGER_MS;
      const result = await producer.collect();
      assert.deepEqual(valuesOf(result, 'items.in'), [
        [OVERFLOW, 11_110],
        [{ a: 5 }, 100_000],
      ]);
      commit(producer, result);
      assert.deepEqual(metricsOf(await producer.collect()), []);
      assert.deepEqual(table.readings(), [], 'other readers have no overflow series of it');
    });

    it('delivers exactly once what was under way when its series was folded into the overflow', async () => {
      table = newTable(1);
      const producer = newDeltaProducer();
      const row = smallRow(5);
      const first = open({ a: 1 }, row);
      const underWay = await producer.collect();
      row[0] = 7;
      first.close();
      for (const a of [2, 3]) open({ a }, smallRow(10 ** a)).close();
      commit(producer, underWay);
      nowMs += LINGER_MS;
      assert.deepEqual(valuesOf(await producer.collect(), 'items.in'), [[OVERFLOW, 2 + 100 + 1000]]);
    });

    it('keeps a bounded number of accounts, however many series there have been', async () => {
      table = newTable(100);
      const producer = newDeltaProducer();
      for (let a = 0; a < 100_000; a++) {
        open({ a }, smallRow(1)).close();
        assert.ok(table.baseline('otlp').size <= 2 * 100);
      }
      const result = await producer.collect();
      const values = valuesOf(result, 'items.in').map(([, value]) => value);
      assert.equal(
        values.reduce((sum, value) => sum + value, 0),
        100_000,
      );
      commit(producer, result);
      nowMs += LINGER_MS;
      await producer.collect();
      assert.equal(table.baseline('otlp').size, 0);
    });
  });

  describe('in parts', () => {
    it('puts all instruments of a few series into each', async () => {
      for (const a of [1, 2, 3]) open({ a }, smallRow(a, a));
      const { resourceMetrics } = await newProducer({ seriesPerScope: 2 }).collect();
      const parts = resourceMetrics.scopeMetrics.map(({ metrics }) =>
        metrics.map((m) => m.dataPoints.length),
      );
      assert.deepEqual(parts, [
        [2, 2, 2],
        [1, 1, 1],
      ]);
    });

    it('commits those that are delivered, and reports the others again', async () => {
      for (const a of [1, 2, 3]) open({ a }, smallRow(a));
      const producer = newDeltaProducer({ seriesPerScope: 2 });
      const { resourceMetrics } = await producer.collect();
      producer.commit(resourceMetrics.scopeMetrics[0]);
      assert.deepEqual(valuesOf(await producer.collect(), 'items.in'), [
        [{ a: 1 }, 0],
        [{ a: 2 }, 0],
        [{ a: 3 }, 3],
      ]);
    });
  });
});
