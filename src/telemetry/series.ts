import type { Attributes, HrTime } from '@opentelemetry/api';
import { attributesKey } from './attributes-key.js';
import type { Exemplar } from './exemplar.js';
import type { PointDefinition } from './instruments.js';
import type { SeriesContainer } from './series-container.js';

/** What a series had counted at one moment. */
export interface Reading {
  readonly series: Series;
  readonly totals: Float64Array;
}

/** A reading, and whether anybody holds the series. */
export interface HeldReading extends Reading {
  readonly isHeld: boolean;
  /** It is held no more, and whoever it was of will not come back. */
  readonly isFinal: boolean;
}

/** The owner of series, which has a share of a table. */
export interface SeriesOwner {
  /** Tells owners apart. */
  readonly key: string;
  /** Attributes of the owner's overflow series. Without any, that is the overflow series of the table. */
  readonly attributes: Attributes;
  /** The container that these attributes name, if it is one. */
  readonly container?: SeriesContainer | undefined;
}

/**
 * One attribute set and where its numbers are: live rows, each written by one thread, plus what rows that
 * are gone had counted.
 */
export class Series {
  /** The `attributesKey` of its attributes. */
  readonly key: string;
  readonly #folded: Float64Array;
  /** What somebody has read of its attributes who reads those of all series often. A map of them would cost more than reading. */
  note: object | undefined;
  /** A path that exists as long as the container that it is of. */
  livesWith: string | undefined;
  #startTime: HrTime;
  readonly #rows = new Set<Float64Array>();
  readonly #pointAttributes = new Map<PointDefinition, Attributes>();
  /** By the column of a histogram's bucket. Most series have none. */
  #exemplars: Map<number, Exemplar> | undefined;

  constructor(
    readonly attributes: Attributes,
    startTime: HrTime,
    width: number,
    readonly owner: SeriesOwner | undefined = undefined,
    /** The container that all of it is of; undefined if there is none. */
    readonly container: SeriesContainer | undefined = undefined,
  ) {
    this.key = attributesKey(attributes);
    this.#startTime = startTime;
    this.#folded = new Float64Array(width);
  }

  /** Since when this series counts, by the clock of its table. */
  get startTime(): HrTime {
    return this.#startTime;
  }

  /** It goes on with what another process has counted since then. To be said before it is shown: another start is another series. */
  beganBy(startTime: HrTime): void {
    if (isEarlier(startTime, this.#startTime)) this.#startTime = startTime;
  }

  /** Counts a row from now on. */
  attach(row: Float64Array): void {
    this.#rows.add(row);
  }

  /** Keeps what a row has counted and lets go of it. Its writer must have written for the last time. */
  detach(row: Float64Array): void {
    if (!this.#rows.delete(row)) return;
    for (let i = 0; i < this.#folded.length; i++) this.#folded[i] += row[i];
  }

  /** What has been counted so far. */
  totals(): Float64Array {
    // Float64Array.from takes twice as long, and a scrape asks for the totals of every series.
    const totals = new Float64Array(this.#folded.length);
    for (let i = 0; i < totals.length; i++) totals[i] = this.#folded[i];
    for (const row of this.#rows) {
      for (let i = 0; i < totals.length; i++) totals[i] += row[i];
    }
    return totals;
  }

  /** What has been counted so far in one column. */
  total(column: number): number {
    let total = this.#folded[column];
    for (const row of this.#rows) total += row[column];
    return total;
  }

  /** Keeps the latest exemplar of a histogram's bucket. `column`: that of the bucket. */
  keepExemplar(column: number, exemplar: Exemplar): void {
    this.#exemplars ??= new Map();
    this.#exemplars.set(column, exemplar);
  }

  /** Whether any bucket has an exemplar. */
  get hasExemplars(): boolean {
    return this.#exemplars !== undefined;
  }

  /** The latest exemplar of a histogram's bucket. */
  exemplarOf(column: number): Exemplar | undefined {
    return this.#exemplars?.get(column);
  }

  /** The attributes of one of its points; the same object each time. */
  attributesOf(point: PointDefinition): Attributes {
    if (point.attributes === undefined) return this.attributes;
    let attributes = this.#pointAttributes.get(point);
    if (attributes === undefined) {
      attributes = { ...this.attributes, ...point.attributes };
      this.#pointAttributes.set(point, attributes);
    }
    return attributes;
  }
}

/** Whether one moment is before another. */
export function isEarlier(a: HrTime, b: HrTime): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}

/** The specification's mark of the series that stands for all above the limit. */
export const OVERFLOW_ATTRIBUTES: Attributes = Object.freeze({ 'otel.metric.overflow': true });

/** Whether a series with these attributes stands for all above a limit. */
export function isOverflow(attributes: Attributes): boolean {
  return attributes['otel.metric.overflow'] === true;
}

/** Attributes of the series that stands for all above the share of an owner. */
export function overflowOf(owner: SeriesOwner): Attributes {
  return { ...owner.attributes, ...OVERFLOW_ATTRIBUTES };
}
