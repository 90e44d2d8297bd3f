import type { TrafficCounts } from '../../api/traffic.js';

/** Traffic per second. */
export interface Rates {
  readonly sendBytes: number;
  readonly recvBytes: number;
  readonly ops: number;
}

/** A row of counts, and its key among all rows. */
export interface Counted {
  readonly key: string;
  readonly counts: TrafficCounts;
}

export function opsOf({ sendOps, recvOps }: TrafficCounts): number {
  return sendOps + recvOps;
}

/**
 * The rates of each row of `now` since `before`. A row that was not there before began in between. undefined for a row with lower
 * counts than before: it is another one of the same name.
 */
export function ratesSince(
  before: readonly Counted[],
  now: readonly Counted[],
  seconds: number,
): (Rates | undefined)[] {
  const earlier = new Map(before.map(({ key, counts }) => [key, counts]));
  return now.map(({ key, counts }) => {
    const then = earlier.get(key);
    const rate = (of: (counts: TrafficCounts) => number) =>
      (of(counts) - (then === undefined ? 0 : of(then))) / seconds;
    const rates = {
      sendBytes: rate(({ sendBytes }) => sendBytes),
      recvBytes: rate(({ recvBytes }) => recvBytes),
      ops: rate(opsOf),
    };
    return Object.values(rates).some((value) => value < 0) ? undefined : rates;
  });
}
