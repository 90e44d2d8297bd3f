import assert from 'node:assert/strict';
import { hrTimeToMilliseconds, millisToHrTime } from '@opentelemetry/core';
import { SeriesProducer } from '../../src/telemetry/series-producer.js';
import { SeriesTable } from '../../src/telemetry/series-table.js';
import { shownTime, unsteppedNowMs, unsteppedTime } from '../../src/telemetry/unstepped-time.js';
import { useCleanup } from '../support/cleanup.js';
import { pointsOf } from './support/points.js';
import { SMALL_GROUP, smallRow } from './support/small-group.js';

const HOUR_MS = 3_600_000;

describe('a wall clock that is set', () => {
  const cleanup = useCleanup();
  const { now } = Date;

  /** As somebody does with date(1). */
  function setBy(ms: number): void {
    const before = Date.now;
    Date.now = () => before() + ms;
    cleanup.defer(() => {
      Date.now = now;
    });
  }

  function newSeries(lingerMs = HOUR_MS / 2) {
    const table = new SeriesTable(SMALL_GROUP, { maxSeries: 10, lingerMs });
    const handle = table.open({ a: 1 });
    handle.attach([smallRow(5, 2)]);
    return { table, handle };
  }

  const pointOf = async (table: SeriesTable) => {
    const producer = new SeriesProducer({ tables: [table], scope: { name: 'test' } });
    const [{ startTime, endTime }] = pointsOf(await producer.collect(), 'items.inside');
    return { startMs: hrTimeToMilliseconds(startTime), endMs: hrTimeToMilliseconds(endTime) };
  };

  it('back has no point end before it starts, and starts stay where they are then', async () => {
    const { table } = newSeries();
    setBy(-HOUR_MS);
    const first = await pointOf(table);
    assert.ok(first.startMs <= first.endMs, `${first.startMs} to ${first.endMs}`);
    assert.ok(Math.abs(first.endMs - Date.now()) < 1000, 'points end now, as the clock is set');
    assert.equal((await pointOf(table)).startMs, first.startMs);
  });

  it('ahead leaves starts alone', async () => {
    const { table } = newSeries();
    const before = await pointOf(table);
    setBy(HOUR_MS);
    const after = await pointOf(table);
    assert.equal(after.startMs, before.startMs);
    assert.ok(after.endMs - before.endMs >= HOUR_MS);
  });

  it('changes nothing about how long a series lingers', () => {
    for (const stepMs of [HOUR_MS, -HOUR_MS]) {
      const { table, handle } = newSeries();
      handle.close();
      setBy(stepMs);
      assert.equal(table.readings().length, 1);
    }
    const { table, handle } = newSeries(0);
    handle.close();
    setBy(-HOUR_MS);
    assert.equal(table.readings().length, 0);
  });

  it('leaves times that another process has shown where they are, and none of them in the future', () => {
    for (const stepMs of [0, -HOUR_MS, HOUR_MS]) {
      setBy(stepMs);
      const nowMs = unsteppedNowMs();
      const shown = millisToHrTime(Date.now() - 1000);
      assert.deepEqual(shownTime(unsteppedTime(shown, nowMs)), shown);
      const ahead = unsteppedTime(millisToHrTime(Date.now() + HOUR_MS), nowMs);
      assert.equal(hrTimeToMilliseconds(ahead), nowMs);
    }
  });

  it('never goes back where times are remembered', () => {
    let last = unsteppedNowMs();
    for (const stepMs of [-1, HOUR_MS, -2 * HOUR_MS, 5, -5]) {
      setBy(stepMs);
      const next = unsteppedNowMs();
      assert.ok(next >= last);
      last = next;
    }
    const shownMs = hrTimeToMilliseconds(shownTime([last / 1000, 0]));
    assert.ok(Math.abs(shownMs - Date.now()) < 1000);
  });
});
