import type { HrTime } from '@opentelemetry/api';
import { type InstrumentationScope, millisToHrTime } from '@opentelemetry/core';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type AggregationTemporalitySelector,
  type CollectionResult,
  type MetricData,
  type MetricProducer,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import { Baseline } from './baseline.js';
import { drawMetric, instrumentType } from './draw-metric.js';
import type { InstrumentGroup } from './instruments.js';
import { type Claim, type Row, readRows } from './rows.js';
import type { SeriesTable } from './series-table.js';

export interface SeriesProducerSettings {
  tables: readonly SeriesTable[];
  scope: InstrumentationScope;
  /** The reader's choice. Asked about observable counters and up-down counters, and about histograms. */
  temporality?: AggregationTemporalitySelector;
  /**
   * Name of a reader that says with `commit` what has arrived. As long as it has not, every collection of a
   * delta reader of that name reports it again. Without a name whatever is collected counts as arrived, as
   * in the SDK, where a delta whose export fails is lost.
   */
  reader?: string;
  /** Series in one ScopeMetrics at most; what is more comes in further ones. Default: no limit. */
  seriesPerScope?: number;
  /** Wall clock, in ms since the epoch. */
  now?: () => number;
}

interface Offer {
  at: HrTime;
  claims: readonly Claim[];
}

/**
 * Presents series tables to one metric reader, as the SDK's own instruments would appear to it.
 *
 * Tables of the same instruments appear as one.
 */
export class SeriesProducer implements MetricProducer {
  readonly #settings: SeriesProducerSettings;
  readonly #temporality: AggregationTemporalitySelector;
  readonly #now: () => number;
  readonly #groups: ReadonlyMap<InstrumentGroup, SeriesTable[]>;
  readonly #baselines: ReadonlyMap<SeriesTable, Baseline>;
  /** What the latest collection has reported and nobody has committed yet. */
  #offers = new Map<ScopeMetrics, Offer>();

  constructor(settings: SeriesProducerSettings) {
    this.#settings = settings;
    this.#temporality = settings.temporality ?? (() => AggregationTemporality.CUMULATIVE);
    this.#now = settings.now ?? Date.now;
    this.#groups = groupTables(settings.tables);
    const { tables, reader } = settings;
    const baselineOf = (table: SeriesTable) =>
      reader === undefined ? new Baseline(table) : table.baseline(reader);
    const deltaTables = tables.filter(({ group }) => this.#hasDelta(group));
    this.#baselines = new Map(deltaTables.map((table) => [table, baselineOf(table)]));
  }

  collect(): Promise<CollectionResult> {
    this.#offers = this.#offer();
    const scopeMetrics = [...this.#offers.keys()];
    if (this.#settings.reader === undefined) {
      for (const offered of scopeMetrics) this.commit(offered);
    }
    // The reader keeps the resource of its own MeterProvider.
    return Promise.resolve({ resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] });
  }

  /**
   * A part of the latest collection has arrived at its destination. Parts of earlier collections are too
   * late: the latest one has reported them again.
   */
  commit(delivered: ScopeMetrics): void {
    const offer = this.#offers.get(delivered);
    if (offer === undefined) return;
    this.#offers.delete(delivered);
    commitAll(offer.claims, offer.at);
  }

  /** Lets go of the tables, unless they know the reader by name. */
  dispose(): void {
    if (this.#settings.reader !== undefined) return;
    for (const baseline of this.#baselines.values()) baseline.dispose();
  }

  #offer(): Map<ScopeMetrics, Offer> {
    const { scope, seriesPerScope = Number.POSITIVE_INFINITY } = this.#settings;
    const groups = Array.from(this.#groups, ([group, tables]) => {
      return { group, rows: readRows(tables, this.#baselines) };
    });
    // Not before: who brings the tables up to date opens series, and none may begin after the time of its points.
    const at = millisToHrTime(this.#now());
    const longest = Math.max(0, ...groups.map(({ rows }) => rows.length));
    const offers = new Map<ScopeMetrics, Offer>();
    for (let start = 0; start < longest; start += seriesPerScope) {
      const part = groups.map(({ group, rows }) => ({
        group,
        rows: rows.slice(start, start + seriesPerScope),
      }));
      const metrics = part.flatMap(({ group, rows }) => this.#draw(group, rows, at));
      const claims = part.flatMap(({ rows }) => rows.flatMap((row) => row.claims));
      if (metrics.length > 0) offers.set({ scope, metrics }, { at, claims });
      else commitAll(claims, at); // Nobody will deliver nothing, and series that are gone would be owed for ever.
    }
    return offers;
  }

  /** Whether the reader wants deltas of any of these instruments: it may of histograms and not of counters. */
  #hasDelta(group: InstrumentGroup): boolean {
    return group.instruments.some((instrument) => {
      return this.#temporality(instrumentType(instrument)) === AggregationTemporality.DELTA;
    });
  }

  #draw(group: InstrumentGroup, rows: readonly Row[], at: HrTime): MetricData[] {
    return group.instruments.flatMap((instrument) => {
      return drawMetric(instrument, this.#temporality(instrumentType(instrument)), rows, at) ?? [];
    });
  }
}

function commitAll(claims: readonly Claim[], at: HrTime): void {
  for (const { baseline, difference } of claims) baseline.commit(difference, at);
}

function groupTables(tables: readonly SeriesTable[]): Map<InstrumentGroup, SeriesTable[]> {
  const groups = new Map<InstrumentGroup, SeriesTable[]>();
  for (const table of tables) {
    const group = groups.get(table.group);
    if (group === undefined) groups.set(table.group, [table]);
    else group.push(table);
  }
  return groups;
}
