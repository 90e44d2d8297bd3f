import { type HrTime, ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  type HistogramMetricData,
  InstrumentType,
  type MetricData,
  type SumMetricData,
} from '@opentelemetry/sdk-metrics';
import type { Row } from './collect-tables.js';
import { bucketCounts, histogramSum } from './histogram.js';
import type {
  HistogramDefinition,
  HistogramPointDefinition,
  InstrumentDefinition,
  PointDefinition,
  SumDefinition,
} from './instruments.js';
import { shownTime } from './unstepped-time.js';

const INSTRUMENT_TYPES: Readonly<Record<InstrumentDefinition['kind'], InstrumentType>> = {
  // Totals that are read when somebody asks.
  counter: InstrumentType.OBSERVABLE_COUNTER,
  up_down_counter: InstrumentType.OBSERVABLE_UP_DOWN_COUNTER,
  histogram: InstrumentType.HISTOGRAM,
};

/** What these instruments are to the SDK. */
export function instrumentType({ kind }: InstrumentDefinition): InstrumentType {
  return INSTRUMENT_TYPES[kind];
}

/** What an instrument has to say of the rows at `endTime`; undefined when that is nothing. */
export function drawMetric(
  instrument: InstrumentDefinition,
  temporality: AggregationTemporality,
  rows: readonly Row[],
  endTime: HrTime,
): MetricData | undefined {
  const metric =
    instrument.kind === 'histogram'
      ? drawHistogram(instrument, temporality, rows, endTime)
      : drawSum(instrument, temporality, rows, endTime);
  return metric.dataPoints.length === 0 ? undefined : metric;
}

function drawSum(
  instrument: SumDefinition,
  temporality: AggregationTemporality,
  rows: readonly Row[],
  endTime: HrTime,
): SumMetricData {
  const { name, description, unit, kind, points } = instrument;
  return {
    descriptor: { name, description, unit, valueType: ValueType.INT },
    aggregationTemporality: temporality,
    dataPointType: DataPointType.SUM,
    isMonotonic: kind === 'counter',
    dataPoints: drawPoints(points, temporality, rows, endTime, (_point, _values, value) => value),
  };
}

function drawHistogram(
  instrument: HistogramDefinition,
  temporality: AggregationTemporality,
  rows: readonly Row[],
  endTime: HrTime,
): HistogramMetricData {
  const { name, description, unit, points } = instrument;
  const boundaries = [...instrument.boundaries];
  // Without min and max: a reader of deltas would need those of an interval nobody has kept apart.
  const value = (
    { firstColumn }: HistogramPointDefinition,
    values: Float64Array,
    count: number,
  ): Histogram => ({
    buckets: { boundaries, counts: bucketCounts(values, firstColumn, boundaries) },
    sum: histogramSum(values, firstColumn, boundaries),
    count,
  });
  return {
    descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: temporality,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: drawPoints(points, temporality, rows, endTime, value),
  };
}

function drawPoints<Point extends PointDefinition, Value>(
  definitions: readonly Point[],
  temporality: AggregationTemporality,
  rows: readonly Row[],
  endTime: HrTime,
  drawValue: (point: Point, values: Float64Array, value: number) => Value,
): DataPoint<Value>[] {
  const points: DataPoint<Value>[] = [];
  const shownEnd = shownTime(endTime);
  for (const row of rows) {
    const span = temporality === AggregationTemporality.DELTA ? row.delta : row.cumulative;
    if (span === undefined) continue;
    for (const point of definitions) {
      const counted = point.value(span.values);
      if (counted === 0 && point.omitZero === true && !hasCounted(row, point)) continue;
      const value = drawValue(point, span.values, counted);
      const startTime = shownTime(span.since);
      points.push({ startTime, endTime: shownEnd, attributes: row.series.attributesOf(point), value });
    }
  }
  return points;
}

/** A point that has shown itself goes on doing so: in a delta stream with zeros, as the SDK's would. */
function hasCounted({ cumulative }: Row, point: PointDefinition): boolean {
  return cumulative !== undefined && point.value(cumulative.values) !== 0;
}
