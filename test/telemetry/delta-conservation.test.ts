import assert from 'node:assert/strict';
import {
  DeltaTemporalitySelector,
  LowMemoryTemporalitySelector,
} from '@opentelemetry/exporter-metrics-otlp-http';
import type { AggregationTemporalitySelector, CollectionResult } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { attributesKey } from '../../src/telemetry/attributes-key.js';
import { OVERFLOW_ATTRIBUTES } from '../../src/telemetry/series.js';
import { SeriesProducer } from '../../src/telemetry/series-producer.js';
import { type SeriesHandle, SeriesTable } from '../../src/telemetry/series-table.js';
import { CALLS_GROUP, callsRow } from './support/calls-group.js';
import { histogramsOf, type Point, pointsOf } from './support/points.js';

/** Columns of a row: a counter, and where a histogram begins. */
const CALLS = 0;
const DURATION = 1;

const LINGER_MS = 10;
const ATTRIBUTE_SETS = 6;
const OWNERS = ['x', 'y'];

const open = fc.record({
  do: fc.constant('open' as const),
  set: fc.nat(ATTRIBUTE_SETS - 1),
  table: fc.nat(1),
});
const count = fc.record({
  do: fc.constant('count' as const),
  user: fc.nat(),
  amount: fc.nat(1000),
  seconds: fc.option(fc.double({ min: 0, max: 3, noNaN: true })),
});
const close = fc.record({ do: fc.constant('close' as const), user: fc.nat() });
const wait = fc.record({ do: fc.constant('wait' as const), ms: fc.nat(LINGER_MS) });
const collect = fc.record({ do: fc.constant('collect' as const) });
const commit = fc.record({ do: fc.constant('commit' as const), part: fc.nat(3) });
const replaceReader = fc.record({ do: fc.constant('replace reader' as const) });

/** What can happen to series and to the reader that exports them: more often to series. */
const step = fc.oneof(
  { weight: 4, arbitrary: open },
  { weight: 4, arbitrary: count },
  { weight: 4, arbitrary: close },
  { weight: 2, arbitrary: wait },
  { weight: 2, arbitrary: collect },
  { weight: 2, arbitrary: commit },
  { weight: 1, arbitrary: replaceReader },
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

interface User {
  handle: SeriesHandle;
  row: Float64Array;
}

/** Two tables that count what the steps say, and one reader whose exports sometimes arrive. */
class Run {
  /** By measure and attributes. */
  readonly counted = new Map<string, number>();
  readonly delivered = new Map<string, number>();
  readonly #temporality: AggregationTemporalitySelector;
  #nowMs = 1000;
  readonly #tables: SeriesTable[];
  #users: User[] = [];
  #producer: SeriesProducer;
  #parts: Parameters<SeriesProducer['commit']>[0][] = [];

  constructor(
    maxSeries: number,
    temporality: AggregationTemporalitySelector,
    ownerSeries = Number.POSITIVE_INFINITY,
  ) {
    this.#temporality = temporality;
    const limits = { maxSeries, ownerSeries, lingerMs: LINGER_MS, now: () => this.#nowMs };
    this.#tables = [new SeriesTable(CALLS_GROUP, limits), new SeriesTable(CALLS_GROUP, limits)];
    this.#producer = this.#newProducer();
  }

  async take(next: Step): Promise<void> {
    switch (next.do) {
      case 'open':
        return this.#open(next.set, next.table);
      case 'count':
        return this.#count(next.user, next.amount, next.seconds);
      case 'close':
        return this.#close(next.user);
      case 'wait':
        this.#nowMs += next.ms;
        return;
      case 'collect':
        return await this.#collect();
      case 'commit':
        return this.#commit(next.part);
      case 'replace reader':
        this.#producer.dispose();
        this.#producer = this.#newProducer();
        this.#parts = [];
    }
  }

  /** Everything ends, and what is left is exported. */
  async end(): Promise<void> {
    for (const { handle } of this.#users) handle.close();
    this.#nowMs += LINGER_MS;
    await this.#collect();
    while (this.#parts.length > 0) this.#commit(0);
  }

  /** Accounts of ended series are closed once everything is delivered: only overflow series stay. */
  get accounts(): number {
    return this.#tables.reduce((sum, table) => sum + table.baseline('otlp').size, 0);
  }

  get overflowSeries(): number {
    return this.#tables.reduce((sum, table) => sum + table.readings().length, 0);
  }

  #newProducer(): SeriesProducer {
    return new SeriesProducer({
      tables: this.#tables,
      scope: { name: 'test' },
      temporality: this.#temporality,
      reader: 'otlp',
      seriesPerScope: 2,
      now: () => this.#nowMs,
    });
  }

  #open(set: number, table: number): void {
    const key = OWNERS[set % OWNERS.length];
    const owner = { key, attributes: { owner: key } };
    const handle = this.#tables[table].open({ owner: key, set }, owner);
    const row = callsRow();
    handle.attach([row]);
    this.#users.push({ handle, row });
  }

  #count(user: number, amount: number, seconds: number | null): void {
    if (this.#users.length === 0) return;
    const { handle, row } = this.#users[user % this.#users.length];
    const more = callsRow(...(seconds === null ? [] : [seconds]));
    more[CALLS] = amount;
    more.forEach((value, column) => {
      row[column] += value;
      add(this.counted, `${column} ${handle.series.key}`, value);
    });
  }

  #close(user: number): void {
    const [closed] = this.#users.splice(user % Math.max(1, this.#users.length), 1);
    closed?.handle.close();
  }

  async #collect(): Promise<void> {
    const result = await this.#producer.collect();
    this.#parts = [...result.resourceMetrics.scopeMetrics];
    for (const name of ['calls', 'call.duration']) checkPoints(measuredPoints(result, name));
  }

  #commit(index: number): void {
    const [part] = this.#parts.splice(index % Math.max(1, this.#parts.length), 1);
    if (part === undefined) return;
    this.#producer.commit(part);
    const result = { resourceMetrics: { scopeMetrics: [part] } } as CollectionResult;
    for (const name of ['calls', 'call.duration']) {
      for (const { attributes, value } of measuredPoints(result, name)) {
        const first = name === 'calls' ? CALLS : DURATION;
        value.forEach((measure, i) => {
          add(this.delivered, `${first + i} ${attributesKey(attributes)}`, measure);
        });
      }
    }
  }
}

