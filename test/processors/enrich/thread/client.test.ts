import assert from 'node:assert/strict';
import {
  CALL_INSTRUMENTS,
  ENRICH_INSTRUMENTS,
  LOSS_INSTRUMENTS,
  METHOD_INSTRUMENTS,
  SERIES_SPILLED,
} from '../../../../src/processors/enrich/instruments.js';
import type { EnrichReport, RowKind, SourceSettings } from '../../../../src/processors/enrich/messages.js';
import { MemoryRoom } from '../../../../src/processors/enrich/thread/client-memory.js';
import type { Rows } from '../../../../src/processors/enrich/thread/client-rows.js';
import { Clients } from '../../../../src/processors/enrich/thread/clients.js';
import { CallRoom } from '../../../../src/processors/enrich/thread/pending-calls.js';
import { allocateRows, RowStore } from '../../../../src/processors/enrich/thread/row-store.js';
import { PROTOCOLS } from '../../../../src/protocols/index.js';
import { repeat } from '../../../support/repeat.js';
import { LIMITS, sourceSettings } from '../support/messages.js';

const ROWS = 200;
const KINDS: readonly RowKind[] = ['calls', 'methods', 'losses'];
const SUCCESS = { errorType: undefined, statusCode: undefined };

const rowsOf = (width: number) => new RowStore(allocateRows(ROWS, width), width);

describe('Client', () => {
  let rows: Rows;
  let clients: Clients;
  let reports: EnrichReport[];

  beforeEach(() => {
    reports = [];
    rows = {
      calls: rowsOf(CALL_INSTRUMENTS.width),
      methods: rowsOf(METHOD_INSTRUMENTS.width),
      losses: rowsOf(LOSS_INSTRUMENTS.width),
      health: new Float64Array(ENRICH_INSTRUMENTS.width),
      report: (report) => reports.push(report),
    };
    clients = new Clients({ rows, calls: new CallRoom(), memory: new MemoryRoom() });
  });

  function enter(source: number, changes: Partial<SourceSettings> = {}) {
    const settings = sourceSettings(changes);
    const client = clients.of(settings);
    const leave = () => {
      if (client.leave(source, settings)) clients.forget(settings);
      // What the main thread does with rows that have ended.
      for (const report of reports.splice(0)) {
        if (report.type !== 'rows_ended') continue;
        for (const kind of KINDS) rows[kind].give(report.rows[kind]);
      }
    };
    return { client, leave, ...client.enter(source, settings, [PROTOCOLS.jsonrpc]) };
  }

  it('is one for all its sources, and gone with the last', () => {
    const [first, second] = [enter(1), enter(2)];
    assert.equal(first.client, second.client);
    first.leave();
    assert.equal(clients.size, 1);
    second.leave();
    assert.equal(clients.size, 0);
  });

  it('counts in the same rows what has the same attributes', () => {
    const [first, second, other] = [enter(1), enter(2), enter(3, { attributes: { 'uds.socket.name': 'b' } })];
    for (const { books } of [first, second, other])
      books.get(PROTOCOLS.jsonrpc)?.countCalls('a', SUCCESS, 1, 1);
    assert.equal(reports.filter(({ type }) => type === 'call_series').length, 2);
    first.leave();
    assert.equal(rows.calls.room, 150 - 2, 'the second goes on there');
    second.leave();
    other.leave();
    assert.equal(rows.calls.room, 150);
  });

  it('shows as many methods as a socket may, and as it may itself, until the socket has no source', () => {
    const limits = { ...LIMITS, methods: 5 };
    const on = (source: number, socket: string) =>
      enter(source, { socket, limits, methods: { known: ['known'], max: 3 } });
    const [a, b, sameAsA] = [on(1, 'a'), on(2, 'b'), on(3, 'a')];
    const shown = (names: readonly string[], { methods }: typeof a) => names.map((name) => methods.of(name));
    assert.deepEqual(shown(['1', '2', '3', '4', 'known'], a), ['1', '2', '3', '_OTHER', 'known']);
    assert.deepEqual(shown(['1', '4'], sameAsA), ['1', '_OTHER'], 'on whatever thread');
    assert.deepEqual(shown(['1', '2', '3', 'known'], b), ['1', '2', '_OTHER', 'known']);
    a.leave();
    sameAsA.leave();
    assert.deepEqual(shown(['1', '3', '4'], b), ['1', '3', '_OTHER']);
    const other = enter(4, { client: 'uds container c2', socket: 'b', limits });
    assert.deepEqual(shown(['x', 'y', 'z'], other), ['x', 'y', 'z'], 'others have names of their own');
  });

  it('goes by the limits that came last', () => {
    const { methods } = enter(1, { limits: { ...LIMITS, methods: 1 } });
    assert.deepEqual(
      ['1', '2'].map((name) => methods.of(name)),
      ['1', '_OTHER'],
    );
    enter(2, { limits: { ...LIMITS, methods: 2 }, methods: { known: ['3'], max: 200 } });
    assert.deepEqual(
      ['1', '2', '3', '4'].map((name) => methods.of(name)),
      ['1', '2', '3', '_OTHER'],
    );
  });

  it('leaves all its rows behind, however many clients come and go', () => {
    const attributes = ['a', 'b', 'c'].map((name) => ({ 'uds.socket.name': name }));
    for (let client = 0; client < 1000; client++) {
      const key = `uds container ${client}`;
      const sources = attributes.map((each, i) =>
        enter(i, { client: key, attributes: each, limits: { ...LIMITS, series: 40 } }),
      );
      for (const { books } of sources) {
        const book = books.get(PROTOCOLS.jsonrpc);
        for (const method of repeat(20, String)) {
          book?.countBytes(method, 0, 1);
          book?.countCalls(method, SUCCESS, 1, 1);
        }
      }
      for (const { leave } of sources) leave();
    }
    assert.deepEqual(
      [clients.size, rows.calls.room, rows.methods.room, rows.losses.room],
      [0, 150, 150, 150],
    );
    assert.equal(rows.health[SERIES_SPILLED], 1000 * 20 * 2);
  });
});
