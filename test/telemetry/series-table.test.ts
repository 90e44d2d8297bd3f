import assert from 'node:assert/strict';
import type { Attributes } from '@opentelemetry/api';
import { SeriesContainer } from '../../src/telemetry/series-container.js';
import { type SeriesHandle, SeriesTable } from '../../src/telemetry/series-table.js';
import { SMALL_GROUP, smallRow } from './support/small-group.js';

const LINGER_MS = 1000;
const OVERFLOW = { 'otel.metric.overflow': true };

describe('SeriesTable', () => {
  let nowMs: number;
  let table: SeriesTable;

  const newTable = (maxSeries: number) =>
    new SeriesTable(SMALL_GROUP, { maxSeries, lingerMs: LINGER_MS, now: () => nowMs });

  /** Opens a series that has one row with `itemsIn`. */
  const count = (attributes: Attributes, itemsIn: number): SeriesHandle => {
    const handle = table.open(attributes);
    handle.attach([smallRow(itemsIn)]);
    return handle;
  };

  const shown = () => table.readings().map(({ series, totals }) => [series.attributes, totals[0]]);

  beforeEach(() => {
    nowMs = 5000;
    table = newTable(3);
  });

  describe('series', () => {
    it('are shared by those who open the same attributes, in any order', () => {
      const first = table.open({ a: 1, b: 2 });
      const second = table.open({ b: 2, a: 1 });
      assert.equal(first.series, second.series);
      assert.equal(table.size, 1);
    });

    it('start when they are first opened', () => {
      const { series } = table.open({ a: 1 });
      nowMs = 9999;
      table.open({ a: 1 });
      assert.deepEqual(series.startTime, [5, 0]);
    });

    it('live until the last handle is closed', () => {
      const first = count({ a: 1 }, 5);
      const second = count({ a: 1 }, 7);
      first.close();
      nowMs += 10 * LINGER_MS;
      assert.deepEqual(shown(), [[{ a: 1 }, 12]]);
      second.close();
      nowMs += 10 * LINGER_MS;
      assert.deepEqual(shown(), []);
    });

    it('are shown with their final values for the linger time, and then no more', () => {
      count({ a: 1 }, 5).close();
      nowMs += LINGER_MS - 1;
      assert.deepEqual(shown(), [[{ a: 1 }, 5]]);
      nowMs += 1;
      assert.deepEqual(shown(), []);
      assert.equal(table.size, 0);
    });

    it('leave at once when they do not linger', () => {
      table.configure({ maxSeries: 3, lingerMs: 0 });
      count({ a: 1 }, 5).close();
      assert.deepEqual(shown(), []);
    });

    it('start anew, from zero and with a new start time, when they come back', () => {
      count({ a: 1 }, 5).close();
      nowMs = 5500;
      const { series } = count({ a: 1 }, 2);
      assert.deepEqual(series.startTime, [5, 500_000_000]);
      assert.deepEqual(shown(), [[{ a: 1 }, 2]]);
    });
  });

  describe('handles', () => {
    it('keep what their rows have counted when they are closed', () => {
      const row = smallRow(5);
      const handle = table.open({ a: 1 });
      handle.attach([row]);
      handle.close();
      row[0] = 1000;
      assert.deepEqual(shown(), [[{ a: 1 }, 5]]);
    });

    it('may be closed any number of times', () => {
      const first = count({ a: 1 }, 5);
      const second = count({ a: 1 }, 7);
      first.close();
      first.close();
      nowMs += 10 * LINGER_MS;
      assert.deepEqual(shown(), [[{ a: 1 }, 12]], 'the other one still holds it');
      second.close();
      second.close();
      assert.deepEqual(shown(), [[{ a: 1 }, 12]]);
    });

    it('detach only rows that are theirs', () => {
      const row = smallRow(5);
      table.open({ a: 1 }).attach([row]);
      table.open({ a: 1 }).detach([row]);
      row[0] = 6;
      assert.deepEqual(shown(), [[{ a: 1 }, 6]]);
    });

    it('refuse rows when they are closed', () => {
      const handle = table.open({ a: 1 });
      handle.close();
      assert.throws(() => handle.attach([smallRow()]), /handle is closed/);
    });
  });

  describe('limit', () => {
    it('counts what comes beyond it in one overflow series, exactly', () => {
      const handles = [1, 2, 3, 4, 5].map((a) => count({ a }, 10 ** a));
      assert.deepEqual(shown(), [
        [{ a: 1 }, 10],
        [{ a: 2 }, 100],
        [{ a: 3 }, 1000],
        [OVERFLOW, 110_000],
      ]);
      handles[4].close();
      handles[4].close();
      assert.deepEqual(shown().at(-1), [OVERFLOW, 110_000], 'what it counted stays counted');
    });

    it('lets an ended series make room for a living one, the oldest first', () => {
      const [, second, third] = [1, 2, 3].map((a) => count({ a }, a));
      third.close();
      nowMs += 1;
      second.close();
      count({ a: 4 }, 4);
      assert.deepEqual(shown(), [
        [{ a: 1 }, 1],
        [{ a: 2 }, 2],
        [{ a: 4 }, 4],
      ]);
    });

    it('leaves a series its name when it is lowered', () => {
      for (const a of [1, 2, 3]) count({ a }, a);
      table.configure({ maxSeries: 1, lingerMs: LINGER_MS });
      count({ a: 1 }, 10);
      count({ a: 4 }, 4);
      assert.deepEqual(shown(), [
        [{ a: 1 }, 11],
        [{ a: 2 }, 2],
        [{ a: 3 }, 3],
        [OVERFLOW, 4],
      ]);
    });

    it('bounds what is remembered, however many series there have been', () => {
      table = newTable(100);
      let removed = 0;
      table.onRemoval(() => {
        removed++;
      });
      for (let a = 0; a < 100_000; a++) {
        count({ a }, 1).close();
        assert.ok(table.size <= 100);
      }
      assert.equal(removed, 100_000 - 100);
      assert.equal(table.readings().length, 100, 'none of them was ever in the overflow series');
    });
  });

  describe('share of an owner', () => {
    const owner = (key: string) => ({ key, attributes: { owner: key } });
    const overflowOf = (key: string) => ({ owner: key, ...OVERFLOW });
    /** Opens a series of an owner that has one row with `itemsIn`. */
    const countFor = (key: string, a: number, itemsIn = 1): SeriesHandle => {
      const handle = table.open({ owner: key, a }, owner(key));
      handle.attach([smallRow(itemsIn)]);
      return handle;
    };

    beforeEach(() => {
      table = new SeriesTable(SMALL_GROUP, {
        maxSeries: 1000,
        ownerSeries: 3,
        lingerMs: LINGER_MS,
        now: () => nowMs,
      });
    });

    it('has what exceeds it in an overflow series of his own, exactly', () => {
      for (let a = 0; a < 1000; a++) countFor('loud', a);
      for (const a of [1, 2]) countFor('quiet', a);
      assert.deepEqual(shown().slice(3), [
        [overflowOf('loud'), 997],
        [{ owner: 'quiet', a: 1 }, 1],
        [{ owner: 'quiet', a: 2 }, 1],
      ]);
    });

    it('is not used up by what several hold', () => {
      for (let i = 0; i < 10; i++) countFor('a', 1);
      assert.deepEqual(shown(), [[{ owner: 'a', a: 1 }, 10]]);
    });

    it('has one that lingers make room for one that lives, and none of others', () => {
      countFor('other', 1).close();
      const [first] = [1, 2, 3].map((a) => countFor('a', a));
      countFor('a', 4);
      first.close();
      countFor('a', 5);
      assert.deepEqual(
        shown().map(([attributes]) => attributes),
        [
          { owner: 'other', a: 1 },
          ...[2, 3].map((a) => ({ owner: 'a', a })),
          overflowOf('a'),
          { owner: 'a', a: 5 },
        ],
      );
    });

    it('is of the container that the owner is, also what a delta reader is owed beyond it', () => {
      const container = new SeriesContainer({ 'container.id': 'loud' });
      const baseline = table.baseline('push');
      for (let a = 0; a < 10; a++) {
        const handle = table.open({ owner: 'loud', a }, { ...owner('loud'), container }, container);
        handle.attach([smallRow(1)]);
        handle.close();
      }
      nowMs += LINGER_MS;
      const owed = baseline.differences(table.readings());
      assert.deepEqual(
        owed.map(({ debt, values }) => [debt.series.attributes['a'], values[0], debt.series.container]),
        [
          [undefined, 7, container],
          [7, 1, container],
          [8, 1, container],
          [9, 1, container],
        ],
      );
    });

    it('is there again when his series are gone, and so is the place of his overflow', () => {
      for (let round = 0; round < 3; round++) {
        for (const a of [1, 2, 3, 4]) countFor('a', a).close();
        assert.ok(table.size <= 4);
        nowMs += LINGER_MS;
        assert.deepEqual(shown(), []);
        assert.equal(table.size, 0);
      }
    });

    it('leaves the last places to owners of few, who find one although many have much', () => {
      table.configure({ maxSeries: 1000, ownerSeries: 500, lingerMs: LINGER_MS });
      for (let each = 0; each < 4; each++) for (let a = 0; a < 500; a++) countFor(`loud ${each}`, a);
      for (let a = 0; a < 30; a++) countFor('quiet', a);
      const names = shown().map(([attributes]) => JSON.stringify(attributes));
      assert.equal(names.filter((name) => name.includes('quiet')).length, 30);
      assert.ok(!names.includes(JSON.stringify(OVERFLOW)), 'nobody has lost anything that is not his');
    });

    it('is nobody’s fault where there are too many owners', () => {
      table.configure({ maxSeries: 2, ownerSeries: 2, lingerMs: LINGER_MS });
      for (const each of ['a', 'b', 'c', 'd']) countFor(each, 1);
      assert.deepEqual(shown(), [
        [{ owner: 'a', a: 1 }, 1],
        [{ owner: 'b', a: 1 }, 1],
        [OVERFLOW, 2],
      ]);
    });

    it('goes to what nobody has a name for where the owner has none', () => {
      for (let a = 0; a < 5; a++) table.open({ a }, { key: 'x', attributes: {} }).attach([smallRow(1)]);
      assert.deepEqual(shown().at(-1), [OVERFLOW, 2]);
    });
  });

  describe('that resumes', () => {
    beforeEach(() => {
      table = new SeriesTable(SMALL_GROUP, {
        maxSeries: 3,
        lingerMs: LINGER_MS,
        resumes: true,
        now: () => nowMs,
      });
    });

    it('goes on with a series that lingers, and starts anew after that', () => {
      count({ a: 1 }, 5).close();
      nowMs += LINGER_MS - 1;
      const { series } = count({ a: 1 }, 2);
      assert.deepEqual([shown(), series.startTime], [[[{ a: 1 }, 7]], [5, 0]]);
      nowMs += 10 * LINGER_MS;
      assert.deepEqual(shown(), [[{ a: 1 }, 7]], 'it does not linger any more');
      const again = table.open({ a: 1 });
      again.close();
      assert.deepEqual(shown(), [[{ a: 1 }, 7]]);
    });

    it('starts anew where whoever it was of will not come back', () => {
      const removed: number[] = [];
      table.onRemoval((series) => removed.push(series.totals()[0]));
      count({ a: 1 }, 5).close(true);
      assert.deepEqual(shown(), [[{ a: 1 }, 5]], 'it lingers all the same');
      nowMs = 5500;
      const { series } = count({ a: 1 }, 2);
      assert.deepEqual([shown(), series.startTime, removed], [[[{ a: 1 }, 2]], [5, 500_000_000], [5]]);
    });

    it('lets the last of its holders say whether that is so', () => {
      const [first, second] = [count({ a: 1 }, 5), count({ a: 1 }, 7)];
      first.close(true);
      second.close();
      count({ a: 1 }, 1);
      assert.deepEqual(shown(), [[{ a: 1 }, 13]]);
    });
  });

  describe('withdrawing', () => {
    it('takes a series away at once that has never counted anything', () => {
      table.open({ a: 1 }).withdraw();
      assert.equal(table.size, 0);
    });

    it('is closing where it has, or where others hold it', () => {
      count({ a: 1 }, 5).withdraw();
      const held = table.open({ a: 2 });
      table.open({ a: 2 }).withdraw();
      assert.deepEqual(shown(), [
        [{ a: 1 }, 5],
        [{ a: 2 }, 0],
      ]);
      held.withdraw();
      held.withdraw();
      assert.deepEqual(shown(), [[{ a: 1 }, 5]]);
      nowMs += LINGER_MS;
      assert.deepEqual(shown(), []);
    });
  });

  describe('the overflow series', () => {
    it('is there from its first use on, and adds up what several count', () => {
      assert.deepEqual(shown(), []);
      const [first, second] = [table.openOverflow(), table.openOverflow()];
      first.attach([smallRow(1)]);
      second.attach([smallRow(2)]);
      first.close();
      for (const a of [1, 2, 3, 4]) count({ a }, 10);
      nowMs += 10 * LINGER_MS;
      assert.deepEqual(shown().at(-1), [OVERFLOW, 13]);
      assert.equal(table.size, 3, 'it has no name of its own');
    });
  });

  it('brings itself up to date before it is read', () => {
    const row = smallRow(1);
    table.open({ a: 1 }).attach([row]);
    const stop = table.onReading(() => {
      row[0]++;
      table.open({ a: 2 });
    });
    assert.deepEqual(shown(), [
      [{ a: 1 }, 2],
      [{ a: 2 }, 0],
    ]);
    stop();
    assert.deepEqual(shown()[0], [{ a: 1 }, 2]);
  });

  it('tells of a removed series while its values can still be read', () => {
    const removed: number[] = [];
    const stop = table.onRemoval((series) => removed.push(series.totals()[0]));
    count({ a: 1 }, 5).close();
    nowMs += LINGER_MS;
    table.readings();
    assert.deepEqual(removed, [5]);
    stop();
    count({ a: 1 }, 6).close();
    nowMs += LINGER_MS;
    table.readings();
    assert.deepEqual(removed, [5]);
  });
});
