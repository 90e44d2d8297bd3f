/* Loaded by `node --import` in each thread of a process: native code cannot be loaded there. */
import { isMainThread } from 'node:worker_threads';

if (!isMainThread) {
  process.dlopen = () => {
    throw new Error('no native code today');
  };
}
