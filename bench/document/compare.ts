import { BESIDE, type Documented, type DocumentedCase } from '../../build/performance/documented.js';

/** A ratio that falls by so much is worth a look. */
const FALL = 0.1;

/** Figures of which more is better. */
const THROUGHPUTS = ['roundTripsPerS', 'mbPerS', 'connectionsPerS'];

/** The product in its ways to run. */
const OURS = /^udscope/;

/**
 * What has become worse since the documented run: throughput of ours to that of BESIDE in the same cell. Ratios of one run
 * say the same on another machine, as far as anything does. A line for each.
 */
export function fallen(documented: Pick<Documented, 'cases'>, now: readonly DocumentedCase[]): string[] {
  return now.flatMap((one) => {
    const before = documented.cases.find(({ name }) => name === one.name);
    if (before === undefined) return [];
    return one.rows
      .filter(({ name }) => OURS.test(name))
      .flatMap((row) => {
        const old = before.rows.find(({ name }) => name === row.name);
        return THROUGHPUTS.flatMap((key) => {
          const [was, is] = [old?.ratios[key]?.median, row.ratios[key]?.median];
          if (was === undefined || is === undefined || is >= was * (1 - FALL)) return [];
          return [
            `${one.name}: ${row.name} has ${is.toFixed(2)} of ${BESIDE}'s throughput, and had ${was.toFixed(2)}`,
          ];
        });
      });
  });
}
