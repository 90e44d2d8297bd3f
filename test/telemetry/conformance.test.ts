import assert from 'node:assert/strict';
import {
  CumulativeTemporalitySelector,
  DeltaTemporalitySelector,
} from '@opentelemetry/exporter-metrics-otlp-http';
import type { AggregationTemporalitySelector, CollectionResult } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import {
  allocateCounters,
  CLOSED,
  counterRow,
  errorColumn,
  OPENED,
  ROW_WIDTH,
  SEND_BYTES,
} from '../../src/receivers/uds/counters.js';
import { UDS_INSTRUMENTS } from '../../src/receivers/uds/instruments.js';
import { attributesKey } from '../../src/telemetry/attributes-key.js';
import { observeTable } from '../../src/telemetry/observe.js';
import { SeriesProducer } from '../../src/telemetry/series-producer.js';
import { type SeriesHandle, SeriesTable } from '../../src/telemetry/series-table.js';
import { metricsOf, type Point, pointsOf, valuesOf } from './support/points.js';
import { TestReader } from './support/test-reader.js';

const SCOPE = { name: 'udscope', version: '1.2.3' };
const TEMPORALITIES = { cumulative: CumulativeTemporalitySelector, delta: DeltaTemporalitySelector };
const SOCKETS = 5;

/** A socket's series, and the row in shared memory that a relay thread counts it in. */
interface User {
  handle: SeriesHandle;
  row: Float64Array;
}

type UserStep =
  | { do: 'detach'; user: number }
  | { do: 'count'; user: number; column: number; amount: number };

/** One table of relay counters, read in both ways. */
class TwoWays {
  readonly table: SeriesTable;
  readonly ours: TestReader;
  readonly sdk: TestReader;
  nowMs = Date.now();
  readonly #counters = allocateCounters(64);
  #nextRow = 0;

  constructor(temporality: AggregationTemporalitySelector, limits: { maxSeries: number; sdkLimit?: number }) {
    const { maxSeries, sdkLimit = 2000 } = limits;
    this.table = new SeriesTable(UDS_INSTRUMENTS, { maxSeries, lingerMs: 60_000, now: () => this.nowMs });
    const producer = new SeriesProducer({ tables: [this.table], scope: SCOPE, temporality });
    this.ours = new TestReader({ aggregationTemporalitySelector: temporality, metricProducers: [producer] });
    this.sdk = new TestReader({
      aggregationTemporalitySelector: temporality,
      cardinalitySelector: () => sdkLimit,
    });
    observeTable(this.table, this.sdk.provider.getMeter(SCOPE.name, SCOPE.version));
  }

