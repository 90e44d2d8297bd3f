import type { Attributes } from '@opentelemetry/api';
import { histogramCount } from './histogram.js';

/** One data point that an instrument draws from the values of a series. */
export interface PointDefinition {
  /** A sum or difference of columns, so that it is right for what was counted since the last export, too. */
  value(values: Float64Array): number;
  /** Attributes the point has beside those of its series. */
  attributes?: Attributes;
  /** Leave the point out while its series has never counted anything there. */
  omitZero?: boolean;
  /** All that was ever counted there, for `omitZero`: of a value that may go back to zero. Default: the value. */
  everCounted?(values: Float64Array): number;
}

/** A data point that is a histogram. Its `value` is how many values it holds. */
export interface HistogramPointDefinition extends PointDefinition {
  /** Where its columns begin; histogram.ts says which they are. */
  firstColumn: number;
}

interface InstrumentIdentity {
  /** Name under the OpenTelemetry naming rules: no unit, no `_total`. */
  name: string;
  description: string;
  /** A UCUM unit. */
  unit: string;
}

/** An instrument whose values are whole numbers that add up. */
export interface SumDefinition extends InstrumentIdentity {
  kind: 'counter' | 'up_down_counter';
  points: readonly PointDefinition[];
}

/** An instrument that tells how values are distributed. */
export interface HistogramDefinition extends InstrumentIdentity {
  kind: 'histogram';
  /** Upper bounds of the buckets, inclusive, finite and ascending; one more bucket has what is above. */
  boundaries: readonly number[];
  points: readonly HistogramPointDefinition[];
}

/** An instrument over the columns of a series table. */
export type InstrumentDefinition = SumDefinition | HistogramDefinition;

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

/** A point of a histogram of these boundaries. */
export function histogramPoint(
  boundaries: readonly number[],
  firstColumn: number,
  options: Pick<PointDefinition, 'attributes' | 'omitZero'> = {},
): HistogramPointDefinition {
  return { ...options, firstColumn, value: (values) => histogramCount(values, firstColumn, boundaries) };
}
