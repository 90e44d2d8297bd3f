/**
 * Reading a table brings it up to date, which opens series. Their points were of the time before the reading, and so
 * ended before they had begun: receivers refuse such points.
 */
import assert from 'node:assert/strict';
import {
  CumulativeTemporalitySelector,
  DeltaTemporalitySelector,
} from '@opentelemetry/exporter-metrics-otlp-http';
import { SeriesProducer } from '../../src/telemetry/series-producer.js';
import { SeriesTable } from '../../src/telemetry/series-table.js';
import { pointsOf } from '../telemetry/support/points.js';
import { SMALL_GROUP, smallRow } from '../telemetry/support/small-group.js';

describe('A series that is opened by being read', () => {
  for (const temporality of [CumulativeTemporalitySelector, DeltaTemporalitySelector]) {
    it(`has no point that ends before it begins (${temporality.name})`, async () => {
      let nowMs = 5000;
      const now = () => nowMs++;
      const table = new SeriesTable(SMALL_GROUP, { maxSeries: 10, lingerMs: 0, now });
      table.onReading(() => table.open({ opened: nowMs }).attach([smallRow(5, 2)]));
      const producer = new SeriesProducer({ tables: [table], scope: { name: 'test' }, now, temporality });
      for (let i = 0; i < 3; i++) {
        const points = pointsOf(await producer.collect(), 'items.inside');
        assert.ok(points.length > 0);
        for (const { startTime, endTime } of points) {
          assert.ok(startTime[0] * 1e9 + startTime[1] <= endTime[0] * 1e9 + endTime[1]);
        }
      }
    });
  }
});
