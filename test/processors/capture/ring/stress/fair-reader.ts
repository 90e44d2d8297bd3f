import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { FairRingReader } from '../../../../../src/processors/capture/ring/fair-ring-reader.js';
import type { RecordView } from '../../../../../src/processors/capture/ring/record.js';
import { type FairReaderResult, type StressData, WRITTEN } from './messages.js';
import { CLIENTS, clientOf, FLAGS, keptIn, mix, pattern, shapeOf } from './records.js';

const NAP_MS = 1;

/** Checks every record that it gets hold of, and that those of a client come in order, until the last one. */
const { memory, phase, maxBytes, napAfter } = workerData as StressData;
const phases = new Int32Array(phase);
const never = new Int32Array(new SharedArrayBuffer(4));
const reader = new FairRingReader(memory);
const shape = { pieces: 0, bytes: 0, from: 0 };
const read = new Array<number>(CLIENTS).fill(0);
const previous = new Array<number>(CLIENTS).fill(-1);
let count = 0;

parentPort?.postMessage('ready');
for (;;) {
  const isWritten = Atomics.load(phases, 0) === WRITTEN;
  for (let record = reader.next(); record !== undefined; record = reader.next()) {
    check(record);
    if (napAfter > 0 && ++count % napAfter === 0) Atomics.wait(never, 0, 0, NAP_MS);
  }
  if (isWritten) break;
}
parentPort?.postMessage({ read, lost: reader.lost } satisfies FairReaderResult);

function check(record: RecordView): void {
  const { size, connection } = record;
  const sequence = size / 3;
  assert.equal(connection, clientOf(sequence));
  assert.ok(sequence > previous[connection], `${sequence} comes after ${previous[connection]}`);
  previous[connection] = sequence;
  read[connection]++;
  shapeOf(sequence, maxBytes, shape);
  assert.ok(isWhole(record, sequence), `record ${sequence} is not what was written`);
}

function isWhole(record: RecordView, sequence: number): boolean {
  const { bytes, bytesFrom, pieces, captured, capture, flow, flags, generation, timeMs, weight } = record;
  if (pieces !== shape.pieces || captured !== shape.bytes) return false;
  for (let piece = 0; piece < pieces; piece++) {
    if (record.kept(piece) !== keptIn(shape, piece)) return false;
  }
  const end = bytesFrom + captured;
  const isSame = pattern.compare(bytes, bytesFrom, end, shape.from, shape.from + captured) === 0;
  const isFrom = capture === shape.from && flow === ~shape.from;
  const areFields = isFrom && flags === (mix(sequence) & FLAGS) && generation === ~sequence;
  return isSame && areFields && timeMs === sequence / 7 && weight === sequence + 1;
}
