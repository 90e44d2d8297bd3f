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
import { type Row, readRows } from './collect-tables.js';
import { drawMetric, instrumentType } from './draw-metric.js';
import type { InstrumentGroup } from './instruments.js';
import type { SeriesTable } from './series-table.js';
import { unsteppedNowMs } from './unstepped-time.js';

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
  /** In ms since the epoch, by the clock that the tables have. Default: the unstepped one. */
  now?: () => number;
}

/** Rows of the tables of one group. */
interface Part {
  readonly group: InstrumentGroup;
  readonly rows: readonly Row[];
}

interface Offer {
  readonly at: HrTime;
  readonly parts: readonly Part[];
}

/** Where some series are too large for a destination, the requests of all others need not become ever smaller. */
const FEWEST_SERIES_PER_SCOPE = 64;

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
  #seriesPerScope: number;

  constructor(settings: SeriesProducerSettings) {
    this.#settings = settings;
    this.#temporality = settings.temporality ?? (() => AggregationTemporality.CUMULATIVE);
    this.#now = settings.now ?? unsteppedNowMs;
    this.#seriesPerScope = settings.seriesPerScope ?? Number.POSITIVE_INFINITY;
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
    commitAll(offer);
  }

  /**
   * Smaller parts that take the place of one of the latest collection, which its destination found too large; undefined
   * where there is nothing to split.
   */
  split(tooLarge: ScopeMetrics): ScopeMetrics[] | undefined {
    const offer = this.#offers.get(tooLarge);
    const longest = longestOf(offer?.parts ?? []);
    if (offer === undefined || longest < 2) return undefined;
    this.#offers.delete(tooLarge);
    const half = Math.ceil(longest / 2);
    this.#seriesPerScope = Math.min(this.#seriesPerScope, Math.max(half, FEWEST_SERIES_PER_SCOPE));
    return [cut(offer.parts, 0, half), cut(offer.parts, half, longest)].flatMap((parts) => {
      return this.#enter(this.#offers, parts, offer.at) ?? [];
    });
  }

  /** Lets go of the tables, unless they know the reader by name. */
  dispose(): void {
    if (this.#settings.reader !== undefined) return;
    for (const baseline of this.#baselines.values()) baseline.dispose();
  }

  #offer(): Map<ScopeMetrics, Offer> {
    const groups = Array.from(this.#groups, ([group, tables]) => {
      return { group, rows: readRows(tables, this.#baselines) };
    });
    // Not before: who brings the tables up to date opens series, and none may begin after the time of its points.
    const at = millisToHrTime(this.#now());
    const offers = new Map<ScopeMetrics, Offer>();
    const longest = longestOf(groups);
    for (let start = 0; start < longest; start += this.#seriesPerScope) {
      this.#enter(offers, cut(groups, start, start + this.#seriesPerScope), at);
    }
    return offers;
  }

  /** Offers parts as one ScopeMetrics; undefined, if there is nothing to be shown of them. */
  #enter(offers: Map<ScopeMetrics, Offer>, parts: readonly Part[], at: HrTime): ScopeMetrics | undefined {
    const metrics = parts.flatMap(({ group, rows }) => this.#draw(group, rows, at));
    if (metrics.length === 0) {
      // Nobody will deliver nothing, and series that are gone would be owed for ever.
      commitAll({ parts, at });
      return undefined;
    }
    const offered = { scope: this.#settings.scope, metrics };
    offers.set(offered, { parts, at });
    return offered;
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

function commitAll({ parts, at }: Offer): void {
  for (const { rows } of parts) {
    for (const { claims } of rows) {
      for (const { baseline, difference } of claims) baseline.commit(difference, at);
    }
  }
}

function longestOf(parts: readonly Part[]): number {
  return Math.max(0, ...parts.map(({ rows }) => rows.length));
}

function cut(parts: readonly Part[], start: number, end: number): Part[] {
  return parts.map(({ group, rows }) => ({ group, rows: rows.slice(start, end) }));
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
