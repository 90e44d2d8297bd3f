import type { Counted, Counts } from '../../../src/cli/top/counted.js';
import type { Sample } from '../../../src/cli/top/sampler.js';

const COUNTS: Counts = { calls: 0, errors: 0, unknown: 0, cancelled: 0, sendBytes: 0, recvBytes: 0 };

/** A line of a method, by its name. */
export function counted(
  method: string,
  counts: Partial<Counts> = {},
  change: Partial<Counted> = {},
): Counted {
  const container = { key: 'c1', label: 'wallet', choice: 'c1' };
  return {
    key: method,
    scope: { container, socket: 'geth', protocol: 'jsonrpc', method },
    counts: { ...COUNTS, ...counts },
    durations: undefined,
    json: { method },
    ...change,
  };
}

/** The same with what has happened in a second. */
export function sample(method: string, rates: Partial<Counts> = {}, change: Partial<Sample> = {}): Sample {
  return { ...counted(method), rates: { ...COUNTS, ...rates }, interval: undefined, trend: [], ...change };
}

/** How long calls took, by bucket. */
export function durations(counts: readonly number[], boundariesMs: readonly number[] = [5, 10, 25]) {
  const count = counts.reduce((sum, each) => sum + each, 0);
  const estimates = { p50Ms: 0, p95Ms: 0, p99Ms: 0 };
  return { count, sumMs: 2 * count, ...estimates, boundariesMs: [...boundariesMs], counts: [...counts] };
}
