import type { HrTime } from '@opentelemetry/api';
import type { Baseline, Difference } from './baseline.js';
import type { Series } from './series.js';
import type { SeriesTable } from './series-table.js';

/** A difference, and the books it is in. */
export interface Claim {
  readonly baseline: Baseline;
  readonly difference: Difference;
}

/** Values over a time, of which one data point of each instrument can be drawn. */
export interface Span {
  readonly since: HrTime;
  readonly values: Float64Array;
}

/** One attribute set as one collection finds it. */
export interface Row {
  readonly series: Series;
  /** Counted since the series started; undefined once it is gone. */
  readonly cumulative: Span | undefined;
  /** Counted since it was reported; undefined without a baseline. */
  readonly delta: Span | undefined;
  readonly claims: readonly Claim[];
}

/**
 * Reads tables of the same instruments as if they were one.
 *
 * An attribute set may be in several of them: every table has its overflow series, and a socket that has
 * moved to another receiver still lingers in the table of the first.
 */
export function readRows(
  tables: readonly SeriesTable[],
  baselines: ReadonlyMap<SeriesTable, Baseline>,
): Row[] {
  const rows = tables.flatMap((table) => readTable(table, baselines.get(table)));
  return tables.length > 1 ? mergeRows(rows) : rows;
}

function readTable(table: SeriesTable, baseline: Baseline | undefined): Row[] {
  const readings = table.readings();
  const differences = baseline?.differences(readings) ?? [];
  const rows: Row[] = readings.map(({ series, totals }, i) => {
    const { delta, claims } = unreported(baseline, differences[i]);
    return { series, cumulative: { since: series.startTime, values: totals }, delta, claims };
  });
  for (const difference of differences.slice(readings.length)) {
    rows.push({
      series: difference.account.series,
      cumulative: undefined,
      ...unreported(baseline, difference),
    });
  }
  return rows;
}

const NOTHING: Pick<Row, 'delta' | 'claims'> = { delta: undefined, claims: [] };

function unreported(
  baseline: Baseline | undefined,
  difference: Difference | undefined,
): Pick<Row, 'delta' | 'claims'> {
  if (baseline === undefined || difference === undefined) return NOTHING;
  const { account, values } = difference;
  return { delta: { since: account.since, values }, claims: [{ baseline, difference }] };
}

function mergeRows(rows: readonly Row[]): Row[] {
  const merged = new Map<string, Row>();
  for (const row of rows) {
    const same = merged.get(row.series.key);
    merged.set(row.series.key, same === undefined ? row : mergeTwo(same, row));
  }
  return [...merged.values()];
}

function mergeTwo(a: Row, b: Row): Row {
  return {
    series: a.series,
    cumulative: mergeSpans(a.cumulative, b.cumulative),
    delta: mergeSpans(a.delta, b.delta),
    claims: [...a.claims, ...b.claims],
  };
}

function mergeSpans(a: Span | undefined, b: Span | undefined): Span | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const since = isEarlier(a.since, b.since) ? a.since : b.since;
  return { since, values: a.values.map((value, i) => value + b.values[i]) };
}

function isEarlier(a: HrTime, b: HrTime): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}