  open(socket: number): User {
    const handle = this.table.open({
      'uds.socket.name': `socket-${socket}`,
      'uds.socket.path': '/run/a.sock',
    });
    const row = counterRow(this.#counters, this.#nextRow++);
    handle.attach([row]);
    return { handle, row };
  }

  async read(): Promise<{ ours: CollectionResult; sdk: CollectionResult }> {
    return { ours: await this.ours.read(), sdk: await this.sdk.read() };
  }
}

describe('SeriesProducer, beside the same table observed by the SDK', () => {
  const open = fc.record({ do: fc.constant('open' as const), socket: fc.nat(SOCKETS - 1) });
  const detach = fc.record({ do: fc.constant('detach' as const), user: fc.nat() });
  const collect = fc.record({ do: fc.constant('collect' as const) });
  const count = fc.record({
    do: fc.constant('count' as const),
    user: fc.nat(),
    column: fc.nat(ROW_WIDTH - 1).filter((column) => column !== CLOSED),
    amount: fc.nat(2 ** 40),
  });
  const steps = fc.array(fc.oneof(open, detach, collect, count), { size: 'large', maxLength: 60 });

  for (const [name, temporality] of Object.entries(TEMPORALITIES)) {
    it(`reports the same, ${name}, while no series is removed`, async () => {
      const property = fc.asyncProperty(steps, async (taken) => {
        const ways = new TwoWays(temporality, { maxSeries: 3 });
        const users: User[] = [];
        for (const step of [...taken, { do: 'collect' as const }]) {
          if (step.do === 'open') users.push(ways.open(step.socket));
          else if (step.do === 'collect') assertSame(await ways.read());
          else if (users.length > 0) use(users, step);
        }
      });
      await fc.assert(property, { numRuns: 50 });
    });
  }

  it('reports the same of connections that come, go and fail', async () => {
    const ways = new TwoWays(CumulativeTemporalitySelector, { maxSeries: 3 });
    const { row } = ways.open(1);
    row[OPENED] = 7;
    row[CLOSED] = 3;
    row[errorColumn('ECONNREFUSED')] = 2;
    const read = await ways.read();
    assertSame(read);
    assert.deepEqual(
      valuesOf(read.ours, 'uds.connections.active').map(([, value]) => value),
      [4],
    );
    assert.deepEqual(
      valuesOf(read.ours, 'uds.connection.errors').map(([attributes]) => attributes['error.type']),
      ['ECONNREFUSED'],
    );
  });

  it('starts a series when it is opened, where the SDK starts it when it is first collected', async () => {
    const ways = new TwoWays(CumulativeTemporalitySelector, { maxSeries: 3 });
    ways.nowMs -= 5000;
    ways.open(1);
    const { ours, sdk } = await ways.read();
    const [ourPoint] = pointsOf(ours, 'uds.send_bytes');
    const [sdkPoint] = pointsOf(sdk, 'uds.send_bytes');
    assert.deepEqual(millis(ourPoint.startTime), ways.nowMs);
    assert.deepEqual(sdkPoint.startTime, sdkPoint.endTime);
  });

  it('forgets a removed series, where the SDK exports it for ever (opentelemetry-js#4096)', async () => {
    const ways = new TwoWays(CumulativeTemporalitySelector, { maxSeries: 3 });
    const { handle, row } = ways.open(1);
    row[SEND_BYTES] = 5;
    assertSame(await ways.read());
    handle.close();
    ways.nowMs += 60_000;
    const { ours, sdk } = await ways.read();
    assert.deepEqual(metricsOf(ours), []);
    assert.deepEqual(
      valuesOf(sdk, 'uds.send_bytes').map(([, value]) => value),
      [5],
    );
  });

  it('overflows exactly, where the SDK shows only the last of what is beyond its own limit', async () => {
    const ways = new TwoWays(CumulativeTemporalitySelector, { maxSeries: 3, sdkLimit: 4 });
    const counted = [1, 2, 3, 4, 5].map((socket) => {
      ways.open(socket).row[SEND_BYTES] = 10 ** socket;
      return 10 ** socket;
    });
    const { ours } = await ways.read();
    assert.equal(sum(ours), total(counted));

    const more = new TwoWays(CumulativeTemporalitySelector, { maxSeries: 100, sdkLimit: 3 });
    for (const socket of [1, 2, 3, 4, 5]) more.open(socket).row[SEND_BYTES] = 10 ** socket;
    const { ours: all, sdk } = await more.read();
    assert.equal(sum(all), total(counted));
    assert.notEqual(sum(sdk), total(counted));
  });
});

function use(users: User[], step: UserStep): void {
  const index = step.user % users.length;
  const { handle, row } = users[index];
  if (step.do === 'count') {
    row[step.column] += step.amount;
  } else {
    handle.detach([row]);
    users.splice(index, 1);
  }
}

/** Equal in all but the time a series is said to have started. */
function assertSame({ ours, sdk }: { ours: CollectionResult; sdk: CollectionResult }): void {
  assert.deepEqual(comparable(ours), comparable(sdk));
  for (const { startTime, endTime } of [...allPoints(ours), ...allPoints(sdk)]) {
    assert.ok(millis(startTime) <= millis(endTime));
  }
}

function comparable(result: CollectionResult) {
  const scopes = result.resourceMetrics.scopeMetrics.map(({ scope }) => [scope.name, scope.version]);
  const metrics = metricsOf(result).map(({ descriptor, ...metric }) => {
    const { name, description, unit, valueType } = descriptor;
    const points = valuesOf(result, name).map(([attributes, value]) => [attributesKey(attributes), value]);
    return { ...metric, name, description, unit, valueType, dataPoints: points.sort() };
  });
  return { scopes: metrics.length === 0 ? [] : scopes, metrics };
}

function allPoints(result: CollectionResult): Point[] {
  return metricsOf(result).flatMap(({ descriptor }) => pointsOf(result, descriptor.name));
}

function millis([seconds, nanos]: readonly [number, number]): number {
  return seconds * 1000 + nanos / 1e6;
}

function sum(result: CollectionResult): number {
  return total(valuesOf(result, 'uds.send_bytes').map(([, value]) => value));
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
