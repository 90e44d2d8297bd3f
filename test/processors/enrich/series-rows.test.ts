import assert from 'node:assert/strict';
import { CALL_INSTRUMENTS, callsColumn } from '../../../src/processors/enrich/instruments.js';
import { SeriesRows } from '../../../src/processors/enrich/series-rows.js';
import { SEND } from '../../../src/protocols/direction.js';
import { SeriesTable } from '../../../src/telemetry/series-table.js';

const CALLS = callsColumn(SEND);
const METHOD = { 'rpc.method': 'a' };
const OWNER = { key: 'container c1', attributes: { 'container.id': 'c1' } };

describe('SeriesRows', () => {
  let table: SeriesTable;
  let rows: SeriesRows;

  beforeEach(() => {
    table = new SeriesTable(CALL_INSTRUMENTS, {
      maxSeries: 10,
      ownerSeries: 1,
      lingerMs: 60_000,
      resumes: true,
    });
    rows = new SeriesRows();
  });

  /** The row of a series, in use. */
  function use(attributes: Record<string, string> = METHOD) {
    const row = rows.of('calls', table.open(attributes, OWNER));
    rows.use(row);
    return row;
  }

  const counted = () => table.readings().map(({ totals }) => totals[CALLS]);

  it('gives all who count the same series one row', () => {
    const [first, second] = [use(), use()];
    assert.equal(first, second);
    first.values[CALLS] += 3;
    assert.deepEqual(counted(), [3]);
  });

  it('keeps what was counted when the last has gone, whose row is zero for the next', () => {
    const row = use();
    use();
    row.values[CALLS] += 3;
    rows.release(row, false);
    row.values[CALLS] += 1;
    rows.release(row, false);
    assert.deepEqual([rows.size, counted(), row.values[CALLS]], [0, [4], 0]);
    const again = use();
    again.values[CALLS] += 2;
    assert.deepEqual(counted(), [6]);
  });

  it('ends a series for good with a client that will not come back', () => {
    const row = use();
    row.values[CALLS] += 3;
    rows.release(row, true);
    use().values[CALLS] += 1;
    assert.deepEqual(counted(), [1]);
  });

  it('gives all that a client has beyond its share the row of its overflow', () => {
    const named = use();
    const over = [use({ 'rpc.method': 'b' }), use({ 'rpc.method': 'c' })];
    assert.deepEqual([named.isOverflow, ...over.map(({ isOverflow }) => isOverflow)], [false, true, true]);
    assert.equal(over[0], over[1]);
    assert.equal(rows.size, 2);
  });

  it('allocates no more than is in use at a time', () => {
    const memories = new Set<ArrayBufferLike>();
    for (let i = 0; i < 2000; i++) {
      const row = use();
      memories.add(row.values.buffer);
      rows.release(row, true);
    }
    assert.equal(memories.size, 1);
  });
});
