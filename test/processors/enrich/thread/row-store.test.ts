import assert from 'node:assert/strict';
import { allocateRows, RowStore, rowView } from '../../../../src/processors/enrich/thread/row-store.js';
import { repeat } from '../../../support/repeat.js';

const ROWS = 5;
const WIDTH = 3;

describe('RowStore', () => {
  it('gives each row once, until all are in use', () => {
    const store = new RowStore(allocateRows(ROWS, WIDTH), WIDTH);
    const rows = repeat(ROWS, () => store.take());
    assert.deepEqual(new Set(rows), new Set(repeat(ROWS, (i) => i)));
    assert.equal(store.take(), undefined);
  });

  it('gives rows again that were given back', () => {
    const store = new RowStore(allocateRows(ROWS, WIDTH), WIDTH);
    const rows = repeat(ROWS, () => store.take() ?? Number.NaN);
    store.give(rows.slice(1, 3));
    assert.deepEqual(new Set([store.take(), store.take()]), new Set(rows.slice(1, 3)));
    assert.equal(store.take(), undefined);
  });

  it('shares what is written to a row with those who look at it', () => {
    const memory = allocateRows(ROWS, WIDTH);
    const store = new RowStore(memory, WIDTH);
    const views = repeat(ROWS, (row) => rowView(memory, WIDTH, row));
    for (let row = 0; row < ROWS; row++) {
      for (let column = 0; column < WIDTH; column++) store.values[store.at(row) + column] = row * 10 + column;
    }
    assert.deepEqual(
      views.map((view) => [...view]),
      repeat(ROWS, (row) => repeat(WIDTH, (column) => row * 10 + column)),
    );
  });
});
