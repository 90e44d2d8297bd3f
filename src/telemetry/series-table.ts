import type { Attributes } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import { mayTake, reserveOf } from '../shares/may-take.js';
import { attributesKey } from './attributes-key.js';
import { Baseline } from './baseline.js';
import type { InstrumentGroup } from './instruments.js';
import {
  type HeldReading,
  isOverflow,
  OVERFLOW_ATTRIBUTES,
  overflowOf,
  type Reading,
  Series,
  type SeriesOwner,
} from './series.js';
import type { SeriesContainer } from './series-container.js';
import { openHandle, type SeriesHandle } from './series-handle.js';
import { unsteppedNowMs } from './unstepped-time.js';

export type { SeriesHandle };

export interface SeriesTableSettings {
  /** Attribute sets shown under their own names; what comes beyond is counted in one overflow series. */
  maxSeries: number;
  /** How many of them one owner may have; what he has beyond is counted in one overflow series of his. Default: all. */
  ownerSeries?: number;
  /** How long an ended series is still shown, so that a last collection sees its final values, in ms. */
  lingerMs: number;
  /** Whether who comes back while a series lingers goes on with it. Default: no, a new one begins. */
  resumes?: boolean;
  /** In ms, for when series begin and how long they linger. Default: the unstepped clock, and a monotonic one. */
  now?: () => number;
}

interface Entry {
  series: Series;
  /** Of whose share it takes a part. */
  share: Share | undefined;
  /** Users: handles that have not been closed. */
  handles: number;
  /** When the last handle was closed. */
  endedMs: number;
  /** Whoever it was of will not come back: nobody goes on with it. */
  isFinal: boolean;
}

/** What an owner has of a table. */
interface Share {
  size: number;
  /** Ended entries, oldest first. */
  readonly ended: Set<Entry>;
}

/** The last places are for owners with fewer series. Who has fewer and finds none does so because of the others. */
const FEW_SERIES = 32;

/**
 * The series of one instrument group.
 *
 * A series starts when the first handle on its attributes is opened, ends when the last one is closed, is
 * shown for `lingerMs` more, and is then removed, memory and all, unless it has been told to resume and did.
 * Above `maxSeries` new attribute sets share the overflow series, exactly: nothing is dropped and nothing
 * counted twice. A series that lingers makes room for one that lives.
 *
 * Series of owners are limited for each of them first, and the last of the room is for those who have few. What an
 * owner has beyond that is counted in an overflow series with his name, and nobody else has less for it.
 */
export class SeriesTable {
  readonly #entries = new Map<string, Entry>();
  /** Ended entries, oldest first. */
  readonly #ended = new Set<Entry>();
  readonly #shares = new Map<string, Share>();
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

