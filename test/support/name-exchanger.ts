import { existsSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { isAbsence } from '../../src/linux/errno.js';
import { exchangeNames, renameToFree } from '../../src/linux/rename.js';

/**
 * Thread of a directory's owner, who renames what is at a path, and a file of his own, to and fro until `stop` exists, and counts in
 * `renamed` how often. Nothing gets lost by that.
 */

interface Names {
  readonly path: string;
  readonly own: string;
  readonly stop: string;
  readonly renamed: Int32Array;
}

const { path, own, stop, renamed } = workerData as Names;

while (!existsSync(stop)) {
  for (const step of [exchangeNames, renameToFree]) {
    for (const [from, to] of [
      [own, path],
      [path, own],
    ] as const) {
      try {
        step(from, to);
        Atomics.add(renamed, 0, 1);
      } catch (error) {
        if (!isAbsence(error)) throw error;
      }
    }
  }
}
