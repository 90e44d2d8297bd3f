import type { HrTime } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import type { Baseline, Difference } from './baseline.js';
import type { InstrumentGroup } from './instruments.js';
import { isEarlier, type Series } from './series.js';
import type { SeriesTable } from './series-table.js';

/** A difference, and the baseline it is measured from. */
export interface Claim {
  readonly baseline: Baseline;
  readonly difference: Difference;
}

/** Values counted since a moment. */
export interface Interval {
  readonly since: HrTime;
  readonly values: Float64Array;
}

/** One attribute set as one collection finds it. */
export interface CollectedSeries {
  readonly series: Series;
  /** Counted since the series started; undefined once it is gone. */
  readonly cumulative: Interval | undefined;
  /** Counted since it was reported; undefined without a baseline. */
  readonly delta: Interval | undefined;
  readonly claims: readonly Claim[];
}

/** The series of all tables with the same instruments. */
export interface CollectedGroup {
  readonly group: InstrumentGroup;
  readonly collected: readonly CollectedSeries[];
}

/** What tables hold at one moment: values are copies, so it can be read at leisure. */
export interface Collection {
  /** By the clock of the tables. */
  readonly at: HrTime;
  readonly groups: readonly CollectedGroup[];
}

/**
 * Reads tables; those of the same instruments as if they were one.
 *
 * An attribute set may be in several of them: every table has its overflow series, and a socket that has
 * moved to another receiver still lingers in the table of the first.
 */
export function collectTables(
  tables: readonly SeriesTable[],
  now: () => number,
  baselines: ReadonlyMap<SeriesTable, Baseline> = new Map(),
): Collection {
  const groups = Array.from(byGroup(tables), ([group, same]) => {
    const collected = same.flatMap((table) => readTable(table, baselines.get(table)));
    return { group, collected: same.length > 1 ? mergeSeries(collected) : collected };
  });
  // The time is taken last: reading a table may open series, and none may begin after the time of its points.
  return { at: millisToHrTime(now()), groups };
}

function byGroup(tables: readonly SeriesTable[]): Map<InstrumentGroup, SeriesTable[]> {
  const groups = new Map<InstrumentGroup, SeriesTable[]>();
  for (const table of tables) {
    const same = groups.get(table.group);
    if (same === undefined) groups.set(table.group, [table]);
    else same.push(table);
  }
  return groups;
}

function readTable(table: SeriesTable, baseline: Baseline | undefined): CollectedSeries[] {
  const readings = table.readings();
  const differences = baseline?.differences(readings) ?? [];
  const collected: CollectedSeries[] = readings.map(({ series, totals }, i) => {
    const { delta, claims } = unreported(baseline, differences[i]);
    return { series, cumulative: { since: series.startTime, values: totals }, delta, claims };
  });
  for (const difference of differences.slice(readings.length)) {
    const { series } = difference.debt;
    collected.push({ series, cumulative: undefined, ...unreported(baseline, difference) });
  }
  return collected;
}

type Unreported = Pick<CollectedSeries, 'delta' | 'claims'>;

const NOTHING: Unreported = { delta: undefined, claims: [] };

function unreported(baseline: Baseline | undefined, difference: Difference | undefined): Unreported {
  if (baseline === undefined || difference === undefined) return NOTHING;
  const { debt, values } = difference;
  return { delta: { since: debt.since, values }, claims: [{ baseline, difference }] };
}

function mergeSeries(collected: readonly CollectedSeries[]): CollectedSeries[] {
  const merged = new Map<string, CollectedSeries>();
  for (const each of collected) {
    const same = merged.get(each.series.key);
    merged.set(each.series.key, same === undefined ? each : mergeTwo(same, each));
  }
  return [...merged.values()];
}

function mergeTwo(a: CollectedSeries, b: CollectedSeries): CollectedSeries {
  return {
    series: a.series,
    cumulative: mergeIntervals(a.cumulative, b.cumulative),
    delta: mergeIntervals(a.delta, b.delta),
    claims: [...a.claims, ...b.claims],
  };
}

function mergeIntervals(a: Interval | undefined, b: Interval | undefined): Interval | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const since = isEarlier(a.since, b.since) ? a.since : b.since;
  return { since, values: a.values.map((value, i) => value + b.values[i]) };
}
