import type { InstrumentationScope } from '@opentelemetry/core';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type AggregationTemporalitySelector,
  type CollectionResult,
  type MetricProducer,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import { Baseline } from './baseline.js';
import { type CollectedGroup, type Collection, collectTables } from './collect-tables.js';
import { drawMetrics, instrumentType, toMetricData } from './draw-metric.js';
import type { InstrumentGroup } from './instruments.js';
import type { SeriesTable } from './series-table.js';
import { unsteppedNowMs } from './unstepped-time.js';

export interface SeriesProducerSettings {
  tables: readonly SeriesTable[];
  scope: InstrumentationScope;
  /** The reader's choice. Asked about observable counters and up-down counters, and about histograms. */
  temporality?: AggregationTemporalitySelector;
  /**
   * Name of a reader that calls `commit` for what has arrived. What has not is reported again by every collection of a
   * delta reader of that name. Without a name, what is collected counts as arrived, as in the SDK, where a delta whose
   * export fails is lost.
   */
  reader?: string;
  /** Series in one ScopeMetrics at most; what is more comes in further ones. Default: no limit. */
  seriesPerScope?: number;
  /** In ms since the epoch, by the clock that the tables have. Default: the unstepped one. */
  now?: () => number;
}

/** A few series that are too large for a destination do not make the requests of all others ever smaller. */
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
  readonly #baselines: ReadonlyMap<SeriesTable, Baseline>;
  /** What the latest collection has reported and nobody has committed yet. */
  #offers = new Map<ScopeMetrics, Collection>();
  #seriesPerScope: number;

  constructor(settings: SeriesProducerSettings) {
    this.#settings = settings;
    this.#temporality = settings.temporality ?? (() => AggregationTemporality.CUMULATIVE);
    this.#now = settings.now ?? unsteppedNowMs;
    this.#seriesPerScope = settings.seriesPerScope ?? Number.POSITIVE_INFINITY;
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
    if (offer === undefined || longestOf(offer) < 2) return undefined;
    this.#offers.delete(tooLarge);
    const half = Math.ceil(longestOf(offer) / 2);
    this.#seriesPerScope = Math.min(this.#seriesPerScope, Math.max(half, FEWEST_SERIES_PER_SCOPE));
    return cut(offer, half).flatMap((part) => this.#enter(this.#offers, part) ?? []);
  }

  /** Lets go of the tables, unless they know the reader by name. */
  dispose(): void {
    if (this.#settings.reader !== undefined) return;
    for (const baseline of this.#baselines.values()) baseline.dispose();
  }

  #offer(): Map<ScopeMetrics, Collection> {
    const offers = new Map<ScopeMetrics, Collection>();
    const collection = collectTables(this.#settings.tables, this.#now, this.#baselines);
    for (const part of cut(collection, this.#seriesPerScope)) this.#enter(offers, part);
    return offers;
  }

  /** Offers a collection as one ScopeMetrics; undefined when there is nothing to be shown of it. */
  #enter(offers: Map<ScopeMetrics, Collection>, part: Collection): ScopeMetrics | undefined {
    const metrics = [...drawMetrics(part, this.#temporality)].flatMap((metric) => toMetricData(metric) ?? []);
    if (metrics.length === 0) {
      // Nothing is never delivered, and series that are gone would be owed for ever.
      commitAll(part);
      return undefined;
    }
    const offered = { scope: this.#settings.scope, metrics };
    offers.set(offered, part);
    return offered;
  }

  /** Whether the reader wants deltas of any of these instruments: it may of histograms and not of counters. */
  #hasDelta(group: InstrumentGroup): boolean {
    return group.instruments.some((instrument) => {
      return this.#temporality(instrumentType(instrument)) === AggregationTemporality.DELTA;
    });
  }
}

function commitAll({ groups, at }: Collection): void {
  for (const { claims } of groups.flatMap(({ collected }) => collected)) {
    for (const { baseline, difference } of claims) baseline.commit(difference, at);
  }
}

function longestOf({ groups }: Collection): number {
  return Math.max(0, ...groups.map(({ collected }) => collected.length));
}

/** Parts of a collection, with at most `size` series of each group. */
function cut(collection: Collection, size: number): Collection[] {
  const longest = longestOf(collection);
  if (longest <= size) return longest === 0 ? [] : [collection];
  return Array.from({ length: Math.ceil(longest / size) }, (_, i) => {
    const cutGroup = ({ group, collected }: CollectedGroup) => {
      return { group, collected: collected.slice(i * size, (i + 1) * size) };
    };
    return { at: collection.at, groups: collection.groups.map(cutGroup) };
  });
}
