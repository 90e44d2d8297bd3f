import type { Attributes, HrTime } from '@opentelemetry/api';
import { attributesKey } from './attributes-key.js';
import {
  isOverflow,
  OVERFLOW_ATTRIBUTES,
  overflowOf,
  type Reading,
  Series,
  type SeriesOwner,
} from './series.js';

/** What a baseline has to know of the table whose series it is about. */
interface BaselineTable {
  /** `width`: columns of a series. */
  readonly group: { readonly width: number };
  readonly maxSeries: number;
  /** How many of them one owner may have. */
  readonly ownerSeries: number;
  /** Hears of every series that is removed, with its final values still readable. Returns its own undoing. */
  onRemoval(listener: (series: Series) => void): () => void;
}

/*
 * The books of one delta reader: a debt for each attribute set.
 *
 *   series with these attributes:     A ├────────────┤   B ├──────────►
 *   counted by it:                        a at its end       b so far
 *
 *   unreported = b − reported             the end of A has taken a off `reported`
 *
 * `reported` is thus relative to the zero of the series that lives, and negative while something of
 * earlier ones is owed. Only deliveries raise it, so whatever fails or comes late, what is delivered in all
 * is what was counted.
 */
interface Debt {
  /** The latest series with these attributes. */
  series: Series;
  readonly reported: Float64Array;
  /** Up to when it has been reported, or since when it counts. */
  since: HrTime;
  /** The debt that has taken this one over. */
  heir: Debt | undefined;
}

/** What has been reported of a series, as another process can go on with it. */
export interface Reported {
  readonly series: Series;
  /** Relative to the zero of the series; negative where something of earlier ones is owed. */
  readonly values: Float64Array;
  /** Up to when. */
  readonly since: HrTime;
}

/** What has not been reported of one attribute set. */
export interface Difference {
  readonly debt: Debt;
  readonly values: Float64Array;
}

const OVERFLOW_KEY = attributesKey(OVERFLOW_ATTRIBUTES);

/**
 * What one delta reader has successfully exported of a table's series.
 *
 * `differences` may be called any number of times; only `commit` moves the baseline. So an export that
 * failed is covered by the next one, however late it comes.
 *
 * The last values of series that are removed are owed until they are exported: by name for as many series as the table
 * may have, and for as many of one owner as that may have. What further ones counted is owed by the overflow series, of
 * the owner or of the table.
 */
export class Baseline {
  readonly #table: BaselineTable;
  readonly #living = new Map<string, Debt>();
  /** Debts whose series is gone, oldest first. */
  readonly #owing = new Map<string, Debt>();
  /** Those of each owner under their own names, oldest first. */
  readonly #owingOf = new Map<string, Set<Debt>>();
  /** Stops listening to the table. */
  readonly dispose: () => void;

