/** Entry point of a strategy thread: the only place, beside its trial, in which a strategy's module runs. */
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { discardThreadMemory } from '../../../linux/memory.js';
import { announceLeft, announceLoaded } from '../../../threads/loading.js';
import { shown } from '../strategies/module-strategy.js';
import { guardRealm } from './guarded-realm.js';
import type { StrategyCommand, StrategyReport, StrategyThreadData } from './messages.js';
import { StrategyLoop } from './strategy-loop.js';

const data = { ...(workerData as StrategyThreadData) };
// A module sees the same object: what is not in it, it cannot close, write to, or speak through.
for (const key of Object.keys(workerData)) delete workerData[key];

const { port } = data;
const post = port.postMessage.bind(port);
const report = (said: StrategyReport) => post(said);

let hasStrayed = false;
process.on('uncaughtException', (error) => {
  if (!hasStrayed) report({ type: 'strayed', error: shown(error) });
  hasStrayed = true;
});

try {
  await run();
} finally {
  discardThreadMemory();
}
announceLeft();
port.close();

async function run(): Promise<void> {
  const loop = new StrategyLoop(data, {
    report,
    receive: () => receiveMessageOnPort(port)?.message as StrategyCommand | undefined,
  });
  // All that is ours is loaded and made before anything else runs here.
  announceLoaded();
  guardRealm({ mayExit: false });
  try {
    await loop.load();
    await loop.run();
  } catch (error) {
    report({ type: 'not_loaded', error: error instanceof Error ? error.message : String(error) });
  }
}
