/*
 * Loaded by `node --import` in each thread of a process: native code takes its time to load there, and is seen to. A file
 * `loading-N` of DIRECTORY says that thread N has begun, `loaded-N` that it is done.
 */
import { writeFileSync } from 'node:fs';
import { isMainThread, threadId } from 'node:worker_threads';

const SLOWLY_MS = 300;

const { dlopen } = process;

if (!isMainThread) {
  process.dlopen = (...args: Parameters<typeof dlopen>) => {
    const note = (what: string) => writeFileSync(`${process.env['DIRECTORY']}/${what}-${threadId}`, '');
    note('loading');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SLOWLY_MS);
    dlopen(...args);
    note('loaded');
  };
}
