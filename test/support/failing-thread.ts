/**
 * Loaded by `node --import` in each thread of an agent: one thread fails as soon as a file of DIRECTORY asks for it, and
 * takes the file away. The file is called `KIND-HOW`: relay or enrich; throws, exits, grows out of memory, or loops
 * for ever.
 */
import { readdirSync, unlinkSync } from 'node:fs';
import { isMainThread, workerData } from 'node:worker_threads';

const directory = process.env['DIRECTORY'] ?? '.';

/** Ends a worker thread, without a word. */
const exit = (process as unknown as { reallyExit(code: number): void }).reallyExit.bind(process);

function kindOf({ wakeFd, health }: Record<string, unknown>): string | undefined {
  if (wakeFd !== undefined) return 'relay';
  return health === undefined ? undefined : 'enrich';
}

function failIfAsked(kind: string): void {
  for (const how of ['throws', 'exits', 'grows', 'loops']) {
    const name = `${kind}-${how}`;
    if (!readdirSync(directory).includes(name)) continue;
    try {
      unlinkSync(`${directory}/${name}`);
    } catch {
      // Another thread was faster.
      continue;
    }
    if (how === 'throws') throw new Error(`asked to fail`);
    if (how === 'exits') exit(0);
    const kept: number[][] = [];
    for (;;) if (how === 'grows') kept.push(new Array(2 ** 17).fill(0.5));
  }
}

const kind = isMainThread ? undefined : kindOf(workerData);
if (kind !== undefined) {
  // Each turn of a relay thread loads this word, and the enrich thread waits for one.
  const { exitFlag } = workerData as { exitFlag?: SharedArrayBuffer };
  const { load, wait } = Atomics;
  if (kind === 'relay') {
    Atomics.load = ((words: Int32Array, index: number) => {
      // Other words are loaded for a connection, which is all that a fault there costs.
      if (words.buffer === exitFlag) failIfAsked(kind);
      return load(words, index);
    }) as typeof Atomics.load;
  } else {
    Atomics.wait = ((words: Int32Array, index: number, value: number, timeoutMs?: number) => {
      failIfAsked(kind);
      return wait(words, index, value, timeoutMs);
    }) as typeof Atomics.wait;
  }
}
