import type { z } from 'zod';
import type { trafficCountsSchema } from '../../api/traffic.js';

export type Counts = z.output<typeof trafficCountsSchema>;

/** What happens in a second. */
export interface Rates {
  readonly sendBytes: number;
  readonly recvBytes: number;
  readonly ops: number;
}

/** Something that was counted, and what tells it apart from all others. */
export interface Counted {
  readonly key: string;
  readonly counts: Counts;
}

export function opsOf({ sendOps, recvOps }: Counts): number {
  return sendOps + recvOps;
}

/**
 * The rates of each of `now` since `before`. What was not there before began in between. undefined for what has
 * counted less than before: it is another of the same name.
 */
export function ratesSince(
  before: readonly Counted[],
  now: readonly Counted[],
  seconds: number,
): (Rates | undefined)[] {
  const earlier = new Map(before.map(({ key, counts }) => [key, counts]));
  return now.map(({ key, counts }) => {
    const then = earlier.get(key);
    const rate = (of: (counts: Counts) => number) =>
      (of(counts) - (then === undefined ? 0 : of(then))) / seconds;
    const rates = {
      sendBytes: rate(({ sendBytes }) => sendBytes),
      recvBytes: rate(({ recvBytes }) => recvBytes),
      ops: rate(opsOf),
    };
    return Object.values(rates).some((value) => value < 0) ? undefined : rates;
  });
}
