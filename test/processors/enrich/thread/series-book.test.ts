import assert from 'node:assert/strict';
import {
  CALL_INSTRUMENTS,
  CALLS,
  durationColumn,
  ENRICH_INSTRUMENTS,
  LOSS_INSTRUMENTS,
  LOSS_REASONS,
  METHOD_INSTRUMENTS,
  SERIES_SPILLED,
} from '../../../../src/processors/enrich/instruments.js';
import type { EnrichReport } from '../../../../src/processors/enrich/messages.js';
import { ClientRows } from '../../../../src/processors/enrich/thread/client-rows.js';
import { allocateRows, RowStore } from '../../../../src/processors/enrich/thread/row-store.js';
import { type CallOutcome, SeriesBook } from '../../../../src/processors/enrich/thread/series-book.js';
import { RPC } from '../../../../src/protocols/conventions.js';
import { RECV, SEND } from '../../../../src/protocols/direction.js';
import { PROTOCOLS } from '../../../../src/protocols/index.js';
import { CALL_DURATION_BOUNDARIES, histogramCount } from '../../../../src/telemetry/histogram.js';
import { repeat } from '../../../support/repeat.js';

/** What is announced for what exceeds a share. */
const OVERFLOW = '(overflow)';

const SUCCESS: CallOutcome = { errorType: undefined, statusCode: undefined };
const failure = (code: string): CallOutcome => ({ errorType: code, statusCode: code });

/** A book over a few rows, and what the main thread makes of what it is told. */
class Ledger {
  readonly calls: RowStore;
  readonly methods: RowStore;
  readonly health = new Float64Array(ENRICH_INSTRUMENTS.width);
  readonly reports: EnrichReport[] = [];
  readonly losses = new RowStore(allocateRows(4, LOSS_INSTRUMENTS.width), LOSS_INSTRUMENTS.width);
  readonly rows: ClientRows;
  readonly book: SeriesBook;

  constructor(callRows: number, methodRows: number, limit = 2000) {
    this.calls = new RowStore(allocateRows(callRows, CALL_INSTRUMENTS.width), CALL_INSTRUMENTS.width);
    this.methods = new RowStore(allocateRows(methodRows, METHOD_INSTRUMENTS.width), METHOD_INSTRUMENTS.width);
    const { calls, methods, losses, health } = this;
    const report = (each: EnrichReport) => this.reports.push(each);
    this.rows = new ClientRows({ calls, methods, losses, health, report }, limit, () => 7);
    this.book = new SeriesBook(this.rows, PROTOCOLS.jsonrpc);
    this.book.enter(7);
  }

  /** What the client has lost of its series. */
  get lostSeries(): number {
    return this.losses.values[LOSS_REASONS.indexOf('series')];
  }

  /** Calls by method and error type. */
  counts(): Record<string, number> {
    return Object.fromEntries(
      this.#series().flatMap(({ name, base }) => {
        const count = this.calls.values[base + CALLS];
        return count === 0 ? [] : [[name, count]];
      }),
    );
  }

  durations(): Record<string, number> {
    return Object.fromEntries(
      this.#series().map(({ name, base }) => {
        const row = this.calls.values.subarray(base, base + CALL_INSTRUMENTS.width);
        return [name, histogramCount(row, durationColumn(RPC), CALL_DURATION_BOUNDARIES)];
      }),
    );
  }

  bytes(): Record<string, [number, number]> {
    return Object.fromEntries(
      this.reports.flatMap((report) => {
        if (report.type !== 'method_series') return [];
        const base = this.methods.at(report.row);
        const { values } = this.methods;
        return [[report.series?.['rpc.method'] ?? OVERFLOW, [values[base + SEND], values[base + RECV]]]];
      }),
    );
  }

  #series(): { name: string; base: number }[] {
    return this.reports.flatMap((report) => {
      if (report.type !== 'call_series') return [];
      const { 'rpc.method': method = OVERFLOW, 'error.type': errorType } = report.series ?? {};
      const name = errorType === undefined ? method : `${method} ${errorType}`;
      return [{ name, base: this.calls.at(report.row) }];
    });
  }
}

const sum = (counts: Record<string, number>) =>
  Object.values(counts).reduce((total, count) => total + count, 0);

