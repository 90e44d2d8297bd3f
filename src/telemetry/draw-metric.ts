import { type HrTime, ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type AggregationTemporalitySelector,
  type DataPoint,
  DataPointType,
  type Histogram,
  type HistogramMetricData,
  InstrumentType,
  type MetricData,
  type SumMetricData,
} from '@opentelemetry/sdk-metrics';
import type { CollectedSeries, Collection } from './collect-tables.js';
import type { Exemplar } from './exemplar.js';
import { bucketCounts, histogramSum } from './histogram.js';
import type {
  HistogramDefinition,
  HistogramPointDefinition,
  InstrumentDefinition,
  PointDefinition,
  SumDefinition,
} from './instruments.js';
import type { Series } from './series.js';
import type { SeriesContainer } from './series-container.js';
import { shownTime } from './unstepped-time.js';

/** A point that says which container it is of. */
interface DrawnPoint<Value> extends DataPoint<Value> {
  readonly container?: SeriesContainer;
}

/** The container that a point of these metrics is of. */
export function containerOf(point: Partial<DrawnPoint<unknown>>): SeriesContainer | undefined {
  return point.container;
}

/** A metric as the SDK has it, except that its points come in batches, each drawn when it is read. To be read once. */
type Drawn<Metric extends SumMetricData | HistogramMetricData> = Omit<Metric, 'dataPoints'> & {
  readonly batches: Iterable<Metric['dataPoints']>;
};

export type DrawnSum = Drawn<SumMetricData>;
export type DrawnHistogram = Drawn<HistogramMetricData>;

/** A histogram with exemplars of its buckets, which the SDK does not know. */
export interface ExemplifiedHistogram extends Histogram {
  /** By bucket; undefined where there are none. */
  readonly exemplars?: readonly (Exemplar | undefined)[];
}
export type DrawnMetric = DrawnSum | DrawnHistogram;

/** Series in a batch: enough that a batch costs nothing, and few enough that its histograms fill a chunk or two of text. */
const BATCH_SERIES = 64;

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

/** The metrics of a collection, each drawn when it is asked for. One may turn out to have no points. */
export function* drawMetrics(
  { at, groups }: Collection,
  temporality: AggregationTemporalitySelector,
): Generator<DrawnMetric, void, undefined> {
  for (const { group, collected } of groups) {
    for (const instrument of group.instruments) {
      const chosen = temporality(instrumentType(instrument));
      yield instrument.kind === 'histogram'
        ? drawHistogram(instrument, chosen, collected, at)
        : drawSum(instrument, chosen, collected, at);
    }
  }
}

/** A metric with all its points, as the SDK takes it; undefined when it has none. */
export function toMetricData(drawn: DrawnMetric): MetricData | undefined {
  // Asked apart for TypeScript, which loses the pairs of types and values otherwise.
  const metric = drawn.dataPointType === DataPointType.SUM ? joinBatches(drawn) : joinBatches(drawn);
  return metric.dataPoints.length === 0 ? undefined : metric;
}

function joinBatches<Rest, Point>({ batches, ...rest }: Rest & { batches: Iterable<Point[]> }) {
  return { ...rest, dataPoints: [...batches].flat() };
}

function drawSum(
  { name, description, unit, kind, points }: SumDefinition,
  temporality: AggregationTemporality,
  collected: readonly CollectedSeries[],
  endTime: HrTime,
): DrawnSum {
  return {
    descriptor: { name, description, unit, valueType: ValueType.INT },
    aggregationTemporality: temporality,
    dataPointType: DataPointType.SUM,
    isMonotonic: kind === 'counter',
    batches: drawBatches(points, temporality, collected, endTime, (_point, _values, value) => value),
  };
}

function drawHistogram(
  instrument: HistogramDefinition,
  temporality: AggregationTemporality,
  collected: readonly CollectedSeries[],
  endTime: HrTime,
): DrawnHistogram {
  const { name, description, unit, points } = instrument;
  const boundaries = [...instrument.boundaries];
  // Without min and max: a reader of deltas would need those of the interval, which are not kept.
  const value = (
    { firstColumn }: HistogramPointDefinition,
    values: Float64Array,
    count: number,
    series: Series,
  ): ExemplifiedHistogram => {
    const buckets = { boundaries, counts: bucketCounts(values, firstColumn, boundaries) };
    const sum = histogramSum(values, firstColumn, boundaries);
    if (!series.hasExemplars) return { buckets, sum, count };
    return { buckets, sum, count, exemplars: exemplarsOf(series, firstColumn, boundaries) };
  };
  return {
    descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: temporality,
    dataPointType: DataPointType.HISTOGRAM,
    batches: drawBatches(points, temporality, collected, endTime, value),
  };
}

function* drawBatches<Point extends PointDefinition, Value>(
  definitions: readonly Point[],
  temporality: AggregationTemporality,
  collected: readonly CollectedSeries[],
  endTime: HrTime,
  drawValue: (point: Point, values: Float64Array, value: number, series: Series) => Value,
): Generator<DrawnPoint<Value>[], void, undefined> {
  const shownEnd = shownTime(endTime);
  const isCumulative = temporality === AggregationTemporality.CUMULATIVE;
  for (let start = 0; start < collected.length; start += BATCH_SERIES) {
    const points: DrawnPoint<Value>[] = [];
    for (const each of collected.slice(start, start + BATCH_SERIES)) {
      const interval = isCumulative ? each.cumulative : each.delta;
      if (interval === undefined) continue;
      for (const point of definitions) {
        const counted = point.value(interval.values);
        // A delta may be zero of what has counted before. Most series have no calls of the server: their empty
        // histograms are not counted a second time.
        if (counted === 0 && point.omitZero === true && !hasEverCounted(each, point)) continue;
        const value = drawValue(point, interval.values, counted, each.series);
        const startTime = shownTime(interval.since);
        const attributes = each.series.attributesOf(point);
        const { container } = each.series;
        // Spreading one into the other would take longer than all the rest.
        points.push(
          container === undefined
            ? { startTime, endTime: shownEnd, attributes, value }
            : { startTime, endTime: shownEnd, attributes, value, container },
        );
      }
    }
    yield points;
  }
}

function exemplarsOf(series: Series, firstColumn: number, boundaries: readonly number[]) {
  return Array.from({ length: boundaries.length + 1 }, (_, i) => series.exemplarOf(firstColumn + i));
}

/** A point that has shown itself goes on doing so: in a delta stream with zeros, as the SDK's would. */
function hasEverCounted(
  { cumulative }: CollectedSeries,
  { value, everCounted = value }: PointDefinition,
): boolean {
  return cumulative !== undefined && everCounted(cumulative.values) !== 0;
}
