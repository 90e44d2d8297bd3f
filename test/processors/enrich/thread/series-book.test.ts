import assert from 'node:assert/strict';
import {
  CALL_INSTRUMENTS,
  LOSS_INSTRUMENTS,
  LOSS_REASONS,
  METHOD_INSTRUMENTS,
} from '../../../../src/processors/enrich/instruments.js';
import type { EnrichReport, SeriesKind } from '../../../../src/processors/enrich/messages.js';
import {
  type CallOutcome,
  failed,
  SUCCEEDED,
  UNANSWERED,
  UNKNOWN,
} from '../../../../src/processors/enrich/thread/call-outcome.js';
import { SeriesBook } from '../../../../src/processors/enrich/thread/series-book.js';
import { FlowSeries, SeriesRequests } from '../../../../src/processors/enrich/thread/series-requests.js';
import { RECV, SEND } from '../../../../src/protocols/direction.js';
import { PROTOCOLS } from '../../../../src/protocols/index.js';
import { repeat } from '../../../support/repeat.js';
import { callsIn, durationsIn } from '../support/call-row.js';

/** What is asked for where a client waits for too many. */
const OVERFLOW = '(overflow)';

const WIDTHS: Readonly<Record<SeriesKind, number>> = {
  calls: CALL_INSTRUMENTS.width,
  methods: METHOD_INSTRUMENTS.width,
  losses: LOSS_INSTRUMENTS.width,
};

type Asked = Extract<EnrichReport, { type: 'series' }>;