  /**
   * Opens a hold on the series of `attributes`, which takes its place of the share of `owner`. `container`: the one that
   * all with these attributes is of.
   */
  open(attributes: Attributes, owner?: SeriesOwner, container?: SeriesContainer): SeriesHandle {
    const entry = this.#known(attributes) ?? this.#add(attributes, owner, container);
    if (entry !== undefined) return this.#entryHandle(entry);
    return this.openOverflow(owner !== undefined && this.#exceeds(owner) ? owner : undefined);
  }

  /**
   * Opens a hold on the series of all that is above a limit, this table's or another: on that of an owner if it is his
   * limit, and he has a name.
   */
  openOverflow(owner?: SeriesOwner): SeriesHandle {
    if (owner !== undefined && Object.keys(owner.attributes).length > 0) {
      const attributes = overflowOf(owner);
      return this.#entryHandle(
        this.#known(attributes) ??
          this.#newEntry(this.#newSeries(attributes, owner, owner.container), undefined),
      );
    }
    this.#overflow ??= this.#newSeries(OVERFLOW_ATTRIBUTES, undefined, undefined);
    return openHandle(this.#overflow);
  }

  /** Opens a hold on a series that another process has counted. One that stands for all above a limit goes on as such. */
  openAgain(attributes: Attributes, owner?: SeriesOwner, container?: SeriesContainer): SeriesHandle {
    return isOverflow(attributes) ? this.openOverflow(owner) : this.open(attributes, owner, container);
  }

  /** Holds every series there is, until the process ends. */
  holdAll(): void {
    for (const { attributes, owner, container } of this.readings().map(({ series }) => series)) {
      if (!isOverflow(attributes)) this.open(attributes, owner, container);
    }
  }

  /** Changes the limits. A lower one takes no series away that has its name. */
  configure(limits: Pick<SeriesTableSettings, 'maxSeries' | 'lingerMs' | 'ownerSeries'>): void {
    this.#settings = { ...this.#settings, ...limits };
  }

  /** Whether a series that has ended is shown for a while. */
  get lingers(): boolean {
    return this.#settings.lingerMs > 0;
  }

  /** What every series has counted so far, ended ones within their linger time included. */
  readings(): Reading[] {
    this.#bringUpToDate();
    const all = Array.from(this.#entries.values(), ({ series }) => series);
    if (this.#overflow !== undefined) all.push(this.#overflow);
    return all.map((series) => ({ series, totals: series.totals() }));
  }

  /** Every series, one after the other: they may be read few at a time. What is added meanwhile comes, too. */
  *all(): Generator<Series, void, undefined> {
    this.#bringUpToDate();
    for (const { series } of this.#entries.values()) yield series;
    if (this.#overflow !== undefined) yield this.#overflow;
  }

  /** The same as `readings` for a process that goes on with them. */
  heldReadings(): HeldReading[] {
    this.#bringUpToDate();
    const readings: HeldReading[] = Array.from(this.#entries.values(), ({ series, handles, isFinal }) => {
      return { series, totals: series.totals(), isHeld: handles > 0, isFinal: handles === 0 && isFinal };
    });
    const overflow = this.#overflow;
    if (overflow === undefined) return readings;
    return [...readings, { series: overflow, totals: overflow.totals(), isHeld: true, isFinal: false }];
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

  /** The delta readers there have been, and what each has exported. */
  get baselines(): Iterable<[string, Baseline]> {
    return this.#baselines;
  }

  /** Attribute sets shown under their own names. */
  get size(): number {
    return this.#entries.size;
  }

  get maxSeries(): number {
    return this.#settings.maxSeries;
  }

  /** How many of them one owner may have. */
  get ownerSeries(): number {
    return this.#settings.ownerSeries ?? Number.POSITIVE_INFINITY;
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

  /** The entry that somebody new goes on with. */
  #known(attributes: Attributes): Entry | undefined {
    this.#removeExpired();
    const entry = this.#entries.get(attributesKey(attributes));
    if (entry === undefined || entry.handles > 0) return entry;
    this.#revive(entry);
    // Unless told otherwise, who comes back is somebody new: a new series with a start time of its own.
    if (this.#settings.resumes === true && !entry.isFinal) return entry;
    this.#remove(entry);
    return undefined;
  }

  #add(
    attributes: Attributes,
    owner: SeriesOwner | undefined,
    container: SeriesContainer | undefined,
  ): Entry | undefined {
    const share = owner === undefined ? undefined : this.#shareOf(owner);
    if (share !== undefined && !this.#makeRoomIn(share)) return undefined;
    if (this.#entries.size >= this.#settings.maxSeries && !this.#removeOldest(this.#ended)) return undefined;
    const entry = this.#newEntry(this.#newSeries(attributes, owner, container), share);
    if (owner === undefined || share === undefined) return entry;
    share.size++;
    this.#shares.set(owner.key, share);
    return entry;
  }

  #newEntry(series: Series, share: Share | undefined): Entry {
    const entry = { series, share, handles: 0, endedMs: 0, isFinal: false };
    this.#entries.set(series.key, entry);
    return entry;
  }

  #newSeries(
    attributes: Attributes,
    owner: SeriesOwner | undefined,
    container: SeriesContainer | undefined,
  ): Series {
    return new Series(attributes, millisToHrTime(this.#now()), this.group.width, owner, container);
  }

  #shareOf({ key }: SeriesOwner): Share {
    return this.#shares.get(key) ?? { size: 0, ended: new Set() };
  }

  #makeRoomIn(share: Share): boolean {
    const { maxSeries } = this.#settings;
    const reserve = reserveOf(maxSeries, FEW_SERIES);
    const isFull = () => {
      const room = maxSeries - this.#entries.size + this.#ended.size;
      return !mayTake(share.size, this.ownerSeries, room, reserve);
    };
    while (isFull()) {
      if (!this.#removeOldest(share.ended)) return false;
    }
    return true;
  }

  /** Whether it is his own doing that an owner finds no room. */
  #exceeds(owner: SeriesOwner): boolean {
    return this.#shareOf(owner).size >= Math.min(this.ownerSeries, FEW_SERIES);
  }

  #entryHandle(entry: Entry): SeriesHandle {
    entry.handles++;
    return openHandle(entry.series, (way) => {
      if (--entry.handles > 0) return;
      entry.endedMs = this.#lingerNow();
      entry.isFinal = way.isFinal;
      this.#ended.add(entry);
      entry.share?.ended.add(entry);
      if (way.isWithdrawn && entry.series.totals().every((total) => total === 0)) this.#remove(entry);
    });
  }

  #bringUpToDate(): void {
    for (const listener of this.#readingListeners) listener();
    this.#removeExpired();
  }

  #removeExpired(): void {
    const expiredMs = this.#lingerNow() - this.#settings.lingerMs;
    for (const entry of this.#ended) {
      if (entry.endedMs > expiredMs) return;
      this.#remove(entry);
    }
  }

  #removeOldest(ended: ReadonlySet<Entry>): boolean {
    for (const entry of ended) {
      this.#remove(entry);
      return true;
    }
    return false;
  }

  #revive(entry: Entry): void {
    this.#ended.delete(entry);
    entry.share?.ended.delete(entry);
  }

  #remove(entry: Entry): void {
    const { series, share } = entry;
    this.#entries.delete(series.key);
    this.#revive(entry);
    if (share !== undefined && --share.size === 0 && series.owner !== undefined) {
      this.#shares.delete(series.owner.key);
    }
    for (const listener of this.#removalListeners) listener(entry.series);
  }
}
