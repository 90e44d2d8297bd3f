/** Entry point of every thread of ours. It imports nothing that takes time to load, so an exit need not wait for it. */
import { workerData } from 'node:worker_threads';
import { beginLoading, type ThreadData } from './loading.js';

if (beginLoading()) await import((workerData as ThreadData).module);
