import { type HrTime, ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  InstrumentType,
  type SumMetricData,
} from '@opentelemetry/sdk-metrics';
import type { InstrumentDefinition, PointDefinition } from './instruments.js';
import type { Row } from './rows.js';

/** What these instruments are to the SDK: their values are totals that are read when somebody asks. */
export function instrumentType({ kind }: InstrumentDefinition): InstrumentType {
  return kind === 'counter' ? InstrumentType.OBSERVABLE_COUNTER : InstrumentType.OBSERVABLE_UP_DOWN_COUNTER;
}

/** What an instrument has to say of the rows at `endTime`; undefined when that is nothing. */
export function drawSum(
  instrument: InstrumentDefinition,
  temporality: AggregationTemporality,
  rows: readonly Row[],
  endTime: HrTime,
): SumMetricData | undefined {
  const dataPoints = drawPoints(instrument, temporality, rows, endTime);
  if (dataPoints.length === 0) return undefined;
  const { name, description, unit } = instrument;
  return {
    descriptor: { name, description, unit, valueType: ValueType.INT },
    aggregationTemporality: temporality,
    dataPointType: DataPointType.SUM,
    isMonotonic: instrument.kind === 'counter',
    dataPoints,
  };
}

function drawPoints(
  instrument: InstrumentDefinition,
  temporality: AggregationTemporality,
  rows: readonly Row[],
  endTime: HrTime,
): DataPoint<number>[] {
  const points: DataPoint<number>[] = [];
  for (const row of rows) {
    const span = temporality === AggregationTemporality.DELTA ? row.delta : row.cumulative;
    if (span === undefined) continue;
    for (const point of instrument.points) {
      const value = point.value(span.values);
      if (value === 0 && point.omitZero === true && !hasCounted(row, point)) continue;
      points.push({ startTime: span.since, endTime, attributes: row.series.attributesOf(point), value });
    }
  }
  return points;
}

/** A point that has shown itself goes on doing so: in a delta stream with zeros, as the SDK's would. */
function hasCounted({ cumulative }: Row, point: PointDefinition): boolean {
  return cumulative !== undefined && point.value(cumulative.values) !== 0;
}
