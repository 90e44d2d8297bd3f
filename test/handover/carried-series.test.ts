import assert from 'node:assert/strict';
import { DeltaTemporalitySelector } from '@opentelemetry/exporter-metrics-otlp-http';
import fc from 'fast-check';
import { predecessorMessageSchema } from '../../src/handover/messages.js';
import { TableHeir } from '../../src/handover/table-heir.js';
import { TableTeller } from '../../src/handover/table-teller.js';
import { attributesKey } from '../../src/telemetry/attributes-key.js';
import { SeriesContainer } from '../../src/telemetry/series-container.js';
import { SeriesProducer } from '../../src/telemetry/series-producer.js';
import { type SeriesHandle, SeriesTable } from '../../src/telemetry/series-table.js';
import { runs } from '../support/runs.js';
import { pointsOf } from '../telemetry/support/points.js';
import { SMALL_GROUP } from '../telemetry/support/small-group.js';

/** A counter, and a level whose other column nobody else reads: as open connections. */
const TABLE = {
  ...SMALL_GROUP,
  instruments: SMALL_GROUP.instruments.filter(({ name }) => name !== 'items.out'),
};

const LINGER_MS = 10;
const LATER_MS = 1_000_000;
const SETS = 5;
const [IN, OUT] = [0, 1];
const SCOPE = { name: 'test' };

/** One process after the other, with the same table, and the reader that each has in its turn. */
class Run {
  nowMs = 1000;
  readonly #settings;
  readonly first: SeriesTable;
  readonly second: SeriesTable;
  readonly counted = new Map<string, { in: number; out: number }>();
  readonly delivered = new Map<string, number>();
  readonly #users: { handle: SeriesHandle; row: Float64Array; key: string }[] = [];
  readonly #teller: TableTeller;
  readonly #heir: TableHeir;
  #producer: SeriesProducer;
  #isTaken = false;

