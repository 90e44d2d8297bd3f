/** Entry point of the thread in which a strategy's module is tried. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadStrategy } from './load-module.js';
import { StrategyError, shown } from './module-strategy.js';
import type { Trial, Verdict } from './try-module.js';

const { settings, withinMs } = workerData as Trial;

let problem: string | undefined;
try {
  await loadStrategy(settings, withinMs);
} catch (error) {
  problem = error instanceof StrategyError ? error.problem : shown(error);
}
parentPort?.postMessage({ problem } satisfies Verdict);
