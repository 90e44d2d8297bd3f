import { hrtime } from 'node:process';
import { median } from '../measure/statistics.js';

const ROUNDS = 9;
const ROUND_NS = 60e6;

/** Does something `times` times. */
export type Work = (times: number) => void;

/** Median ns of one call, over several rounds after a warm-up round. */
export function nsEach(work: Work): number {
  let times = 1;
  // The first calls also warm the code up.
  while (elapsedNs(work, times) < ROUND_NS) times *= 2;
  return median(Array.from({ length: ROUNDS }, () => elapsedNs(work, times) / times));
}

function elapsedNs(work: Work, times: number): number {
  const start = hrtime.bigint();
  work(times);
  return Number(hrtime.bigint() - start);
}
