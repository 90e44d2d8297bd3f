import type { Attributes } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import { Baseline } from './baseline.js';
import type { InstrumentGroup } from './instruments.js';
import { attributesKey, OVERFLOW_ATTRIBUTES, type Reading, Series } from './series.js';
import { unsteppedNowMs } from './unstepped-time.js';

export interface SeriesTableSettings {
  /** Attribute sets shown under their own names; what comes beyond is counted in one overflow series. */
  maxSeries: number;
  /** How long an ended series is still shown, so that a last collection sees its final values, in ms. */
  lingerMs: number;
  /** Whether who comes back while a series lingers goes on with it. Default: no, a new one begins. */
  resumes?: boolean;
  /** In ms, for when series begin and how long they linger. Default: the unstepped clock, and a monotonic one. */
  now?: () => number;
}

interface Entry {
  series: Series;
  /** Users: handles that have not been closed. */
  handles: number;
  /** When the last handle was closed. */
  endedMs: number;
  /** Whoever it was of will not come back: nobody goes on with it. */
  isFinal: boolean;
}

interface EndOfHold {
  readonly isFinal: boolean;
  readonly isWithdrawn: boolean;
}

/** Somebody's hold on a series: the series lives while there is one. */
export interface SeriesHandle {
  readonly series: Series;
  /** Adds rows to the series. @throws Error after `close`: nobody would ever take them out again. */
  attach(rows: Float64Array[]): void;
  /** Takes rows out of it, keeping what they counted. */
  detach(rows: Float64Array[]): void;
  /**
   * Ends this hold; rows still attached are detached. Idempotent. `isFinal`: whoever comes later under the same
   * attributes is somebody else, also where series resume.
   */
  close(isFinal?: boolean): void;
  /** The same. A series that has never counted anything and that nobody else holds goes at once. */
  withdraw(): void;
}

/**
 * The series of one instrument group.
 *
 * A series starts when the first handle on its attributes is opened, ends when the last one is closed, is
 * shown for `lingerMs` more, and is then removed, memory and all, unless it has been told to resume and did.
 * Above `maxSeries` new attribute sets share the overflow series, exactly: nothing is dropped and nothing
 * counted twice. A series that lingers makes room for one that lives.
 */
export class SeriesTable {
  readonly #entries = new Map<string, Entry>();
  /** Ended entries, oldest first. */
  readonly #ended = new Set<Entry>();
  #settings: SeriesTableSettings;
  readonly #now: () => number;
  readonly #lingerNow: () => number;
  readonly #removalListeners = new Set<(series: Series) => void>();
  readonly #readingListeners = new Set<() => void>();
  readonly #baselines = new Map<string, Baseline>();
  /** The series of all above the limit. It stays from its first use on. */
  #overflow: Series | undefined;

  constructor(
    readonly group: InstrumentGroup,
    settings: SeriesTableSettings,
  ) {
    this.#settings = settings;
    this.#now = settings.now ?? unsteppedNowMs;
    this.#lingerNow = settings.now ?? (() => performance.now());
  }

  /** Opens a hold on the series of `attributes`. */
  open(attributes: Attributes): SeriesHandle {
    this.#removeExpired();
    const key = attributesKey(attributes);
    let entry = this.#entries.get(key);
    if (entry?.handles === 0) {
      this.#ended.delete(entry);
      // Unless told otherwise, who comes back is somebody new: a new series with a start time of its own.
      if (this.#settings.resumes !== true || entry.isFinal) {
        this.#remove(entry);
        entry = undefined;
      }
    }
    entry ??= this.#add(attributes);
    return entry === undefined ? this.openOverflow() : this.#entryHandle(entry);
  }

  /** Opens a hold on the series of all that is above a limit, this table's or another. */
  openOverflow(): SeriesHandle {
    this.#overflow ??= this.#newSeries(OVERFLOW_ATTRIBUTES);
    return this.#handle(this.#overflow);
  }