  constructor(
    maxSeries: number,
    { isAfresh = false, maxSeriesThen = maxSeries, ownerSeriesThen = 100 } = {},
  ) {
    this.#settings = { maxSeries, lingerMs: LINGER_MS, resumes: true, now: () => this.nowMs };
    this.first = new SeriesTable(TABLE, this.#settings);
    const then = { maxSeries: maxSeriesThen, ownerSeries: ownerSeriesThen };
    this.second = new SeriesTable(TABLE, { ...this.#settings, ...then });
    this.#teller = new TableTeller(0, 'table', this.first);
    this.#heir = new TableHeir(this.second, isAfresh, () => this.nowMs);
    this.#producer = this.#newProducer(this.first);
  }

  get isTaken(): boolean {
    return this.#isTaken;
  }

  open(table: SeriesTable, set: number): void {
    const attributes = { set };
    const container = new SeriesContainer({ 'container.id': String(set) });
    const handle = table.open(attributes, { key: String(set), attributes, container }, container);
    const row = new Float64Array(TABLE.width);
    handle.attach([row]);
    this.#users.push({ handle, row, key: attributesKey(handle.series.attributes) });
  }

  count(user: number, amount: number): void {
    const found = this.#users[user % this.#users.length];
    if (found === undefined) return;
    found.row[IN] += amount;
    const counted = this.counted.get(found.key) ?? { in: 0, out: 0 };
    this.counted.set(found.key, { ...counted, in: counted.in + amount });
  }

  /** All that a user has open ends, and so does he. */
  close(user: number): void {
    const [found] = this.#users.splice(user % Math.max(1, this.#users.length), 1);
    if (found === undefined) return;
    const counted = this.counted.get(found.key) ?? { in: 0, out: 0 };
    this.counted.set(found.key, { ...counted, out: counted.out + found.row[IN] });
    found.row[OUT] = found.row[IN];
    found.handle.close();
  }

  async export(isLost: boolean): Promise<void> {
    const collected = await this.#producer.collect();
    if (isLost) return;
    for (const { attributes, value } of pointsOf(collected, 'items.in')) {
      assert.ok(value >= 0, `${JSON.stringify(attributes)} fell by ${-value}`);
      const key = attributesKey(attributes);
      this.delivered.set(key, (this.delivered.get(key) ?? 0) + value);
    }
    for (const part of collected.resourceMetrics.scopeMetrics) this.#producer.commit(part);
  }

  takeOver(): void {
    this.#isTaken = true;
    this.tell();
    this.#heir.begin();
    this.#producer = this.#newProducer(this.second);
  }

  tell(): void {
    for (const told of this.#teller.tell()) {
      const message = predecessorMessageSchema.parse(JSON.parse(JSON.stringify(told)));
      if (message.type === 'table') assert.ok(this.#heir.understands(message.layout));
      else if (['reader', 'series', 'counted', 'gone', 'reported'].includes(message.type))
        this.#heir.hear(message as Parameters<TableHeir['hear']>[0]);
    }
  }

  end(isOrderly = true): void {
    if (isOrderly) this.tell();
    this.#heir.end(isOrderly, (_table, handle) => handle.close());
  }

  /** What the second process shows, by attributes. */
  shown(): Map<string, { in: number; inside: number }> {
    return new Map(
      this.second.readings().map(({ series, totals }) => {
        return [series.key, { in: totals[IN], inside: totals[IN] - totals[OUT] }];
      }),
    );
  }

  #newProducer(table: SeriesTable): SeriesProducer {
    return new SeriesProducer({
      tables: [table],
      scope: SCOPE,
      temporality: DeltaTemporalitySelector,
      reader: 'otlp',
      now: () => this.nowMs,
    });
  }
}

const step = fc.oneof(
  fc.record({ do: fc.constant('open' as const), set: fc.nat(SETS - 1), isFirst: fc.boolean() }),
  fc.record({ do: fc.constant('count' as const), user: fc.nat(50), amount: fc.nat(100) }),
  fc.record({ do: fc.constant('close' as const), user: fc.nat(50) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(LINGER_MS + 2) }),
  fc.record({ do: fc.constant('export' as const), isLost: fc.boolean() }),
  fc.record({ do: fc.constant('tell' as const) }),
);

async function take(run: Run, next: typeof step extends fc.Arbitrary<infer Value> ? Value : never) {
  switch (next.do) {
    case 'open':
      return run.open(run.isTaken && !next.isFirst ? run.second : run.first, next.set);
    case 'count':
      return run.count(next.user, next.amount);
    case 'close':
      return run.close(next.user);
    case 'wait':
      run.nowMs += next.ms;
      return;
    case 'export':
      if (run.isTaken) run.tell();
      return run.export(next.isLost);
    case 'tell':
      if (run.isTaken) run.tell();
  }
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}

describe('series of a predecessor', () => {
  it('are delivered once each, whatever happens before and after, and whichever exports are lost', async () => {
    const steps = fc.array(step, { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(steps, steps, fc.integer({ min: 1, max: 8 }), async (before, after, maxSeries) => {
        const run = new Run(maxSeries);
        for (const each of before) await take(run, each);
        run.takeOver();
        for (const each of after) await take(run, each);
        run.end();
        await run.export(false);
        assert.equal(sum(run.delivered.values()), sum([...run.counted.values()].map((each) => each.in)));
        if (maxSeries < SETS) return;
        for (const [key, { in: came }] of run.counted) assert.equal(run.delivered.get(key) ?? 0, came, key);
      }),
      { numRuns: runs(300) },
    );
  });

  it('are delivered once each where the second process may have fewer series than the first', async () => {
    const steps = fc.array(step, { maxLength: 30 });
    const few = fc.integer({ min: 1, max: 8 });
    await fc.assert(
      fc.asyncProperty(
        steps,
        steps,
        few,
        few,
        few,
        async (before, after, maxSeries, maxSeriesThen, owner) => {
          const run = new Run(maxSeries, { maxSeriesThen, ownerSeriesThen: owner });
          for (const each of before) await take(run, each);
          run.takeOver();
          for (const each of after) await take(run, each);
          run.end();
          await run.export(false);
          assert.equal(sum(run.delivered.values()), sum([...run.counted.values()].map((each) => each.in)));
        },
      ),
      { numRuns: runs(300) },
    );
  });

  it('never go down while they are shown, and show what was counted in both processes', async () => {
    const steps = fc.array(step, { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, steps, async (before, after) => {
        const run = new Run(100);
        for (const each of before) await take(run, each);
        const last = new Map(run.first.readings().map(({ series, totals }) => [series.key, totals[IN]]));
        run.takeOver();
        for (const [key, came] of last) assert.ok((run.shown().get(key)?.in ?? 0) >= came, key);
        for (const each of after) {
          const former = run.shown();
          await take(run, each);
          run.tell();
          for (const [key, shown] of run.shown()) {
            // One that was gone is another series.
            const start = run.second.readings().find(({ series }) => series.key === key)?.series.startTime;
            assert.ok(start !== undefined);
            if (each.do !== 'wait') assert.ok(shown.in >= (former.get(key)?.in ?? 0), key);
          }
        }
      }),
      { numRuns: runs(150) },
    );
  });

  it('go on since they began, with the time of the first process', () => {
    const run = new Run(10);
    run.open(run.first, 1);
    run.count(0, 7);
    run.nowMs = LATER_MS;
    run.open(run.second, 1);
    run.takeOver();
    const [{ series, totals }] = run.second.readings();
    assert.deepEqual(series.startTime, [1, 0]);
    assert.equal(totals[IN], 7);
  });

  it('are counted from now on where another process had shown them, with what is open', () => {
    const run = new Run(10, { isAfresh: true });
    run.open(run.first, 1);
    run.count(0, 7);
    run.nowMs = LATER_MS;
    run.takeOver();
    const [{ series }] = run.second.readings();
    assert.deepEqual(series.startTime, [LATER_MS / 1000, 0]);
    assert.deepEqual([...run.shown().values()], [{ in: 0, inside: 7 }]);
    run.count(0, 2);
    run.tell();
    assert.deepEqual([...run.shown().values()], [{ in: 2, inside: 9 }]);
    run.close(0);
    run.tell();
    assert.deepEqual([...run.shown().values()], [{ in: 2, inside: 0 }]);
  });

  it('have nothing open any more when their process was killed', () => {
    const run = new Run(10);
    run.open(run.first, 1);
    run.count(0, 7);
    run.takeOver();
    run.end(false);
    assert.deepEqual([...run.shown().values()], [{ in: 7, inside: 0 }]);
  });

  it('are not taken for others by an agent whose columns mean something else', () => {
    const heir = new TableHeir(new SeriesTable(SMALL_GROUP, { maxSeries: 1, lingerMs: 0 }), false);
    const [first] = new TableTeller(0, 'table', new SeriesTable(TABLE, { maxSeries: 1, lingerMs: 0 })).tell();
    assert.ok(first?.type === 'table' && !heir.understands(first.layout));
  });
});