describe('SeriesBook', () => {
  it('counts calls by method and outcome', () => {
    const { book, counts } = bound(new Ledger(10, 10));
    book.countCalls('a', SUCCESS, 5, 1);
    book.countCalls('a', SUCCESS, 5, 2);
    book.countCalls('a', failure('-1'), 5, 1);
    book.countCalls('b', SUCCESS, undefined, 4);
    assert.deepEqual(counts(), { a: 3, 'a -1': 1, b: 4 });
  });

  it('records durations that are known, as often as calls are counted', () => {
    const { book, durations } = bound(new Ledger(10, 10));
    book.countCalls('a', SUCCESS, 5, 3);
    book.countCalls('a', SUCCESS, undefined, 4);
    book.countCalls('b', SUCCESS, 20_000, 1);
    assert.deepEqual(durations(), { a: 3, b: 1 });
  });

  it('counts bytes by method and direction', () => {
    const { book, bytes } = bound(new Ledger(10, 10));
    book.countBytes('a', SEND, 10);
    book.countBytes('a', RECV, 5);
    book.countBytes('a', SEND, 1);
    assert.deepEqual(bytes(), { a: [11, 5] });
  });

  it('announces each series once, with its source and all that is said of it', () => {
    const ledger = new Ledger(10, 10);
    for (let i = 0; i < 3; i++) {
      ledger.book.countBytes('a', SEND, 1);
      ledger.book.countCalls('a', failure('-32601'), 1, 1);
    }
    const identity = { 'rpc.system.name': 'jsonrpc', 'rpc.method': 'a' };
    const ofA = ledger.reports.filter(
      (report) => 'series' in report && report.series?.['rpc.method'] === 'a',
    );
    assert.deepEqual(
      ofA.map((report) => ('series' in report ? [report.type, report.source, report.series] : [])),
      [
        ['method_series', 7, identity],
        ['call_series', 7, { ...identity, 'error.type': '-32601', 'rpc.status_code': '-32601' }],
      ],
    );
  });

  it('counts in the overflow of its client what exceeds the share in methods, and loses none', () => {
    const ledger = new Ledger(100, 100, 2);
    const { book } = ledger;
    for (let i = 0; i < 10; i++) {
      book.countBytes(`method_${i}`, SEND, 10);
      book.countCalls(`method_${i}`, SUCCESS, 1, 1);
    }
    assert.deepEqual(ledger.counts(), { method_0: 1, method_1: 1, [OVERFLOW]: 8 });
    assert.deepEqual(ledger.durations(), { method_0: 1, method_1: 1, [OVERFLOW]: 8 });
    assert.deepEqual(ledger.bytes(), { method_0: [10, 0], method_1: [10, 0], [OVERFLOW]: [80, 0] });
    // A series of bytes and one of calls for each method.
    assert.deepEqual([ledger.health[SERIES_SPILLED], ledger.lostSeries], [16, 16]);
  });

  it('does the same with outcomes', () => {
    const ledger = new Ledger(100, 100, 2);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 5; i++) ledger.book.countCalls('a', failure(String(i)), 1, 1);
    }
    assert.deepEqual(ledger.counts(), { 'a 0': 2, 'a 1': 2, [OVERFLOW]: 6 });
    assert.equal(ledger.lostSeries, 3);
  });

  it('leaves the last rows to others, and the reserved ones to overflows', () => {
    const ledger = new Ledger(400, 400);
    for (let i = 0; i < 1000; i++) ledger.book.countCalls(`method_${i}`, SUCCESS, 1, 1);
    const { calls, lostSeries } = ledger;
    assert.equal(sum(ledger.counts()), 1000);
    // Seven of eight parts of those that are not for overflows.
    assert.equal(Object.keys(ledger.counts()).length, 263 + 1);
    const { room } = calls;
    assert.equal(room, 36);
    assert.ok(lostSeries > 0);
    const others = new ClientRows({ ...ledger.rows.all }, 2000, () => 8);
    const quiet = new SeriesBook(others, PROTOCOLS.jsonrpc);
    quiet.enter(8);
    for (let i = 0; i < 20; i++) quiet.countCalls(`quiet_${i}`, SUCCESS, 1, 1);
    assert.equal(calls.room, room - 20);
    assert.equal(Object.keys(ledger.counts()).filter((name) => name.startsWith('quiet')).length, 20);
  });

  it('gives its rows back at its end, and the client its own', () => {
    const ledger = new Ledger(100, 100, 2);
    for (let i = 0; i < 5; i++) ledger.book.countCalls(`method_${i}`, SUCCESS, 1, 1);
    ledger.book.enter(9);
    assert.equal(ledger.book.leave(7), false);
    assert.equal(ledger.book.leave(9), true);
    ledger.rows.endAll();
    const ended = ledger.reports.flatMap((report) => (report.type === 'rows_ended' ? [report.rows] : []));
    assert.deepEqual(
      ended.map(({ calls, methods, losses }) => [calls.length, methods.length, losses.length]),
      [
        [2, 2, 0],
        [1, 1, 1],
      ],
    );
    const again = new SeriesBook(ledger.rows, PROTOCOLS.jsonrpc);
    again.enter(10);
    again.countCalls('new', SUCCESS, 1, 1);
    assert.equal(ledger.counts()['new'], 1);
  });

  it('tells so many outcomes of a method apart and no more', () => {
    const { book, counts } = bound(new Ledger(1000, 10));
    for (const code of repeat(500, String)) book.countCalls('a', failure(code), 1, 1);
    const all = counts();
    assert.equal(sum(all), 500);
    assert.equal(Object.keys(all).length, 65);
    assert.equal(all['a _OTHER'], 500 - 64);
  });

  it('counts nothing, and harms nobody, where there is no row at all', () => {
    const { book, counts, health } = bound(new Ledger(0, 0));
    book.countBytes('a', SEND, 1);
    book.countCalls('a', SUCCESS, 1, 1);
    assert.deepEqual(counts(), {});
    assert.ok(health[SERIES_SPILLED] > 0);
  });
});

/** Its parts, to be used one by one. */
function bound(ledger: Ledger) {
  const { book, health } = ledger;
  return {
    book,
    health,
    counts: () => ledger.counts(),
    durations: () => ledger.durations(),
    bytes: () => ledger.bytes(),
  };
}
