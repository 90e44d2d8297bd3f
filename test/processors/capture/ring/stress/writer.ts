import { parentPort, workerData } from 'node:worker_threads';
import { NativeMemory } from '../../../../../src/linux/memory.js';
import { CheckedRingWriter } from '../../../../../src/processors/capture/ring/checked-ring-writer.js';
import { RUNNING, type StressData, WAITING, WRITTEN, type WriterResult } from './messages.js';
import { FLAGS, keptIn, mix, pattern, shapeOf, skippedAndFlagIn } from './records.js';

/** Writes as fast as it can until it is told to stop. */
const { memory, doorbell, phase, maxBytes } = workerData as StressData;
const phases = new Int32Array(phase);
let timeMs = 0;
const writer = new CheckedRingWriter(memory, doorbell, () => timeMs);
const native = new NativeMemory(pattern.length);
native.bytes.set(pattern);

const shape = { pieces: 0, bytes: 0, from: 0 };
let sequence = 0;
parentPort?.postMessage('ready');
Atomics.wait(phases, 0, WAITING);
while (Atomics.load(phases, 0) === RUNNING) write(sequence++);
Atomics.store(phases, 0, WRITTEN);
parentPort?.postMessage({ written: sequence } satisfies WriterResult);

function write(sequence: number): void {
  shapeOf(sequence, maxBytes, shape);
  writer.begin(shape.pieces, shape.bytes);
  for (let piece = 0; piece < shape.pieces; piece++) {
    writer.addPiece(keptIn(shape, piece), skippedAndFlagIn(sequence, piece));
  }
  let from = shape.from;
  for (let piece = 0; piece < shape.pieces; piece++) {
    const bytes = keptIn(shape, piece);
    // Both ways into the ring.
    if (sequence % 2 === 0) writer.copy(native, from, bytes);
    else writer.copyBytes(pattern.subarray(from, from + bytes));
    from += bytes;
  }
  const flags = mix(sequence) & FLAGS;
  timeMs = sequence / 7;
  const [capture, flow] = [shape.from, ~shape.from];
  const [connection, generation, ordinal] = [sequence | 0, ~sequence, -sequence | 0];
  writer.publish(capture, flow, connection, generation, ordinal, flags, sequence * 3, sequence + 1);
}
