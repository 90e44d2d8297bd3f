import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { ENDS_UNIT, MAX_SKIPPED } from '../../../../../src/processors/capture/ring/record.js';
import { RingReader } from '../../../../../src/processors/capture/ring/ring-reader.js';
import { type ReaderResult, type StressData, WRITTEN } from './messages.js';
import { FLAGS, keptIn, mix, pattern, shapeOf, skippedAndFlagIn } from './records.js';

const NAP_MS = 1;

/** Checks every record that it gets hold of, until the last one. */
const { memory, phase, maxBytes, napAfter } = workerData as StressData;
const phases = new Int32Array(phase);
const never = new Int32Array(new SharedArrayBuffer(4));
const reader = new RingReader(memory);
const shape = { pieces: 0, bytes: 0, from: 0 };
let read = 0;
let previous = -1;

parentPort?.postMessage('ready');
for (;;) {
  const isWritten = Atomics.load(phases, 0) === WRITTEN;
  while (reader.next()) {
    check();
    read++;
    if (napAfter > 0 && read % napAfter === 0) Atomics.wait(never, 0, 0, NAP_MS);
  }
  if (isWritten) break;
}
parentPort?.postMessage({ read, lost: reader.lost } satisfies ReaderResult);

function check(): void {
  const { sequence } = reader;
  assert.ok(sequence > previous, `${sequence} comes after ${previous}`);
  previous = sequence;
  shapeOf(sequence, maxBytes, shape);
  if (isWhole(sequence)) return;
  assert.fail(`record ${sequence} is not what was written`);
}

function isWhole(sequence: number): boolean {
  const { bytes, bytesFrom, pieces, captured } = reader;
  if (pieces !== shape.pieces || captured !== shape.bytes) return false;
  for (let piece = 0; piece < pieces; piece++) {
    const word = skippedAndFlagIn(sequence, piece);
    if (reader.kept(piece) !== keptIn(shape, piece)) return false;
    if (reader.skipped(piece) !== (word & MAX_SKIPPED)) return false;
    if (reader.endsUnit(piece) !== ((word & ENDS_UNIT) !== 0)) return false;
  }
  const end = bytesFrom + captured;
  const isSame = pattern.compare(bytes, bytesFrom, end, shape.from, shape.from + captured) === 0;
  return isSame && areFieldsOf(sequence);
}

function areFieldsOf(sequence: number): boolean {
  const { capture, flow, flags, connection, generation, ordinal, size, timeMs, weight } = reader;
  return (
    capture === shape.from &&
    flow === ~shape.from &&
    flags === (mix(sequence) & FLAGS) &&
    connection === (sequence | 0) &&
    generation === ~sequence &&
    ordinal === (-sequence | 0) &&
    size === sequence * 3 &&
    timeMs === sequence / 7 &&
    weight === sequence + 1
  );
}
