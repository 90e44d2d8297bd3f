/** Entry point of every thread of ours: nothing is imported here that takes time, so that an exit need not wait for it. */
import { workerData } from 'node:worker_threads';
import { beginLoading, type ThreadData } from './loading.js';

if (beginLoading()) await import((workerData as ThreadData).module);
