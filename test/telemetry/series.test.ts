import assert from 'node:assert/strict';
import { attributesKey } from '../../src/telemetry/attributes-key.js';
import { Series } from '../../src/telemetry/series.js';
import { SMALL_GROUP, smallRow } from './support/small-group.js';

describe('Series', () => {
  const newSeries = () => new Series({ name: 'a' }, [1, 0], SMALL_GROUP.width);

  it('sums the rows that are attached, as they are when it is asked', () => {
    const series = newSeries();
    const rows = [smallRow(1, 0), smallRow(10, 2)];
    for (const row of rows) series.attach(row);
    assert.deepEqual([...series.totals()], [11, 2]);
    rows[1][0] = 20;
    assert.deepEqual([...series.totals()], [21, 2]);
  });

  it('keeps what a row has counted when it is detached, and no more than that', () => {
    const series = newSeries();
    const row = smallRow(5, 1);
    series.attach(row);
    series.detach(row);
    series.detach(row);
    row[0] = 1000;
    assert.deepEqual([...series.totals()], [5, 1]);
  });

  it('counts a row once that is attached twice', () => {
    const series = newSeries();
    const row = smallRow(5, 1);
    series.attach(row);
    series.attach(row);
    assert.deepEqual([...series.totals()], [5, 1]);
  });

  it('gives the same attributes object for the same point each time', () => {
    const series = newSeries();
    const [plain] = SMALL_GROUP.instruments[0].points;
    const [door] = SMALL_GROUP.instruments[1].points;
    assert.equal(series.attributesOf(plain), series.attributes);
    assert.deepEqual(series.attributesOf(door), { name: 'a', way: 'door' });
    assert.equal(series.attributesOf(door), series.attributesOf(door));
  });

  it('keeps the latest exemplar of each bucket', () => {
    const series = newSeries();
    const exemplar = (value: number) => ({
      value,
      timeMs: 5,
      traceId: 'ab'.repeat(16),
      spanId: 'cd'.repeat(8),
    });
    assert.equal(series.exemplarOf(0), undefined);
    series.keepExemplar(0, exemplar(1));
    series.keepExemplar(1, exemplar(2));
    series.keepExemplar(0, exemplar(3));
    assert.deepEqual(
      [series.exemplarOf(0)?.value, series.exemplarOf(1)?.value, series.exemplarOf(2)],
      [3, 2, undefined],
    );
  });
});

describe('attributesKey', () => {
  it('does not depend on the order of attributes', () => {
    assert.equal(attributesKey({ a: 1, b: '2' }), attributesKey({ b: '2', a: 1 }));
  });

  it('tells apart what only looks the same', () => {
    const keys = [{ a: 1 }, { a: '1' }, { a: 'x', b: 'y' }, { a: 'x,b:y' }, { 'a","b': 'x' }, {}].map(
      attributesKey,
    );
    assert.equal(new Set(keys).size, keys.length);
  });
});
