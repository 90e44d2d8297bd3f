/** Entry point of a relay thread. It blocks in epoll_wait, so commands are fetched, never delivered. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { shown } from '../../../processors/capture/strategies/module-strategy.js';
import { announceLeft, announceLoaded } from '../../../threads/loading.js';
import type { RelayCommand, RelayReport, RelayThreadData } from './messages.js';
import { Relay } from './relay.js';

const port = parentPort;
if (port === null) throw new Error('the relay thread was not started as a worker thread');

const { reports, ...data } = workerData as RelayThreadData & { reports: MessagePort };

const report = (said: RelayReport) => reports.postMessage(said);

const relay = new Relay(data, {
  report,
  receive: () => receiveMessageOnPort(port)?.message as RelayCommand | undefined,
});
announceLoaded();

/**
 * Nothing of ours runs by itself here. What a strategy's module leaves behind may, while another is loaded: its
 * timers and promises must not take the traffic with them when they fail.
 */
let hasStrayed = false;
const onStray = (error: unknown) => {
  if (!hasStrayed) report({ type: 'strayed', error: shown(error) });
  hasStrayed = true;
};
process.on('uncaughtException', onStray);
const { exit } = process;
process.exit = () => {
  throw new Error('a strategy may not end the thread it runs on');
};
try {
  await relay.run();
} finally {
  // From here on an error is the relay's own.
  process.off('uncaughtException', onStray);
  process.exit = exit;
  announceLeft();
}
