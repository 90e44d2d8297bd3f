/** Entry point of the thread in which a strategy's module is tried. */
import { workerData } from 'node:worker_threads';
import { announceLoaded } from '../../../threads/loading.js';
import { guardRealm } from '../strategy-thread/guarded-realm.js';
import { loadStrategy } from './load-module.js';
import { StrategyError, shown } from './module-strategy.js';
import type { Trial, Verdict } from './try-module.js';

const { settings, withinMs, port } = workerData as Trial;
const post = port.postMessage.bind(port);
// A module sees the same object: it cannot speak for us through a port that is not in it.
for (const key of Object.keys(workerData)) delete workerData[key];
announceLoaded();
guardRealm({ mayExit: true });

let problem: string | undefined;
try {
  await loadStrategy(settings, withinMs);
} catch (error) {
  problem = error instanceof StrategyError ? error.problem : shown(error);
}
post({ problem } satisfies Verdict);
