/** Entry point of a relay thread. It blocks in epoll_wait, so commands are fetched, never delivered. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { RelayCommand, RelayThreadData } from './messages.js';
import { Relay } from './relay.js';

const port = parentPort;
if (port === null) throw new Error('the relay thread was not started as a worker thread');

await new Relay(workerData as RelayThreadData, {
  report: (report) => port.postMessage(report),
  receive: () => receiveMessageOnPort(port)?.message as RelayCommand | undefined,
}).run();