/** Points of an instrument with all the numbers in each, in the order of their columns. */
function measuredPoints(result: CollectionResult, name: string): Point<number[]>[] {
  if (name === 'calls') return pointsOf(result, name).map((point) => ({ ...point, value: [point.value] }));
  return histogramsOf(result, name).map((point) => {
    const { buckets, sum = Number.NaN } = point.value;
    return { ...point, value: [...buckets.counts, sum] };
  });
}

function checkPoints(points: readonly Point<number[]>[]): void {
  const keys = points.map(({ attributes }) => attributesKey(attributes));
  assert.equal(new Set(keys).size, keys.length, 'no two points have the same attributes');
  for (const { value, startTime, endTime } of points) {
    for (const measure of value) assert.ok(measure >= 0, 'no point is negative');
    assert.ok(startTime[0] < endTime[0] || (startTime[0] === endTime[0] && startTime[1] <= endTime[1]));
  }
}

function add(sums: Map<string, number>, key: string, value: number): void {
  if (value !== 0) sums.set(key, (sums.get(key) ?? 0) + value);
}

function total(sums: ReadonlyMap<string, number>): number {
  return [...sums.values()].reduce((sum, value) => sum + value, 0);
}

async function play(
  maxSeries: number,
  steps: readonly Step[],
  temporality: AggregationTemporalitySelector = DeltaTemporalitySelector,
  ownerSeries?: number,
): Promise<Run> {
  const run = new Run(maxSeries, temporality, ownerSeries);
  for (const next of steps) await run.take(next);
  await run.end();
  return run;
}

const steps = fc.array(step, { size: 'large', maxLength: 200 });

describe('deltas, whatever is opened, closed, delivered or not', () => {
  it('sum up to what was counted under each attribute set while there is room for all', async () => {
    const property = fc.asyncProperty(steps, async (taken) => {
      const run = await play(ATTRIBUTE_SETS, taken);
      assert.deepEqual(sorted(run.delivered), sorted(run.counted));
      assert.equal(run.accounts, 0);
    });
    await fc.assert(property, { numRuns: 200 });
  });

  it('sum up to what was counted, less under names and more as overflow, when there is none', async () => {
    const overflow = attributesKey(OVERFLOW_ATTRIBUTES);
    const property = fc.asyncProperty(steps, fc.integer({ min: 1, max: 2 }), async (taken, maxSeries) => {
      const run = await play(maxSeries, taken);
      assert.equal(total(run.delivered), total(run.counted));
      for (const [key, delivered] of run.delivered) {
        const counted = run.counted.get(key) ?? 0;
        assert.ok(key.endsWith(overflow) ? delivered >= counted : delivered <= counted, key);
      }
      assert.equal(run.accounts, run.overflowSeries);
    });
    await fc.assert(property, { numRuns: 200 });
  });

  it('sum up to what was counted for each owner, whatever is beyond his share', async () => {
    const ofOwner = (sums: ReadonlyMap<string, number>, owner: string) =>
      total(new Map([...sums].filter(([key]) => key.includes(`["owner","${owner}"]`))));
    const property = fc.asyncProperty(steps, fc.integer({ min: 1, max: 2 }), async (taken, ownerSeries) => {
      const run = await play(100, taken, DeltaTemporalitySelector, ownerSeries);
      for (const owner of OWNERS) assert.equal(ofOwner(run.delivered, owner), ofOwner(run.counted, owner));
      assert.equal(total(run.delivered), total(run.counted));
      assert.equal(run.accounts, 0);
    });
    await fc.assert(property, { numRuns: 200 });
  });

  it('sum up to what was counted in histograms when they are all that is reported as deltas', async () => {
    const property = fc.asyncProperty(steps, async (taken) => {
      const run = await play(ATTRIBUTE_SETS, taken, LowMemoryTemporalitySelector);
      assert.deepEqual(sorted(ofHistograms(run.delivered)), sorted(ofHistograms(run.counted)));
      assert.equal(run.accounts, 0);
    });
    await fc.assert(property, { numRuns: 200 });
  });
});

function ofHistograms(sums: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...sums].filter(([key]) => !key.startsWith(`${CALLS} `)));
}

function sorted(sums: ReadonlyMap<string, number>): [string, number][] {
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
}