  /** Changes the limits. A lower `maxSeries` takes no series away that has its name. */
  configure(limits: Pick<SeriesTableSettings, 'maxSeries' | 'lingerMs'>): void {
    this.#settings = { ...this.#settings, ...limits };
  }

  /** What every series has counted so far, ended ones within their linger time included. */
  readings(): Reading[] {
    for (const listener of this.#readingListeners) listener();
    this.#removeExpired();
    const all = Array.from(this.#entries.values(), ({ series }) => series);
    if (this.#overflow !== undefined) all.push(this.#overflow);
    return all.map((series) => ({ series, totals: series.totals() }));
  }

  /**
   * What the delta reader of that name has exported. It is kept for good, so that an exporter that takes
   * another one's place goes on from where that one ended.
   */
  baseline(reader: string): Baseline {
    let baseline = this.#baselines.get(reader);
    if (baseline === undefined) {
      baseline = new Baseline(this);
      this.#baselines.set(reader, baseline);
    }
    return baseline;
  }

  /** Attribute sets shown under their own names. */
  get size(): number {
    return this.#entries.size;
  }

  get maxSeries(): number {
    return this.#settings.maxSeries;
  }

  /** Hears of every series that is removed, with its final values still readable. Returns its own undoing. */
  onRemoval(listener: (series: Series) => void): () => void {
    this.#removalListeners.add(listener);
    return () => this.#removalListeners.delete(listener);
  }

  /** Is called before the table is read, to bring it up to date. Returns its own undoing. */
  onReading(listener: () => void): () => void {
    this.#readingListeners.add(listener);
    return () => this.#readingListeners.delete(listener);
  }

  #add(attributes: Attributes): Entry | undefined {
    if (this.#entries.size >= this.#settings.maxSeries && !this.#removeOldestEnded()) return undefined;
    const entry = { series: this.#newSeries(attributes), handles: 0, endedMs: 0, isFinal: false };
    this.#entries.set(entry.series.key, entry);
    return entry;
  }

  #newSeries(attributes: Attributes): Series {
    return new Series(attributes, millisToHrTime(this.#now()), this.group.width);
  }

  #entryHandle(entry: Entry): SeriesHandle {
    entry.handles++;
    return this.#handle(entry.series, (way) => {
      if (--entry.handles > 0) return;
      entry.endedMs = this.#lingerNow();
      entry.isFinal = way.isFinal;
      this.#ended.add(entry);
      if (way.isWithdrawn && entry.series.totals().every((total) => total === 0)) this.#remove(entry);
    });
  }

  #handle(series: Series, onClose: (way: EndOfHold) => void = () => {}): SeriesHandle {
    const attached = new Set<Float64Array>();
    let closed = false;
    const detach = (rows: Iterable<Float64Array>) => {
      for (const row of rows) {
        if (attached.delete(row)) series.detach(row);
      }
    };
    const end = (way: EndOfHold) => {
      if (closed) return;
      closed = true;
      detach([...attached]);
      onClose(way);
    };
    return {
      series,
      attach(rows) {
        if (closed) throw new Error('rows are attached to a series whose handle is closed');
        for (const row of rows) {
          attached.add(row);
          series.attach(row);
        }
      },
      detach,
      close: (isFinal = false) => end({ isFinal, isWithdrawn: false }),
      withdraw: () => end({ isFinal: false, isWithdrawn: true }),
    };
  }

  #removeExpired(): void {
    const expiredMs = this.#lingerNow() - this.#settings.lingerMs;
    for (const entry of this.#ended) {
      if (entry.endedMs > expiredMs) return;
      this.#remove(entry);
    }
  }

  #removeOldestEnded(): boolean {
    for (const entry of this.#ended) {
      this.#remove(entry);
      return true;
    }
    return false;
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.series.key);
    this.#ended.delete(entry);
    for (const listener of this.#removalListeners) listener(entry.series);
  }
}