/** The book of a flow, and the main thread, which gives a row to each series when it is told to answer. */
class Ledger {
  readonly traffic = { generation: 3, flow: 7 };
  readonly asked: Asked[] = [];
  readonly rows = new Map<number, Float64Array>();
  readonly wait = { count: 0 };
  readonly requests = new SeriesRequests((report) => this.#hear(report));
  readonly series = new FlowSeries(this.traffic, this.requests, () => this.wait);
  readonly book = new SeriesBook(this.series, PROTOCOLS.jsonrpc);
  #answered = 0;

  /** Answers what has been asked for. */
  answer(): this {
    for (; this.#answered < this.asked.length; this.#answered++) {
      const { number } = this.asked[this.#answered];
      this.requests.answer(number, this.#rowOf(number));
    }
    return this;
  }

  /** Calls by method and error type. */
  counts(): Record<string, number> {
    return this.#by('calls', callsIn);
  }

  durations(): Record<string, number> {
    return this.#by('calls', durationsIn);
  }

  bytes(): Record<string, [number, number]> {
    return this.#by('methods', (row) => [row[SEND], row[RECV]]);
  }

  losses(): Record<string, number> {
    return this.#by('losses', (row) => row[LOSS_REASONS.indexOf('spans')]);
  }

  #hear(report: EnrichReport): void {
    if (report.type === 'series') this.asked.push(report);
    if (report.type !== 'counted') return;
    const row = this.#rowOf(report.series);
    for (let i = 0; i < row.length; i++) row[i] += report.values[i];
  }

  #rowOf(number: number): Float64Array {
    const { kind } = this.asked.find((each) => each.number === number)?.wanted ?? assert.fail();
    const row = this.rows.get(number) ?? new Float64Array(WIDTHS[kind]);
    this.rows.set(number, row);
    return row;
  }

  #by<T>(kind: SeriesKind, read: (row: Float64Array) => T): Record<string, T> {
    this.answer();
    const named = this.asked
      .filter(({ wanted }) => wanted.kind === kind)
      .map((each) => [nameOf(each), read(this.#rowOf(each.number))] as const);
    return Object.fromEntries(named);
  }
}

function nameOf({ wanted }: Asked): string {
  if (wanted.kind === 'losses' || wanted.method === undefined) return OVERFLOW;
  const { 'rpc.method': method, 'error.type': error, 'udscope.outcome': outcome = error } = wanted.method;
  return outcome === undefined ? String(method) : `${method} ${outcome}`;
}

const sum = (counts: Record<string, number>) =>
  Object.values(counts).reduce((total, count) => total + count, 0);

describe('SeriesBook', () => {
  it('counts calls by method and outcome', () => {
    const ledger = new Ledger();
    ledger.book.countCalls('a', SEND, SUCCEEDED, 5, 1);
    ledger.book.countCalls('a', SEND, SUCCEEDED, 5, 2);
    ledger.book.countCalls('a', SEND, failed('-1'), 5, 1);
    ledger.book.countCalls('b', SEND, SUCCEEDED, undefined, 4);
    assert.deepEqual(ledger.counts(), { a: 3, 'a -1': 1, b: 4 });
  });

  it('counts unknown outcomes neither as successes nor as errors', () => {
    const ledger = new Ledger();
    for (const reason of ['lost', 'truncated'] as const)
      ledger.book.countCalls('a', SEND, UNKNOWN[reason], 5, 1);
    ledger.book.countCalls('a', SEND, UNANSWERED, undefined, 1);
    for (const outcome of [SUCCEEDED, undefined]) ledger.book.countCalls('a', SEND, outcome, undefined, 1);
    assert.deepEqual(ledger.counts(), { a: 2, 'a unknown': 2, 'a no_response': 1 });
    assert.deepEqual(ledger.durations(), { a: 0, 'a unknown': 2, 'a no_response': 0 });
  });

  it('tells codes of errors from the outcomes that it has names for, and from codes of what carries them', () => {
    const ledger = new Ledger();
    const count = (outcome: CallOutcome) => ledger.book.countCalls('a', SEND, outcome, undefined, 1);
    for (const outcome of [
      UNKNOWN.lost,
      failed('unknown'),
      failed('503'),
      failed('503', { isForeign: true }),
    ]) {
      count(outcome);
    }
    const said = ledger.asked.flatMap(({ wanted }) =>
      wanted.kind === 'calls' ? [Object.entries(wanted.method ?? {}).slice(2)] : [],
    );
    assert.deepEqual(said, [
      [['udscope.outcome', 'unknown']],
      [
        ['error.type', 'unknown'],
        ['rpc.status_code', 'unknown'],
      ],
      [
        ['error.type', '503'],
        ['rpc.status_code', '503'],
      ],
      [['error.type', '503']],
    ]);
  });

  it('tells namespaces of a method apart, of which it shows a bounded number', () => {
    const { book, asked } = new Ledger();
    const shown = new Set(repeat(50, (i) => book.namespaces.of(`shop${i}`)));
    assert.equal(shown.size, 17);
    for (const namespace of ['shop0', 'shop1', 'shop0', undefined]) {
      book.countBytes('a', SEND, 1, { namespace });
      book.countCalls('a', SEND, SUCCEEDED, 5, 1, undefined, { namespace });
    }
    const kinds = asked.map(({ wanted }) => wanted.kind);
    assert.deepEqual([kinds.filter((kind) => kind === 'calls').length, kinds.length], [3, 6]);
  });

  it('tells systems of a method apart, which is that of the protocol where a request says none', () => {
    const { series, asked } = new Ledger();
    const book = new SeriesBook(series, PROTOCOLS.mysql);
    for (const system of ['mariadb', undefined, 'mysql', 'mariadb']) {
      book.countCalls('PING', SEND, SUCCEEDED, 5, 1, undefined, { namespace: 'shop', system });
    }
    const calls = asked.flatMap(({ wanted }) => (wanted.kind === 'calls' ? [wanted.method] : []));
    assert.deepEqual(
      calls.map((attributes) => attributes?.['db.system.name']),
      ['mariadb', 'mysql'],
    );
  });

  it('records durations that are known, as often as calls are counted', () => {
    const ledger = new Ledger();
    ledger.book.countCalls('a', SEND, SUCCEEDED, 5, 3);
    ledger.book.countCalls('a', SEND, SUCCEEDED, undefined, 4);
    ledger.book.countCalls('b', SEND, SUCCEEDED, 20_000, 1);
    assert.deepEqual(ledger.durations(), { a: 3, b: 1 });
  });

  it('counts bytes by method and direction', () => {
    const ledger = new Ledger();
    ledger.book.countBytes('a', SEND, 10);
    ledger.book.countBytes('a', RECV, 5);
    ledger.book.countBytes('a', SEND, 1);
    assert.deepEqual(ledger.bytes(), { a: [11, 5] });
  });

  it('asks for each series once, with its flow and all that is said of it', () => {
    const ledger = new Ledger();
    for (let i = 0; i < 3; i++) {
      ledger.book.countBytes('a', SEND, 1);
      ledger.book.countCalls('a', SEND, failed('-32601'), 1, 1);
      ledger.answer();
    }
    const identity = { 'rpc.system.name': 'jsonrpc', 'rpc.method': 'a' };
    assert.deepEqual(
      ledger.asked.map(({ type: _, number: __, ...asked }) => asked),
      [
        { ...ledger.traffic, wanted: { kind: 'methods', method: identity } },
        {
          ...ledger.traffic,
          wanted: {
            kind: 'calls',
            method: { ...identity, 'error.type': '-32601', 'rpc.status_code': '-32601' },
          },
        },
      ],
    );
  });

  it('loses nothing of what it counts before it is answered, while it is, and behind', () => {
    const ledger = new Ledger();
    for (let round = 0; round < 3; round++) {
      ledger.book.countCalls('a', SEND, SUCCEEDED, 5, 1);
      ledger.book.countBytes('a', SEND, 10);
      ledger.series.lose('spans', 2);
      if (round === 1) ledger.answer();
    }
    assert.deepEqual(
      [ledger.counts(), ledger.durations(), ledger.bytes(), ledger.losses()],
      [{ a: 3 }, { a: 3 }, { a: [30, 0] }, { [OVERFLOW]: 6 }],
    );
    assert.equal(ledger.wait.count, 0);
  });

  for (const [what, end] of [
    ['its flow ends', (ledger: Ledger) => ledger.series.end()],
    ['the thread ends', (ledger: Ledger) => ledger.requests.settleAll()],
  ] as const) {
    it(`reports what it has counted and has no row for when ${what}; an answer that comes then is too late`, () => {
      const ledger = new Ledger();
      ledger.book.countCalls('answered', SEND, SUCCEEDED, 1, 1);
      ledger.answer();
      ledger.book.countCalls('not answered', SEND, SUCCEEDED, 1, 5);
      end(ledger);
      assert.equal(ledger.wait.count, 0);
      assert.deepEqual(ledger.counts(), { answered: 1, 'not answered': 5 });
    });
  }

  it('counts in the overflow of its client while that waits for very many, and by name when it may again', () => {
    const ledger = new Ledger();
    ledger.wait.count = 16_384;
    ledger.book.countCalls('a', SEND, SUCCEEDED, 1, 1);
    ledger.book.countBytes('a', SEND, 10);
    assert.deepEqual(ledger.asked.map(nameOf), [OVERFLOW, OVERFLOW, OVERFLOW].slice(0, ledger.asked.length));
    ledger.wait.count = 2;
    ledger.book.countCalls('a', SEND, SUCCEEDED, 1, 1);
    assert.deepEqual(ledger.counts(), { [OVERFLOW]: 1, a: 1 });
    assert.deepEqual(ledger.bytes(), { [OVERFLOW]: [10, 0], a: [0, 0] });
  });

  it('leaves the last of the series that are waited for to other clients', () => {
    const { requests, book, asked } = new Ledger();
    const others = repeat(3, (flow) => {
      const wait = { count: 0 };
      const traffic = { generation: 0, flow };
      return new SeriesBook(new FlowSeries(traffic, requests, () => wait), PROTOCOLS.jsonrpc);
    });
    for (const other of others) {
      for (let i = 0; i < 20_000; i++) other.countCalls(`loud_${i}`, SEND, SUCCEEDED, 1, 1);
    }
    const before = asked.length;
    book.countCalls('quiet', SEND, SUCCEEDED, 1, 1);
    assert.deepEqual(asked.slice(before).map(nameOf), ['quiet', 'quiet']);
  });

  it('tells so many outcomes of a method apart and no more', () => {
    const ledger = new Ledger();
    for (const code of repeat(500, String)) ledger.book.countCalls('a', SEND, failed(code), 1, 1);
    const all = ledger.counts();
    assert.equal(sum(all), 500);
    assert.equal(Object.keys(all).length, 65);
    assert.equal(all['a _OTHER'], 500 - 64);
  });
});
