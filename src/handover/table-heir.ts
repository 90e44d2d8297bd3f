import { emptyLevels, layoutOf } from '../telemetry/levels.js';
import { Series, type SeriesOwner } from '../telemetry/series.js';
import { SeriesContainer } from '../telemetry/series-container.js';
import type { SeriesHandle, SeriesTable } from '../telemetry/series-table.js';
import { unsteppedNowMs, unsteppedTime } from '../telemetry/unstepped-time.js';
import type { SeriesOf, TableMessage } from './messages.js';
import { applyChanges } from './sparse-values.js';

type Told<Type extends TableMessage['type']> = Extract<TableMessage, { type: Type }>;

/** A series of a predecessor. */
interface Carried {
  readonly of: SeriesOf;
  readonly since: Told<'series'>['since'];
  /** As it was told. */
  readonly values: Float64Array;
  /** What of it is not counted here, or has been counted and is kept in the series. */
  readonly base: Float64Array;
  /** What is counted here: the rest. */
  row: Float64Array;
  handle: SeriesHandle | undefined;
  /** What counts it, or has: the series of its own attributes, or of all above a limit. */
  countedIn: Series | undefined;
  livesWith: string | undefined;
}

const NOTHING_COUNTED = { handle: undefined, countedIn: undefined };

/** Goes on holding a series whose process has ended. `livesWith`: a path that exists as long as what it is of. */
export type KeepSeries = (table: SeriesTable, handle: SeriesHandle, livesWith: string | undefined) => void;

/** A message makes no sense where it comes. */
export class UnexpectedMessage extends Error {
  override readonly name = 'UnexpectedMessage';
}

/**
 * Counts in a table what a predecessor counts in its own, so that series go on as if one process had counted all. It
 * takes over what the predecessor held in all; or, if `isAfresh`, only what that counts from now on: another process had
 * shown the rest, and has died.
 */
export class TableHeir {
  readonly #table: SeriesTable;
  readonly #isAfresh: boolean;
  readonly #now: () => number;
  readonly #series = new Map<number, Carried>();
  /** Series in it that were told of before all had been told once. */
  #isFirst = true;

  /** `now`: the table's. */
  constructor(table: SeriesTable, isAfresh: boolean, now: () => number = unsteppedNowMs) {
    this.#table = table;
    this.#isAfresh = isAfresh;
    this.#now = now;
  }

  /** Whether a predecessor's rows mean what ours do. */
  understands(layout: string): boolean {
    return layout === layoutOf(this.#table.group);
  }

  get size(): number {
    return this.#series.size;
  }

  /** All there was has been told: what comes from now on is new. */
  begin(): void {
    this.#isFirst = false;
  }

  /** @throws UnexpectedMessage */
  hear(message: Exclude<TableMessage, { type: 'table' }>): void {
    switch (message.type) {
      case 'reader':
        if (!this.#isAfresh) this.#table.baseline(message.reader);
        break;
      case 'series':
        this.#add(message);
        break;
      case 'counted':
        this.#count(message);
        break;
      case 'gone':
        if (!this.#table.lingers) break;
        this.#find(message.series).handle?.close();
        this.#series.delete(message.series);
        break;
      case 'reported':
        this.#adopt(message);
        break;
    }
  }

  /** The predecessor has ended. `isOrderly`: it has told all; else what it had open has ended with it. */
  end(isOrderly: boolean, keep: KeepSeries): void {
    for (const { handle, row, livesWith } of this.#series.values()) {
      if (handle === undefined) continue;
      if (!isOrderly) emptyLevels(this.#table.group, row);
      keep(this.#table, handle, livesWith);
    }
    this.#series.clear();
  }

  #add({ series, of, since }: Told<'series'>): void {
    if (this.#series.has(series)) throw new UnexpectedMessage(`a second series has the number ${series}`);
    const { width } = this.#table.group;
    this.#series.set(series, {
      of,
      since,
      values: new Float64Array(width),
      base: new Float64Array(width),
      row: new Float64Array(width),
      handle: undefined,
      countedIn: undefined,
      livesWith: undefined,
    });
  }

  #count({ series, values, isHeld, isFinal, livesWith }: Told<'counted'>): void {
    const carried = this.#find(series);
    if (!applyChanges(carried.values, values)) throw new UnexpectedMessage('there are no such columns');
    carried.livesWith = livesWith;
    if (this.#isFirst && this.#isAfresh) {
      this.#leaveOut(carried);
      if (!isHeld) return;
    }
    carried.handle ??= this.#open(carried);
    carried.handle.series.livesWith ??= livesWith;
    carried.row.set(carried.values.map((value, i) => value - carried.base[i]));
    // Where nothing lingers, the series would begin anew with the next to count in it: an exporter of this agent.
    if (!isHeld && this.#table.lingers) this.#close(carried, isFinal);
  }

  /** Another process had shown what was counted until now. What is open is still to be shown. */
  #leaveOut({ values, base }: Carried): void {
    base.set(values);
    emptyLevels(this.#table.group, base);
  }

  #open(carried: Carried): SeriesHandle {
    const { of, since, row } = carried;
    const { attributes } = of;
    const container = containerOf(of.container);
    const handle = this.#table.openAgain(attributes, ownerOf(of), container);
    // What has been shown keeps its start: to a backend, another one is another series.
    if (this.#isFirst && !this.#isAfresh) handle.series.beganBy(unsteppedTime(since, this.#now()));
    carried.countedIn = handle.series;
    handle.attach([row]);
    return handle;
  }

  /** The series keeps what it has counted. It may be counted again: the predecessor's client may come back. */
  #close(carried: Carried, isFinal: boolean): void {
    carried.handle?.close(isFinal);
    carried.handle = undefined;
    carried.base.set(carried.values);
    carried.row = new Float64Array(carried.row.length);
  }

  #adopt({ reader, series: number, of, since, values }: Told<'reported'>): void {
    if (this.#isAfresh) return;
    const { group } = this.#table;
    const reported = new Float64Array(group.width);
    if (!applyChanges(reported, values)) throw new UnexpectedMessage('there are no such columns');
    const baseline = this.#table.baseline(reader);
    const time = unsteppedTime(since, this.#now());
    const { handle, countedIn } = number === undefined ? NOTHING_COUNTED : this.#find(number);
    if (handle !== undefined) {
      baseline.adopt({ series: handle.series, values: reported, since: time });
      return;
    }
    const series = countedIn ?? this.#goneSeries(of, time);
    baseline.adoptOwed({ series, values: reported, since: time });
  }

  /** One that the predecessor does not hold any more. */
  #goneSeries(of: SeriesOf | undefined, since: Series['startTime']): Series {
    if (of === undefined) throw new UnexpectedMessage('what is reported is of no series');
    const { width } = this.#table.group;
    return new Series(of.attributes, since, width, ownerOf(of), containerOf(of.container));
  }

  #find(number: number): Carried {
    const carried = this.#series.get(number);
    if (carried === undefined) throw new UnexpectedMessage(`no series has the number ${number}`);
    return carried;
  }
}

function ownerOf({ owner }: SeriesOf): SeriesOwner | undefined {
  if (owner === undefined) return undefined;
  const { key, attributes, container } = owner;
  return { key, attributes, container: containerOf(container) };
}

function containerOf(attributes: SeriesOf['container']): SeriesContainer | undefined {
  return attributes === undefined ? undefined : new SeriesContainer(attributes);
}
