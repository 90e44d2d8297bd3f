import type { Durations } from '../../api/usage/schema.js';
import type { Counted, Counts } from './counted.js';

/** A line with what has happened between the last two looks. */
export interface Sample extends Counted {
  /** Per second. undefined: the former look did not show it, or it is another one of the same name. */
  readonly rates: Counts | undefined;
  /** Of the calls in between. undefined: it is not known. */
  readonly interval: IntervalDurations | undefined;
  /** Calls per second of the last looks, the latest last. */
  readonly trend: readonly number[];
}

export interface IntervalDurations {
  readonly count: number;
  readonly sumMs: number;
  readonly boundariesMs: readonly number[];
  readonly counts: readonly number[];
}

/** What one look has shown. */
export interface Look {
  readonly lines: readonly Counted[];
  /** How many lines there are, shown or not. */
  readonly total: number;
  /** When it was, by a clock that goes on evenly. */
  readonly atMs: number;
}

/** Looks that a trend shows. */
const TREND_LENGTH = 8;

interface Remembered {
  readonly line: Counted;
  readonly trend: readonly number[];
}

const NOTHING: Counts = { calls: 0, errors: 0, unknown: 0, cancelled: 0, sendBytes: 0, recvBytes: 0 };

/** Makes rates of looks. It remembers no line that the last look has not shown. */
export class Sampler {
  #last: Look | undefined;
  #looks = 0;
  #remembered: ReadonlyMap<string, Remembered> = new Map();

  /** Whether the next look is the first that makes rates. */
  get hasJustBegun(): boolean {
    return this.#looks === 1;
  }

  next(look: Look): Sample[] {
    const last = this.#last;
    const seconds = last === undefined ? 0 : (look.atMs - last.atMs) / 1000;
    const samples = look.lines.map((line) => this.#sample(line, seconds));
    this.#last = look;
    this.#looks++;
    this.#remembered = new Map(samples.map((sample) => [sample.key, { line: sample, trend: sample.trend }]));
    return samples;
  }

  #sample(line: Counted, seconds: number): Sample {
    const former = this.#remembered.get(line.key);
    // What was not there when everything was shown has begun in between.
    const isNew =
      former === undefined && this.#last !== undefined && this.#last.lines.length >= this.#last.total;
    const then = former?.line.counts ?? (isNew ? NOTHING : undefined);
    const rates = then === undefined || seconds <= 0 ? undefined : ratesBetween(then, line.counts, seconds);
    const interval =
      rates === undefined ? undefined : durationsBetween(former?.line.durations, line.durations);
    const trend = rates === undefined ? [] : [...(former?.trend ?? []), rates.calls].slice(-TREND_LENGTH);
    return { ...line, rates, interval, trend };
  }
}

function ratesBetween(then: Counts, now: Counts, seconds: number): Counts | undefined {
  const rate = (of: (counts: Counts) => number) => (of(now) - of(then)) / seconds;
  const rates = {
    calls: rate(({ calls }) => calls),
    errors: rate(({ errors }) => errors),
    unknown: rate(({ unknown }) => unknown),
    cancelled: rate(({ cancelled }) => cancelled),
    sendBytes: rate(({ sendBytes }) => sendBytes),
    recvBytes: rate(({ recvBytes }) => recvBytes),
  };
  return Object.values(rates).some((value) => value < 0) ? undefined : rates;
}

/** undefined where the buckets are others than before, or have less in them. */
function durationsBetween(
  then: Durations | undefined,
  now: Durations | undefined,
): IntervalDurations | undefined {
  if (now === undefined) return undefined;
  if (then === undefined) return now;
  const { boundariesMs } = now;
  const isSame =
    then.boundariesMs.length === boundariesMs.length &&
    then.boundariesMs.every((bound, i) => bound === boundariesMs[i]);
  const counts = now.counts.map((count, i) => count - (then.counts[i] ?? 0));
  // Counts that are added up of parts may be off by the last bit.
  if (!isSame || counts.some((count) => count < -1e-6)) return undefined;
  return {
    count: now.count - then.count,
    sumMs: Math.max(0, now.sumMs - then.sumMs),
    boundariesMs,
    counts: counts.map((count) => Math.max(0, count)),
  };
}
