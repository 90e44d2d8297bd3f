import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { attempt } from '../../../values/attempt.js';

/** A tick of the times in proc(5), for every program on Linux (USER_HZ). */
const TICK_MS = 10;

/** Of stat in proc(5), counted from behind the name: utime and stime. */
const FIRST_TIME = 11;

/** As proc(5) has it: a thread's processor time so far, in ms; undefined where that is not told. */
export function threadTimeMs(tid: number): number | undefined {
  const stat = attempt(() => readFileSync(`/proc/self/task/${tid}/stat`, 'latin1'));
  // The name may have blanks and parentheses in it.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined) return undefined;
  const timeMs = (Number(fields[FIRST_TIME]) + Number(fields[FIRST_TIME + 1])) * TICK_MS;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** What part of its time each thread had a processor, from one look to the next. */
export class ThreadLoads {
  readonly #tids: (number | undefined)[];
  readonly #timesMs: number[];
  readonly #loads: number[];
  readonly #timeMs: (tid: number) => number | undefined;
  readonly #now: () => number;
  #lookedMs: number;

  constructor(threads: number, timeMs = threadTimeMs, now = () => performance.now()) {
    this.#tids = new Array(threads).fill(undefined);
    this.#timesMs = new Array(threads).fill(0);
    this.#loads = new Array(threads).fill(0);
    this.#timeMs = timeMs;
    this.#now = now;
    this.#lookedMs = now();
  }

  /** A thread runs, and is known to the kernel by that number. */
  started(thread: number, tid: number): void {
    this.#tids[thread] = tid;
    this.#timesMs[thread] = this.#timeMs(tid) ?? 0;
  }

  /** From 0 to 1, as of the last look; 0 of what is not known. */
  of(thread: number): number {
    return this.#loads[thread];
  }

  look(): void {
    const nowMs = this.#now();
    const passedMs = nowMs - this.#lookedMs;
    this.#lookedMs = nowMs;
    for (const [thread, tid] of this.#tids.entries()) {
      const timeMs = tid === undefined ? undefined : this.#timeMs(tid);
      const ranMs = timeMs === undefined ? 0 : timeMs - this.#timesMs[thread];
      this.#loads[thread] = passedMs > 0 ? Math.min(1, ranMs / passedMs) : 0;
      this.#timesMs[thread] = timeMs ?? this.#timesMs[thread];
    }
  }
}
