import { workerData } from 'node:worker_threads';
import { FairRingReader } from '../../../src/processors/capture/ring/fair-ring-reader.js';
import type { ReaderData } from './messages.js';

/** As the enrich thread's: it wakes up by itself after so long, or when this part of the ring is full. */
const SLEEP_MS = 1;
const WAKE_FRACTION = 0.25;

/** Reads a ring from another processor, as the enrich thread does, so that the writer has to fetch its lines back. */
const { memory, doorbell, isOver } = workerData as ReaderData;
const reader = new FairRingReader(memory);
const bell = new Int32Array(doorbell);
const over = new Int32Array(isOver);
while (Atomics.load(over, 0) === 0) {
  while (reader.next() !== undefined);
  reader.wakeAfter(WAKE_FRACTION);
  if (reader.waiting > 0) continue;
  Atomics.wait(bell, 0, 0, SLEEP_MS);
  Atomics.store(bell, 0, 0);
}
