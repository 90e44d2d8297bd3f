import { type HrTime, ValueType } from '@opentelemetry/api';
import { type InstrumentationScope, millisToHrTime } from '@opentelemetry/core';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type AggregationTemporalitySelector,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  InstrumentType,
  type MetricProducer,
  type SumMetricData,
} from '@opentelemetry/sdk-metrics';
import { Baseline } from './baseline.js';
import type { InstrumentDefinition } from './instruments.js';
import type { Series } from './series.js';
import type { SeriesTable } from './series-table.js';

export interface SeriesProducerSettings {
  tables: readonly SeriesTable[];
  scope: InstrumentationScope;
  /** The reader's choice. Asked about the observable kinds, which is what these instruments are. */
  temporality?: AggregationTemporalitySelector;
  /** Wall clock, in ms since the epoch. */
  now?: () => number;
}

/** Series and values of one collection of one temporality. */
interface Reading {
  series: Series;
  since: HrTime;
  values: Float64Array;
}

/**
 * Presents series tables to one metric reader, as the SDK's own instruments would appear to it.
 *
 * For a delta reader `commit` says that what was collected last has been exported; until then every
 * collection reports from the same baseline.
 */
export class SeriesProducer implements MetricProducer {
  readonly #settings: SeriesProducerSettings;
  readonly #temporality: AggregationTemporalitySelector;
  readonly #now: () => number;
  readonly #baselines: Map<SeriesTable, Baseline>;

  constructor(settings: SeriesProducerSettings) {
    this.#settings = settings;
    this.#temporality = settings.temporality ?? (() => AggregationTemporality.CUMULATIVE);
    this.#now = settings.now ?? Date.now;
    const isDelta = this.#temporality(InstrumentType.OBSERVABLE_COUNTER) === AggregationTemporality.DELTA;
    this.#baselines = new Map(isDelta ? settings.tables.map((table) => [table, new Baseline(table)]) : []);
  }

  collect(): Promise<CollectionResult> {
    const endTime = millisToHrTime(this.#now());
    const metrics = this.#settings.tables.flatMap((table) => this.#collectTable(table, endTime));
    const scopeMetrics = metrics.length === 0 ? [] : [{ scope: this.#settings.scope, metrics }];
    // The reader keeps the resource of its own MeterProvider.
    return Promise.resolve({ resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] });
  }

  /** What was collected last has been exported. */
  commit(): void {
    for (const baseline of this.#baselines.values()) baseline.commit();
  }

  /** Lets go of the tables. */
  dispose(): void {
    for (const baseline of this.#baselines.values()) baseline.dispose();
  }

  #collectTable(table: SeriesTable, endTime: HrTime): SumMetricData[] {
    const cumulative = readTotals(table);
    const delta = this.#baselines.get(table)?.differences(endTime) ?? [];
    const metrics: SumMetricData[] = [];
    for (const instrument of table.group.instruments) {
      const aggregationTemporality = this.#temporality(instrumentType(instrument));
      const readings = aggregationTemporality === AggregationTemporality.DELTA ? delta : cumulative;
      const dataPoints = drawPoints(instrument, readings, endTime);
      if (dataPoints.length === 0) continue;
      metrics.push({
        descriptor: describe(instrument),
        aggregationTemporality,
        dataPointType: DataPointType.SUM,
        isMonotonic: instrument.kind === 'counter',
        dataPoints,
      });
    }
    return metrics;
  }
}

function readTotals(table: SeriesTable): Reading[] {
  const readings: Reading[] = [];
  for (const series of table.series()) {
    const values = new Float64Array(table.group.width);
    series.read(values);
    readings.push({ series, since: series.startTime, values });
  }
  return readings;
}

function drawPoints(
  instrument: InstrumentDefinition,
  readings: readonly Reading[],
  endTime: HrTime,
): DataPoint<number>[] {
  const points: DataPoint<number>[] = [];
  for (const { series, since, values } of readings) {
    for (const point of instrument.points) {
      const value = point.value(values);
      if (value === 0 && point.omitZero === true) continue;
      points.push({ startTime: since, endTime, attributes: series.attributesOf(point), value });
    }
  }
  return points;
}

function instrumentType(instrument: InstrumentDefinition): InstrumentType {
  return instrument.kind === 'counter'
    ? InstrumentType.OBSERVABLE_COUNTER
    : InstrumentType.OBSERVABLE_UP_DOWN_COUNTER;
}

const descriptors = new WeakMap<InstrumentDefinition, SumMetricData['descriptor']>();

function describe(instrument: InstrumentDefinition): SumMetricData['descriptor'] {
  let descriptor = descriptors.get(instrument);
  if (descriptor === undefined) {
    const { name, description, unit } = instrument;
    descriptor = { name, description, unit, valueType: ValueType.INT };
    descriptors.set(instrument, descriptor);
  }
  return descriptor;
}
