import assert from 'node:assert/strict';
import type { Histogram as Instrument } from '@opentelemetry/api';
import {
  CumulativeTemporalitySelector,
  DeltaTemporalitySelector,
  LowMemoryTemporalitySelector,
} from '@opentelemetry/exporter-metrics-otlp-http';
import type { AggregationTemporalitySelector, CollectionResult } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { attributesKey } from '../../src/telemetry/attributes-key.js';
import { SeriesProducer } from '../../src/telemetry/series-producer.js';
import { type SeriesHandle, SeriesTable } from '../../src/telemetry/series-table.js';
import { BOUNDARIES, CALLS_GROUP, callsRow, recordCall, recordFailure } from './support/calls-group.js';
import { histogramsOf, metricsOf } from './support/points.js';
import { TestReader } from './support/test-reader.js';

const NAME = 'call.duration';
const TEMPORALITIES = {
  cumulative: CumulativeTemporalitySelector,
  delta: DeltaTemporalitySelector,
  lowmemory: LowMemoryTemporalitySelector,
};

interface User {
  handle: SeriesHandle;
  row: Float64Array;
}

/** Calls that are recorded in a table of ours and in a histogram of the SDK. */
class TwoWays {
  readonly #table = new SeriesTable(CALLS_GROUP, { maxSeries: 3, lingerMs: 60_000 });
  readonly #ours: TestReader;
  readonly #sdk: TestReader;
  readonly #instrument: Instrument;
  readonly #users: User[] = [];

  constructor(temporality: AggregationTemporalitySelector) {
    const producer = new SeriesProducer({ tables: [this.#table], scope: { name: 'test' }, temporality });
    this.#ours = new TestReader({ aggregationTemporalitySelector: temporality, metricProducers: [producer] });
    this.#sdk = new TestReader({ aggregationTemporalitySelector: temporality });
    const { description, unit } = CALLS_GROUP.instruments[1];
    const advice = { explicitBucketBoundaries: [...BOUNDARIES] };
    this.#instrument = this.#sdk.provider
      .getMeter('test')
      .createHistogram(NAME, { description, unit, advice });
  }

  open(socket: number): void {
    const handle = this.#table.open({ socket });
    const row = callsRow();
    handle.attach([row]);
    this.#users.push({ handle, row });
  }

  record(user: number, seconds: number, hasFailed: boolean): void {
    if (this.#users.length === 0) return;
    const { handle, row } = this.#users[user % this.#users.length];
    const { attributes } = handle.series;
    if (hasFailed) recordFailure(row, seconds);
    else recordCall(row, seconds);
    this.#instrument.record(seconds, hasFailed ? { ...attributes, 'error.type': 'timeout' } : attributes);
  }

  detach(user: number): void {
    const [gone] = this.#users.splice(user % Math.max(1, this.#users.length), 1);
    gone?.handle.detach([gone.row]);
  }

  async read(): Promise<{ ours: CollectionResult; sdk: CollectionResult }> {
    return { ours: await this.#ours.read(), sdk: await this.#sdk.read() };
  }

  async compare(): Promise<void> {
    const { ours, sdk } = await this.read();
    assert.deepEqual(points(ours), points(sdk));
    if (points(sdk).length > 0) assert.deepEqual(metric(ours), metric(sdk));
  }
}

/** In an order of their own. The SDK shows no empty histograms, and besides ours minimum and maximum. */
function points(result: CollectionResult) {
  return histogramsOf(result, NAME)
    .filter(({ value }) => value.count > 0)
    .map(({ attributes, value: { buckets, sum, count } }) => ({
      key: attributesKey(attributes),
      buckets,
      sum,
      count,
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

function metric(result: CollectionResult) {
  return metricsOf(result)
    .filter(({ descriptor }) => descriptor.name === NAME)
    .map(({ descriptor, dataPointType, aggregationTemporality }) => {
      const { name, description, unit, valueType } = descriptor;
      return { name, description, unit, valueType, dataPointType, aggregationTemporality };
    });
}

describe('SeriesProducer, beside a histogram of the SDK', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ do: fc.constant('open' as const), socket: fc.nat(4) }),
      fc.record({ do: fc.constant('detach' as const), user: fc.nat() }),
      fc.record({ do: fc.constant('collect' as const) }),
      fc.record({
        do: fc.constant('record' as const),
        user: fc.nat(),
        // Of these both make exact sums, so that they can be compared.
        seconds: fc.nat(2 ** 17).map((duration) => duration / 2 ** 16),
        hasFailed: fc.boolean(),
      }),
    ),
    { size: 'large', maxLength: 60 },
  );

  for (const [name, temporality] of Object.entries(TEMPORALITIES)) {
    it(`reports the same, ${name}`, async () => {
      const property = fc.asyncProperty(steps, async (taken) => {
        const ways = new TwoWays(temporality);
        for (const step of taken) {
          if (step.do === 'open') ways.open(step.socket);
          else if (step.do === 'detach') ways.detach(step.user);
          else if (step.do === 'record') ways.record(step.user, step.seconds, step.hasFailed);
          else await ways.compare();
        }
        await ways.compare();
      });
      await fc.assert(property, { numRuns: 50 });
    });
  }

  it('has a value that is a boundary in the same bucket', async () => {
    const ways = new TwoWays(CumulativeTemporalitySelector);
    ways.open(1);
    for (const boundary of BOUNDARIES) ways.record(0, boundary, false);
    const { ours, sdk } = await ways.read();
    assert.deepEqual(points(ours)[0].buckets, points(sdk)[0].buckets);
    assert.deepEqual(points(sdk)[0].buckets.counts, [1, 1, 1, 0]);
  });
});
