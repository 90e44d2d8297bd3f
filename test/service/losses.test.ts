import assert from 'node:assert/strict';
import { ENRICH_INSTRUMENTS, RESTARTS, undecodableColumn } from '../../src/processors/enrich/instruments.js';
import { lossesIn } from '../../src/service/losses.js';
import { SeriesTable } from '../../src/telemetry/series-table.js';

describe('losses of an agent', () => {
  const table = () => new SeriesTable(ENRICH_INSTRUMENTS, { maxSeries: 10, lingerMs: 0 });

  it('are none where nothing was lost', () => {
    table()
      .open({})
      .attach([new Float64Array(ENRICH_INSTRUMENTS.width)]);
    assert.deepEqual(lossesIn([table()]), []);
  });

  it('are told by instrument and reason, of all series and tables together', () => {
    const tables = [table(), table()];
    for (const [i, each] of tables.entries()) {
      for (const container of ['a', 'b']) {
        const row = new Float64Array(ENRICH_INSTRUMENTS.width);
        row[undecodableColumn('malformed')] = 1 + i;
        row[undecodableColumn('encoded')] = i;
        row[RESTARTS] = 1;
        each.open({ container }).attach([row]);
      }
    }
    assert.deepEqual(lossesIn(tables), [
      { instrument: 'udscope.enrich.restarts', count: 4 },
      { instrument: 'udscope.enrich.undecodable', reason: 'encoded', count: 2 },
      { instrument: 'udscope.enrich.undecodable', reason: 'malformed', count: 6 },
    ]);
  });
});
