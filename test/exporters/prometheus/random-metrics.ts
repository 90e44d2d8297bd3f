import { type Attributes, ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  type HistogramMetricData,
  type ScopeMetrics,
  type SumMetricData,
} from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { labelName } from '../../../src/exporters/prometheus/labels.js';

/*
 * Metrics of every kind that udscope has, of which the SDK's serializer writes something that Prometheus
 * takes: no attribute has a name that begins with a digit, or that becomes the label of another one, of a
 * bucket or of the scope.
 */

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\r', '{', '}', ',', '=', ' ', 'n', 'ä', '\ud800') }),
);

const odd = fc.string({
  unit: fc.constantFrom('a', 'Z', '_', '.', '-', '9', ' ', 'é', '\\', '\n', '"', '😀'),
});

const attributeName = odd.map((name) => `l${name}`);

const attributeValue = fc.oneof(
  text,
  fc.boolean(),
  fc.double(),
  fc.array(fc.option(text, { nil: null }), { maxLength: 3 }),
);

const attributes: fc.Arbitrary<Attributes> = fc
  .uniqueArray(fc.tuple(attributeName, attributeValue), {
    maxLength: 5,
    selector: ([name]) => labelName(name),
  })
  .map((entries): Attributes => Object.fromEntries(entries))
  .filter((set) => set['le'] === undefined);

const count = fc.oneof(
  fc.nat(),
  fc.maxSafeNat(),
  fc.constantFrom(0, 9, 10, 99, 100, Number.MAX_SAFE_INTEGER),
);
const number = fc.oneof(fc.double(), count, fc.integer(), fc.constant(-0));

const histogram: fc.Arbitrary<Histogram> = fc
  .record({
    bounds: fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 6 }),
    hasInfinity: fc.boolean(),
    count,
    sum: fc.option(number, { nil: undefined }),
  })
  .chain(({ bounds, hasInfinity, count, sum }) => {
    const boundaries = bounds.sort((a, b) => a - b);
    if (hasInfinity) boundaries.push(Number.POSITIVE_INFINITY);
    const size = boundaries.length + 1;
    return fc.array(fc.nat(), { minLength: size, maxLength: size }).map((counts): Histogram => {
      return { buckets: { boundaries, counts }, count, ...(sum === undefined ? {} : { sum }) };
    });
  });

function pointsOf<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<DataPoint<Value>[]> {
  const point = fc.record({
    startTime: fc.constant<[number, number]>([1, 0]),
    endTime: fc.constant<[number, number]>([2, 0]),
    attributes,
    value,
  });
  return fc.array(point, { minLength: 1, maxLength: 4 });
}

const base = fc.record({
  descriptor: fc.record({
    name: fc.oneof(odd, fc.constantFrom('uds.send_bytes', 'a_total', '9', '_', '')),
    description: text,
    unit: fc.oneof(fc.constantFrom('', 'By', 's', '{call}'), text),
    valueType: fc.constant(ValueType.DOUBLE),
  }),
  aggregationTemporality: fc.constant(AggregationTemporality.CUMULATIVE),
});

export type Metric = SumMetricData | HistogramMetricData;

const metric: fc.Arbitrary<Metric> = fc.oneof(
  fc.tuple(base, fc.boolean(), pointsOf(number)).map(([common, isMonotonic, dataPoints]): Metric => {
    return { ...common, dataPointType: DataPointType.SUM, isMonotonic, dataPoints };
  }),
  fc.tuple(base, pointsOf(histogram)).map(([common, dataPoints]): Metric => {
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }),
);

/** Metrics of one scope. */
export interface RandomScope extends ScopeMetrics {
  metrics: Metric[];
}

export const scopeMetrics: fc.Arbitrary<RandomScope> = fc.record({
  scope: fc.record(
    { name: text, version: text, schemaUrl: text },
    { requiredKeys: ['name'], noNullPrototype: true },
  ),
  metrics: fc.array(metric, { maxLength: 5 }),
});

/** Attributes of an agent, under the names of their labels. */
export const targetLabels = attributes;

/** Sums of the given series, all with the value 1. */
export function sumOf(...series: readonly Attributes[]): SumMetricData {
  return {
    descriptor: { name: 'sum', description: 'Sum.', unit: '', valueType: ValueType.INT },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.SUM,
    isMonotonic: false,
    dataPoints: series.map((attributes) => ({ startTime: [1, 0], endTime: [2, 0], attributes, value: 1 })),
  };
}
