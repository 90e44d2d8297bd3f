import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

const TICK_MS = 1;

export interface Watched {
  /** How long it took. */
  ms: number;
  /** The longest time in which nothing else could run on the thread. */
  blockedMs: number;
}

/** Does `work`, and measures every millisecond how late its timer is. */
export async function watchTime(work: () => Promise<unknown>): Promise<Watched> {
  let blockedMs = 0;
  let lastMs = performance.now();
  const tick = () => {
    const nowMs = performance.now();
    blockedMs = Math.max(blockedMs, nowMs - lastMs - TICK_MS);
    lastMs = nowMs;
  };
  const timer = setInterval(tick, TICK_MS);
  const startMs = performance.now();
  await work();
  const ms = performance.now() - startMs;
  await delay(TICK_MS);
  tick();
  clearInterval(timer);
  return { ms, blockedMs };
}

/** The largest growth of heap and external memory during `work`, garbage included, in bytes. */
export async function watchMemory(work: () => Promise<unknown>): Promise<number> {
  global.gc?.();
  const used = () => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = used();
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, used() - before);
  };
  const timer = setInterval(look, TICK_MS);
  await work();
  look();
  clearInterval(timer);
  return peak;
}
