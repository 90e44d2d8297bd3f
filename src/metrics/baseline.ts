import type { HrTime } from '@opentelemetry/api';
import type { Series } from './series.js';
import type { SeriesTable } from './series-table.js';

/** What a delta reader has to report of one series. */
export interface Difference {
  series: Series;
  /** Up to when it was exported before, or when it started. */
  since: HrTime;
  /** Values counted since then. */
  values: Float64Array;
}

interface Exported {
  totals: Float64Array;
  at: HrTime;
}

/**
 * What one delta reader has successfully exported of a table's series.
 *
 * `differences` may be called any number of times; only `commit` moves the baseline, to what the latest
 * `differences` reported. So an export that failed is covered by the next one, however late it comes.
 *
 * A series that is removed before its last values were exported is kept until they are. Of those, as many
 * as the table's limit are kept by name; what more of them counted goes into the overflow series.
 */
export class Baseline {
  readonly #table: SeriesTable;
  readonly #exported = new Map<Series, Exported>();
  readonly #removed = new Set<Series>();
  #offered: { at: HrTime; totals: Map<Series, Float64Array> } | undefined;
  /** Stops listening to the table. */
  readonly dispose: () => void;

  constructor(table: SeriesTable) {
    this.#table = table;
    this.dispose = table.onRemoval((series) => this.#keep(series));
  }

  /** All that is to be reported at `at`. Takes back an offer that was not committed. */
  differences(at: HrTime): Difference[] {
    // Walking the table removes what has expired, and that is then among the removed ones.
    const live = [...this.#table.series()];
    this.#offered = undefined;
    this.#foldExcess(live);
    const totals = new Map<Series, Float64Array>();
    for (const series of live) totals.set(series, this.#read(series));
    for (const series of this.#removed) totals.set(series, this.#read(series));
    this.#offered = { at, totals };
    return Array.from(totals, ([series, values]) => this.#difference(series, values));
  }

  /** The latest differences have arrived at their destination. */
  commit(): void {
    if (this.#offered === undefined) return;
    const { at, totals } = this.#offered;
    this.#offered = undefined;
    for (const [series, values] of totals) this.#exported.set(series, { totals: values, at });
    for (const series of this.#removed) {
      // One that was removed after the offer may have counted more since.
      if (isZero(this.#difference(series, this.#read(series)).values)) this.#forget(series);
    }
  }

  #keep(series: Series): void {
    this.#removed.add(series);
    const unreported = this.#difference(series, this.#read(series)).values;
    if (this.#offered?.totals.has(series) !== true && isZero(unreported)) this.#forget(series);
  }

  #forget(series: Series): void {
    this.#removed.delete(series);
    this.#exported.delete(series);
  }

  /** Counts the oldest removed series above the limit as if they had been in the overflow series. */
  #foldExcess(live: Series[]): void {
    if (this.#removed.size <= this.#table.maxSeries) return;
    const overflow = this.#table.overflow();
    if (!live.includes(overflow)) live.push(overflow);
    for (const series of this.#removed) {
      if (this.#removed.size <= this.#table.maxSeries) return;
      const { values } = this.#difference(series, this.#read(series));
      const exported = this.#exported.get(overflow) ?? {
        totals: new Float64Array(values.length),
        at: overflow.startTime,
      };
      // Less has been exported of the overflow series than before, so its next difference has these too.
      this.#exported.set(overflow, { totals: exported.totals.map((v, i) => v - values[i]), at: exported.at });
      this.#forget(series);
    }
  }

  #read(series: Series): Float64Array {
    const totals = new Float64Array(this.#table.group.width);
    series.read(totals);
    return totals;
  }

  #difference(series: Series, totals: Float64Array): Difference {
    const exported = this.#exported.get(series);
    if (exported === undefined) return { series, since: series.startTime, values: totals };
    return { series, since: exported.at, values: totals.map((value, i) => value - exported.totals[i]) };
  }
}

function isZero(values: Float64Array): boolean {
  return values.every((value) => value === 0);
}
