import { existsSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { isAbsence } from '../../src/linux/errno.js';
import { exchangeNames, renameToFree } from '../../src/linux/rename.js';

/**
 * Thread of a directory's owner, who renames what is at a path, and a file of his own, to and fro until `stop` exists. Nothing
 * gets lost by that.
 */

const { path, own, stop } = workerData as { path: string; own: string; stop: string };

let renamed = 0;
while (!existsSync(stop)) {
  for (const step of [exchangeNames, renameToFree]) {
    for (const [from, to] of [
      [own, path],
      [path, own],
    ] as const) {
      try {
        step(from, to);
        renamed++;
      } catch (error) {
        if (!isAbsence(error)) throw error;
      }
    }
  }
}
parentPort?.postMessage(renamed);
