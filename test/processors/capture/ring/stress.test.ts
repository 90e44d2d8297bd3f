import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { createRing, type RingSettings } from '../../../../src/processors/capture/ring/layout.js';
import { PIECE_BYTES } from '../../../../src/processors/capture/ring/record.js';
import {
  type ReaderResult,
  RUNNING,
  STOPPING,
  type StressData,
  type WriterResult,
} from './stress/messages.js';

/** How long each run writes, in ms. For a longer look: UDSCOPE_STRESS_MS=60000. */
const RUN_MS = Number(process.env['UDSCOPE_STRESS_MS'] ?? 700);

/** What starting and ending the threads may take beside it. */
const MARGIN_MS = 20_000;

interface Case extends RingSettings {
  title: string;
  /** Longest payload of a record. */
  payloadBytes: number;
}

const cases: Case[] = [
  { title: 'two slots', entries: 2, maxBytes: 8192, payloadBytes: 512 },
  { title: 'a few slots', entries: 13, maxBytes: 65_536, payloadBytes: 2048 },
  { title: 'little data', entries: 1024, maxBytes: 1200, payloadBytes: 500 },
  { title: 'records as large as can be', entries: 8, maxBytes: 16_384, payloadBytes: 8000 },
];

describe('ring buffer under stress', () => {
  for (const { title, payloadBytes, ...settings } of cases) {
    it(`gives out whole records and counts the others exactly, with ${title}`, async function () {
      this.timeout(RUN_MS + MARGIN_MS);
      const { written, readers } = await stress(settings, payloadBytes);
      assert.ok(written > settings.entries * 10, `only ${written} written`);
      for (const { read, lost } of readers) {
        assert.equal(read + lost, written);
        assert.ok(read > 0 && lost > 0, `${read} read and ${lost} lost: that was no stress`);
      }
    });
  }
});

/** One writer and three readers, of which one naps, on threads of their own. */
async function stress(settings: RingSettings, maxBytes: number) {
  const phase = new SharedArrayBuffer(4);
  const shared = { memory: createRing(settings), doorbell: new SharedArrayBuffer(4), phase, maxBytes };
  assert.ok(maxBytes + 8 * PIECE_BYTES < settings.maxBytes / 2, 'records of the case are too large');
  const readers = [0, 0, 3].map((napAfter) => start<ReaderResult>('reader', { ...shared, napAfter }));
  const writer = start<WriterResult>('writer', { ...shared, napAfter: 0 });
  const results = Promise.all(readers.map(({ result }) => result));
  const phases = new Int32Array(phase);
  try {
    // A reader begins with the oldest record there is: it must be there before the first is written.
    await Promise.all(readers.map(({ ready }) => ready));
    Atomics.store(phases, 0, RUNNING);
    Atomics.notify(phases, 0);
    // A reader that finds something wrong ends the test at once.
    await Promise.race([sleep(RUN_MS), results]);
  } finally {
    Atomics.store(phases, 0, STOPPING);
    Atomics.notify(phases, 0);
  }
  return { written: (await writer.result).written, readers: await results };
}

/** A thread says that it is ready, and what came of it when it ends. */
function start<Result>(name: string, workerData: StressData) {
  const worker = new Worker(new URL(`./stress/${name}.js`, import.meta.url), { workerData });
  const ready = once(worker, 'message');
  const result = ready.then(async () => {
    const [message] = await once(worker, 'message');
    return message as Result;
  });
  return { ready, result };
}
