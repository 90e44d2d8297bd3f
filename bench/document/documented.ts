import {
  BESIDE,
  type DocumentedCase,
  type DocumentedRow,
  type Value,
} from '../../build/performance/documented.js';
import type { Figure, Sample } from '../cases/case.js';
import { median, quotients } from '../measure/statistics.js';
import { valuesOf } from '../report/case-table.js';

/** What of a run is kept: medians and ranges. */
export interface MeasuredCase {
  readonly name: string;
  readonly title: string;
  readonly figures: readonly Figure[];
  readonly series: readonly { readonly name: string; readonly samples: readonly Sample[] }[];
}

export function documentedCase({ name, title, figures, series }: MeasuredCase): DocumentedCase {
  const shown = figures.filter(({ isContext }) => isContext !== true);
  const beside = series.find((one) => one.name === BESIDE);
  const rows = series.map((one): DocumentedRow => {
    const [values, ratios]: [Record<string, Value>, Record<string, Value>] = [{}, {}];
    for (const { key } of shown) {
      const [ours, theirs] = [valuesOf(one, key), valuesOf(beside, key)];
      if (ours === undefined) continue;
      values[key] = summaryOf(ours);
      if (theirs !== undefined) ratios[key] = summaryOf(quotients(ours, theirs));
    }
    return { name: one.name, figures: values, ratios };
  });
  return { name, title, figures: shown.map(({ key, title, digits }) => ({ key, title, digits })), rows };
}

function summaryOf(values: readonly number[]): Value {
  const [middle, min, max] = [median(values), Math.min(...values), Math.max(...values)];
  return { median: rounded(middle), min: rounded(min), max: rounded(max) };
}

/** To four digits: what is behind them is noise, and makes every line of the file another one. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
