/** Entry point of a relay thread. It blocks in epoll_wait, so commands are fetched, never delivered. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { errnoName } from '../../../linux/errno.js';
import { discardThreadMemory } from '../../../linux/memory.js';
import { setNiceness } from '../../../linux/niceness.js';
import { announceLeft, announceLoaded } from '../../../threads/loading.js';
import type { RelayCommand, RelayReport, RelayThreadData } from './messages.js';
import { Relay } from './relay.js';

const port = parentPort;
if (port === null) throw new Error('the relay thread was not started as a worker thread');

const { reports, ...data } = workerData as RelayThreadData & { reports: MessagePort };

const report = (said: RelayReport) => reports.postMessage(said);

if (data.nice !== undefined) {
  const result = setNiceness(data.nice);
  if (result < 0) report({ type: 'not_urgent', reason: errnoName(-result) });
}

try {
  const relay = new Relay(data, {
    report,
    receive: () => receiveMessageOnPort(port)?.message as RelayCommand | undefined,
  });
  announceLoaded();
  relay.run();
} finally {
  // It is the thread's own, so nobody gives it back for one that fails.
  discardThreadMemory();
}
announceLeft();
