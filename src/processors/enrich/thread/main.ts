/** Entry point of the enrich thread. It sleeps on a shared word, so commands are fetched, never delivered. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { PROTOCOLS } from '../../../protocols/index.js';
import { announceLoaded } from '../../../threads/loading.js';
import type { EnrichCommand, EnrichReport, EnrichThreadData } from '../messages.js';
import { EnrichLoop } from './enrich-loop.js';

const port = parentPort;
if (port === null) throw new Error('the enrich thread was not started as a worker thread');

const io = {
  report: (report: EnrichReport) => port.postMessage(report),
  receive: () => receiveMessageOnPort(port)?.message as EnrichCommand | undefined,
};
const loop = new EnrichLoop(workerData as EnrichThreadData, io, PROTOCOLS);
announceLoaded();
loop.run();
