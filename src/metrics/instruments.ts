import type { Attributes } from '@opentelemetry/api';

/** One data point that an instrument draws from the values of a series. */
export interface PointDefinition {
  /** A sum or difference of columns, so that it is as true of what was counted since the last export. */
  value(values: Float64Array): number;
  /** Attributes the point has beside those of its series. */
  attributes?: Attributes;
  /** Leave the point out while its series has never counted anything there. */
  omitZero?: boolean;
}

/** An instrument over the columns of a series table. */
export interface InstrumentDefinition {
  /** Name under the OpenTelemetry naming rules: no unit, no `_total`. */
  name: string;
  description: string;
  /** A UCUM unit. */
  unit: string;
  kind: 'counter' | 'up_down_counter';
  points: readonly PointDefinition[];
}

/** A set of instruments whose series have the same columns. */
export interface InstrumentGroup {
  /** Columns of a series. */
  width: number;
  instruments: readonly InstrumentDefinition[];
}

/** An instrument with a single point for each series: one column of it. */
export function columnPoint(column: number): readonly PointDefinition[] {
  return [{ value: (values) => values[column] }];
}