  constructor(table: BaselineTable) {
    this.#table = table;
    this.dispose = table.onRemoval((series) => this.#close(series));
  }

  /** Debts there are. */
  get size(): number {
    return this.#living.size + this.#owing.size;
  }

  /** What is to be reported: of each of the table's `readings`, in their order, and of series that are gone. */
  differences(readings: readonly Reading[]): Difference[] {
    const differences: Difference[] = readings.map(({ series, totals }) => {
      const debt = this.#living.get(series.key) ?? this.#open(series);
      return { debt, values: totals.map((total, i) => total - debt.reported[i]) };
    });
    for (const debt of this.#owing.values()) {
      differences.push({ debt, values: debt.reported.map((value) => 0 - value) });
    }
    return differences;
  }

  /** A difference has arrived at its destination, as it was at `at`. Each may be committed once. */
  commit({ debt, values }: Difference, at: HrTime): void {
    const debtor = lastHeir(debt);
    add(debtor.reported, values);
    if (debtor === debt) debtor.since = at;
    this.#dropIfSettled(debtor);
  }

  /** What has been reported of each series; of those that are gone, `values` is what is owed. */
  reported(): Reported[] {
    const debts = [...this.#living.values(), ...this.#owing.values()];
    return debts.map(({ series, reported, since }) => ({ series, values: reported.slice(), since }));
  }

  /** Goes on with what another process has reported of a series that lives in this table. */
  adopt({ series, values, since }: Reported): void {
    const debt = this.#living.get(series.key) ?? this.#open(series);
    add(debt.reported, values);
    debt.since = since;
  }

  /** Goes on with what another process owes of a series that is gone. */
  adoptOwed({ series, values, since }: Reported): void {
    const known = this.#living.get(series.key) ?? this.#owing.get(series.key);
    const debt = known ?? { ...newDebt(series, this.#table.group.width), since };
    add(debt.reported, values);
    if (known === undefined) this.#owe(debt);
    this.#dropIfSettled(debt);
    this.#foldExcess(series.owner);
  }

  #open(series: Series): Debt {
    const debt = this.#owing.get(series.key) ?? newDebt(series, this.#table.group.width);
    this.#settle(debt);
    debt.series = series;
    this.#living.set(series.key, debt);
    return debt;
  }

  /** A series has ended. It may be one that no reading has shown. */
  #close(series: Series): void {
    const debt = this.#living.get(series.key) ?? this.#open(series);
    series.totals().forEach((total, i) => {
      debt.reported[i] -= total;
    });
    this.#living.delete(series.key);
    this.#owe(debt);
    this.#dropIfSettled(debt);
    this.#foldExcess(series.owner);
  }

  #owe(debt: Debt): void {
    const { key, owner, attributes } = debt.series;
    this.#owing.set(key, debt);
    if (owner === undefined || isOverflow(attributes)) return;
    const ofOwner = this.#owingOf.get(owner.key) ?? new Set();
    this.#owingOf.set(owner.key, ofOwner.add(debt));
  }

  /** Nothing is owed any more. */
  #settle(debt: Debt): void {
    const { key, owner } = debt.series;
    this.#owing.delete(key);
    if (owner === undefined) return;
    const ofOwner = this.#owingOf.get(owner.key);
    ofOwner?.delete(debt);
    if (ofOwner?.size === 0) this.#owingOf.delete(owner.key);
  }

  #dropIfSettled(debt: Debt): void {
    const { key } = debt.series;
    if (this.#owing.get(key) === debt && debt.reported.every((value) => value === 0)) {
      this.#settle(debt);
    }
  }

  /** Hands the oldest debts above the limits over to overflow series; an owner's to the owner's own. */
  #foldExcess(owner: SeriesOwner | undefined): void {
    const ofOwner = owner === undefined ? undefined : this.#owingOf.get(owner.key);
    for (const debt of ofOwner ?? []) {
      if (owner === undefined || (ofOwner?.size ?? 0) <= this.#table.ownerSeries) break;
      this.#fold(debt, overflowOf(owner));
    }
    for (const [key, debt] of this.#owing) {
      if (this.#owing.size <= this.#table.maxSeries) return;
      if (key !== OVERFLOW_KEY) this.#fold(debt, OVERFLOW_ATTRIBUTES);
    }
  }

  #fold(debt: Debt, attributes: Attributes): void {
    const owner = attributes === OVERFLOW_ATTRIBUTES ? undefined : debt.series.owner;
    const heir = this.#overflow(attributes, owner, debt.since);
    debt.heir = heir;
    add(heir.reported, debt.reported);
    this.#settle(debt);
  }

  #overflow(attributes: Attributes, owner: SeriesOwner | undefined, since: HrTime): Debt {
    const key = attributesKey(attributes);
    const existing = this.#living.get(key) ?? this.#owing.get(key);
    if (existing !== undefined) return existing;
    // Not the table's: what this reader is owed is no concern of the others.
    const { width } = this.#table.group;
    const debt = newDebt(new Series(attributes, since, width, owner, owner?.container), width);
    this.#owe(debt);
    return debt;
  }
}

/** The debt that has taken this one over: an owner's overflow series may have been handed over, too. */
function lastHeir(debt: Debt): Debt {
  let last = debt;
  while (last.heir !== undefined) last = last.heir;
  return last;
}

function newDebt(series: Series, width: number): Debt {
  return { series, reported: new Float64Array(width), since: series.startTime, heir: undefined };
}

function add(sums: Float64Array, values: Float64Array): void {
  for (let i = 0; i < sums.length; i++) sums[i] += values[i];
}
