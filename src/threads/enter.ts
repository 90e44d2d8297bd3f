/** Entry point of every thread of ours. It imports nothing that takes time to load, so an exit need not wait for it. */
import { workerData } from 'node:worker_threads';
import { nameThread } from '../linux/thread-name.js';
import { announceLeft, beginLoading, type ThreadData } from './loading.js';

if (beginLoading()) {
  const { name, module } = workerData as ThreadData;
  nameThread(name);
  try {
    await import(module);
  } catch (error) {
    // It loads nothing any more, so no exit waits for it.
    announceLeft();
    throw error;
  }
}
