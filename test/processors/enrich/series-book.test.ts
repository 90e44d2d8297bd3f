import assert from 'node:assert/strict';
import { CALL_DURATION_BOUNDARIES, histogramCount } from '../../../src/metrics/histogram.js';
import { RECV, SEND } from '../../../src/processors/capture/direction.js';
import {
  CALL_INSTRUMENTS,
  CALLS,
  DURATION,
  ENRICH_INSTRUMENTS,
  METHOD_INSTRUMENTS,
  SERIES_SPILLED,
} from '../../../src/processors/enrich/instruments.js';
import type { CallOutcome, EnrichReport } from '../../../src/processors/enrich/messages.js';
import { allocateRows, RowStore } from '../../../src/processors/enrich/row-store.js';
import { SeriesBook } from '../../../src/processors/enrich/series-book.js';
import { repeat } from './support/repeat.js';

const SUCCESS: CallOutcome = { errorType: undefined, statusCode: undefined };
const failure = (code: string): CallOutcome => ({ errorType: code, statusCode: code });

/** A book over a few rows, and what the main thread makes of what it is told. */
class Ledger {
  readonly calls: RowStore;
  readonly methods: RowStore;
  readonly health = new Float64Array(ENRICH_INSTRUMENTS.width);
  readonly reports: EnrichReport[] = [];
  readonly book: SeriesBook;

  constructor(callRows: number, methodRows: number) {
    this.calls = new RowStore(allocateRows(callRows, CALL_INSTRUMENTS.width), CALL_INSTRUMENTS.width);
    this.methods = new RowStore(allocateRows(methodRows, METHOD_INSTRUMENTS.width), METHOD_INSTRUMENTS.width);
    const { calls, methods, health } = this;
    this.book = new SeriesBook(
      { calls, methods, health, report: (each) => this.reports.push(each) },
      7,
      'jsonrpc',
    );
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
        return [name, histogramCount(row, DURATION, CALL_DURATION_BOUNDARIES)];
      }),
    );
  }

  bytes(): Record<string, [number, number]> {
    return Object.fromEntries(
      this.reports.flatMap((report) => {
        if (report.type !== 'method_series') return [];
        const base = this.methods.at(report.row);
        const { values } = this.methods;
        return [[report.series.method, [values[base + SEND], values[base + RECV]]]];
      }),
    );
  }

  #series(): { name: string; base: number }[] {
    return this.reports.flatMap((report) => {
      if (report.type !== 'call_series') return [];
      const { method, errorType } = report.series;
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
    const identity = { system: 'jsonrpc', method: 'a' };
    const ofA = ledger.reports.filter((report) => 'series' in report && report.series.method === 'a');
    assert.deepEqual(
      ofA.map((report) => ('series' in report ? [report.type, report.source, report.series] : [])),
      [
        ['method_series', 7, identity],
        ['call_series', 7, { ...identity, errorType: '-32601', statusCode: '-32601' }],
      ],
    );
  });

  it('counts as _OTHER what finds no row for its method, and loses none', () => {
    // One method row is that of _OTHER itself.
    const { book, counts, bytes, health } = bound(new Ledger(100, 3));
    for (let i = 0; i < 10; i++) {
      book.countBytes(`method_${i}`, SEND, 10);
      book.countCalls(`method_${i}`, SUCCESS, 1, 1);
      book.countCalls(`method_${i}`, failure('1'), 1, 1);
    }
    assert.deepEqual(counts(), {
      method_0: 1,
      'method_0 1': 1,
      method_1: 1,
      'method_1 1': 1,
      _OTHER: 8,
      '_OTHER 1': 8,
    });
    assert.deepEqual(bytes()['_OTHER'], [80, 0]);
    assert.equal(health[SERIES_SPILLED], 8);
  });

  it('counts as _OTHER what finds no row for its outcome, and loses none', () => {
    const { book, counts, health } = bound(new Ledger(3, 100));
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 5; i++) book.countCalls('a', failure(String(i)), 1, 1);
    }
    assert.deepEqual(counts(), { 'a 0': 2, 'a 1': 2, _OTHER: 6 });
    assert.equal(health[SERIES_SPILLED], 3);
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
