import { type Buckets, since } from './durations.js';

/** What has been counted of one line so far. */
export interface Counts {
  readonly calls: number;
  readonly errors: number;
  readonly sendBytes: number;
  readonly recvBytes: number;
}

export interface Counted {
  readonly key: string;
  readonly counts: Counts;
  readonly durations: Buckets | undefined;
}

/** What has come in the last seconds. */
export interface Recent {
  readonly seconds: number;
  readonly counts: Counts;
  readonly durations: Buckets | undefined;
}

interface Look {
  readonly atMs: number;
  readonly lines: ReadonlyMap<string, Counted>;
  /** Whether what is not among the lines had counted nothing. */
  readonly isWhole: boolean;
}

/** How far back a rate reaches, in ms. */
const WINDOW_MS = 60_000;

/** A look that is older is of a tab that was hidden since: what has come in an hour is no rate of the last minute. */
const FORGET_MS = 3 * WINDOW_MS;

/** Looks that are kept: the window, and no more of them than this, however often somebody looks. */
const MAX_LOOKS = 24;

const NOTHING: Counts = { calls: 0, errors: 0, sendBytes: 0, recvBytes: 0 };

/** Makes rates of counts that only grow, by what they were a minute ago. */
export class RateWindow {
  readonly #looks: Look[] = [];

  /** `atMs`: by a clock that goes on evenly; `total`: how many lines there are, shown or not. */
  add(atMs: number, lines: readonly Counted[], total: number): void {
    this.#looks.push({
      atMs,
      lines: new Map(lines.map((line) => [line.key, line])),
      isWhole: lines.length >= total,
    });
    // One that is older than the window is needed to know what is in it.
    while (
      this.#looks.length > MAX_LOOKS ||
      this.#looks[0]!.atMs < atMs - FORGET_MS ||
      (this.#looks[1]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs - WINDOW_MS
    )
      this.#looks.shift();
  }

  /** undefined: it is not known yet, or it has begun anew. */
  of(key: string): Recent | undefined {
    const last = this.#looks.at(-1);
    const now = last?.lines.get(key);
    const first = this.#looks.find(({ lines, isWhole }) => isWhole || lines.has(key));
    if (last === undefined || now === undefined || first === undefined || first === last) return undefined;
    const then = first.lines.get(key);
    const counts = difference(then?.counts ?? NOTHING, now.counts);
    if (Object.values(counts).some((count) => count < 0)) return undefined;
    const durations = now.durations && since(then?.durations, now.durations);
    return { seconds: (last.atMs - first.atMs) / 1000, counts, durations };
  }
}

function difference(then: Counts, now: Counts): Counts {
  return {
    calls: now.calls - then.calls,
    errors: now.errors - then.errors,
    sendBytes: now.sendBytes - then.sendBytes,
    recvBytes: now.recvBytes - then.recvBytes,
  };
}
