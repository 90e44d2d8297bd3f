/** Entry point of the thread in which a strategy's module is tried. */
import { parentPort, workerData } from 'node:worker_threads';
import { announceLoaded } from '../../../threads/loading.js';
import { loadStrategy } from './load-module.js';
import { StrategyError, shown } from './module-strategy.js';
import type { Trial, Verdict } from './try-module.js';

announceLoaded();

const { settings, withinMs } = workerData as Trial;

let problem: string | undefined;
try {
  await loadStrategy(settings, withinMs);
} catch (error) {
  problem = error instanceof StrategyError ? error.problem : shown(error);
}
parentPort?.postMessage({ problem } satisfies Verdict);
