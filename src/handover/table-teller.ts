import type { Reported } from '../telemetry/baseline.js';
import { layoutOf } from '../telemetry/levels.js';
import type { HeldReading, Series } from '../telemetry/series.js';
import type { SeriesTable } from '../telemetry/series-table.js';
import { shownTime } from '../telemetry/unstepped-time.js';
import type { SeriesOf, TableMessage } from './messages.js';
import { changes } from './sparse-values.js';

interface Told {
  readonly number: number;
  readonly values: Float64Array;
  isHeld: boolean;
}

/** Tells a successor what a table holds: all of it the first time, and from then on what has changed. */
export class TableTeller {
  readonly #number: number;
  readonly #name: string;
  readonly #table: SeriesTable;
  readonly #told = new Map<Series, Told>();
  /** Series that have been removed since it was last told, with their last values. */
  readonly #removed: HeldReading[] = [];
  readonly #unlisten: () => void;
  #nextSeries = 0;
  #isTold = false;

  constructor(number: number, name: string, table: SeriesTable) {
    this.#number = number;
    this.#name = name;
    this.#table = table;
    this.#unlisten = table.onRemoval((series) => {
      this.#removed.push({ series, totals: series.totals(), isHeld: false, isFinal: false });
    });
  }

  close(): void {
    this.#unlisten();
  }

  *tell(): Generator<TableMessage, void, undefined> {
    const table = this.#number;
    const isFirst = !this.#isTold;
    this.#isTold = true;
    if (isFirst) yield* this.#tellTable();
    const readings = this.#table.heldReadings();
    // Of the same moment: what is told takes time, and series end meanwhile.
    const reported = isFirst ? this.#reported() : [];
    for (const reading of this.#removed.splice(0)) {
      // What was gone before anything was told is nobody's business, but for what is owed of it.
      if (isFirst) continue;
      yield* this.#tellSeries(reading);
      yield { type: 'gone', table, series: this.#told.get(reading.series)?.number ?? 0 };
      this.#told.delete(reading.series);
    }
    for (const reading of readings) yield* this.#tellSeries(reading);
    for (const each of reported) yield this.#reportedMessage(each);
  }

  *#tellTable(): Generator<TableMessage, void, undefined> {
    const table = this.#number;
    yield { type: 'table', table, name: this.#name, layout: layoutOf(this.#table.group) };
    for (const [reader] of this.#table.baselines) yield { type: 'reader', table, reader };
  }

  *#tellSeries({ series, totals, isHeld, isFinal }: HeldReading): Generator<TableMessage, void, undefined> {
    const table = this.#number;
    let told = this.#told.get(series);
    const isNew = told === undefined;
    if (told === undefined) {
      told = { number: this.#nextSeries++, values: new Float64Array(totals.length), isHeld };
      this.#told.set(series, told);
      const [seconds, nanoseconds] = shownTime(series.startTime);
      yield {
        type: 'series',
        table,
        series: told.number,
        of: seriesOf(series),
        since: [seconds, nanoseconds],
      };
    }
    const values = changes(totals, told.values);
    if (!isNew && values.length === 0 && told.isHeld === isHeld) return;
    told.isHeld = isHeld;
    told.values.set(totals);
    const { livesWith } = series;
    const life = livesWith === undefined ? {} : { livesWith };
    yield { type: 'counted', table, series: told.number, values, isHeld, isFinal, ...life };
  }

  #reported(): (Reported & { readonly reader: string })[] {
    return Array.from(this.#table.baselines, ([reader, baseline]) =>
      baseline.reported().map((reported) => ({ ...reported, reader })),
    ).flat();
  }

  #reportedMessage({ reader, series, values, since }: Reported & { readonly reader: string }): TableMessage {
    const number = this.#told.get(series)?.number;
    const [seconds, nanoseconds] = shownTime(since);
    return {
      type: 'reported',
      table: this.#number,
      reader,
      ...(number === undefined ? { of: seriesOf(series) } : { series: number }),
      since: [seconds, nanoseconds],
      values: changes(values, new Float64Array(values.length)),
    };
  }
}

function seriesOf({ attributes, owner, container }: Series): SeriesOf {
  return {
    attributes: plain(attributes),
    ...(owner === undefined
      ? {}
      : {
          owner: {
            key: owner.key,
            attributes: plain(owner.attributes),
            ...(owner.container === undefined ? {} : { container: plain(owner.container.attributes) }),
          },
        }),
    ...(container === undefined ? {} : { container: plain(container.attributes) }),
  };
}

/** Attributes as they are told. Series have no other kinds of values. */
function plain(attributes: Readonly<Record<string, unknown>>): SeriesOf['attributes'] {
  return attributes as SeriesOf['attributes'];
}
