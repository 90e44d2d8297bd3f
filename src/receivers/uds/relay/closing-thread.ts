/** Entry point of the thread that closes what a relay thread received. */
import { workerData } from 'node:worker_threads';
import { close } from '../../../linux/socket.js';
import { WaitLimit } from '../../../linux/wait-limit.js';
import { announceLeft, announceLoaded } from '../../../threads/loading.js';
import { DescriptorQueue } from './descriptor-queue.js';

const { queue } = workerData as { queue: SharedArrayBuffer };
announceLoaded();

new DescriptorQueue(queue).drain(close, new WaitLimit());
announceLeft();
