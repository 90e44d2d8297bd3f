import { hrtime } from 'node:process';
import { getHeapStatistics } from 'node:v8';
import { median, medianRatio } from '../measure/statistics.js';
import type { Contestant } from './contestants.js';

const ROUNDS = 11;
const ROUND_NS = 30e6;

const HEAP_TIMES = 1_000_000;
const HEAP_BATCH = 1000;

export interface Measured {
  ns: number;
  /** The ratio to its reference. */
  ratio: number | undefined;
}

/** Medians over rounds in which each contestant has its turn. */
export function measureAll(contestants: readonly Contestant[]): Map<string, Measured> {
  const times = new Map(contestants.map((contestant) => [contestant.title, timesOf(contestant)]));
  const rounds = new Map<string, number[]>(contestants.map(({ title }) => [title, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const contestant of contestants) {
      rounds.get(contestant.title)?.push(nsEach(contestant, times.get(contestant.title) ?? 1));
    }
  }
  return new Map(
    contestants.map(({ title, beside }) => {
      const values = rounds.get(title) ?? [];
      const others = beside === undefined ? undefined : rounds.get(beside);
      return [title, { ns: median(values), ratio: others && medianRatio(values, others) }];
    }),
  );
}

/** Bytes of the heap for each operation. */
export interface Heap {
  /** Garbage that the collector has to free. */
  garbage: number;
  /** Still in use after a collection. */
  kept: number;
}

/** The effect of a million operations on the heap. `collect` is that of `node --expose-gc`. */
export function heapOf({ prepare, run }: Contestant, collect: () => void): Heap {
  prepare();
  run(HEAP_TIMES);
  collect();
  const before = heapBytes();
  let garbage = 0;
  let last = before;
  for (let done = 0; done < HEAP_TIMES; done += HEAP_BATCH) {
    run(HEAP_BATCH);
    const now = heapBytes();
    // The heap shrinks when the collector has run by itself.
    garbage += Math.max(0, now - last);
    last = now;
  }
  collect();
  return { garbage: garbage / HEAP_TIMES, kept: (heapBytes() - before) / HEAP_TIMES };
}

function heapBytes(): number {
  return getHeapStatistics().used_heap_size;
}

/** The number of operations that fill a round; finding it warms the code up. */
function timesOf(contestant: Contestant): number {
  let times = 16;
  while (nsEach(contestant, times) * times < ROUND_NS) times *= 2;
  return times;
}

function nsEach({ prepare, run }: Contestant, times: number): number {
  prepare();
  const start = hrtime.bigint();
  run(times);
  return Number(hrtime.bigint() - start) / times;
}
