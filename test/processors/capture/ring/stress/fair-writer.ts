import { parentPort, workerData } from 'node:worker_threads';
import { NativeMemory } from '../../../../../src/linux/memory.js';
import { FairRingWriter } from '../../../../../src/processors/capture/ring/fair-ring-writer.js';
import { type FairWriterResult, RUNNING, type StressData, WAITING, WRITTEN } from './messages.js';
import { CLIENTS, clientOf, FLAGS, keptIn, mix, pattern, shapeOf, skippedAndFlagIn } from './records.js';

/** Writes as fast as it can until it is told to stop: records of some clients, of which some are loud. */
const { memory, doorbell, phase, maxBytes } = workerData as StressData;
const phases = new Int32Array(phase);
const lost = new Array<number>(CLIENTS).fill(0);
const written = new Array<number>(CLIENTS).fill(0);
let timeMs = 0;
const writer = new FairRingWriter(
  memory,
  doorbell,
  (account) => void lost[account]++,
  () => timeMs,
);
const native = new NativeMemory(pattern.length);
native.bytes.set(pattern);

const shape = { pieces: 0, bytes: 0, from: 0 };
let sequence = 0;
parentPort?.postMessage('ready');
Atomics.wait(phases, 0, WAITING);
while (Atomics.load(phases, 0) === RUNNING) write(sequence++);
Atomics.store(phases, 0, WRITTEN);
parentPort?.postMessage({ written, lost } satisfies FairWriterResult);

/** As a record of an ordinary ring, but for its connection, which is its client, and its ordinal, the number in all. */
function write(sequence: number): void {
  const client = clientOf(sequence);
  written[client]++;
  shapeOf(sequence, maxBytes, shape);
  writer.begin(shape.pieces, shape.bytes, client, client);
  for (let piece = 0; piece < shape.pieces; piece++) {
    writer.addPiece(keptIn(shape, piece), skippedAndFlagIn(sequence, piece));
  }
  let from = shape.from;
  for (let piece = 0; piece < shape.pieces; piece++) {
    const bytes = keptIn(shape, piece);
    writer.copy(native, from, bytes);
    from += bytes;
  }
  timeMs = sequence / 7;
  const [capture, flow, flags] = [shape.from, ~shape.from, mix(sequence) & FLAGS];
  writer.publish(capture, flow, client, ~sequence, sequence | 0, flags, sequence * 3, sequence + 1);
}
