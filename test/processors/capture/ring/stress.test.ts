import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import {
  createFairRing,
  createRing,
  HEAD,
  type RingSettings,
} from '../../../../src/processors/capture/ring/layout.js';
import { PIECE_BYTES } from '../../../../src/processors/capture/ring/record.js';
import {
  type FairReaderResult,
  type FairWriterResult,
  type ReaderResult,
  RUNNING,
  STOPPING,
  type StressData,
  type WriterResult,
} from './stress/messages.js';

/** How long each run writes at least, in ms. For a longer look: UDSCOPE_STRESS_MS=60000. */
const RUN_MS = Number(process.env['UDSCOPE_STRESS_MS'] ?? 400);

/** What starting and ending the threads may take beside it, and writing where others have the processors. */
const MARGIN_MS = 40_000;

/** A run goes on until the ring has been filled so many times: less is no stress. */
const TIMES_FILLED = 12;

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

const fairCases: Case[] = [
  { title: 'few slots', entries: 6, maxBytes: 65_536, payloadBytes: 512 },
  { title: 'many slots', entries: 1024, maxBytes: 2 ** 20, payloadBytes: 2048 },
  { title: 'little data', entries: 1024, maxBytes: 8192, payloadBytes: 500 },
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

describe('fair ring under stress', () => {
  for (const { title, payloadBytes, ...settings } of fairCases) {
    it(`gives out whole records in order, and counts the others by client, with ${title}`, async function () {
      this.timeout(RUN_MS + MARGIN_MS);
      const { written, lost, read, lostInAll } = await stressFair(settings, payloadBytes);
      const total = sumOf(written);
      assert.ok(total > settings.entries * 10, `only ${total} written`);
      assert.equal(sumOf(read) + lostInAll, total);
      assert.ok(sumOf(read) > 0 && lostInAll > 0, `${read} read and ${lost} lost: that was no stress`);
      // What is overwritten in the moment in which it was copied is counted as lost as well.
      const extra = sumOf(lost) - lostInAll;
      assert.ok(extra >= 0 && extra <= sumOf(read), `${lost} lost for the writer, ${lostInAll} in all`);
      for (const [client, count] of written.entries()) {
        assert.ok(
          read[client] + lost[client] >= count,
          `${client}: ${read[client]} + ${lost[client]} < ${count}`,
        );
      }
    });
  }
});

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** One writer, and the one reader that it reckons with, which naps. */
async function stressFair(settings: RingSettings, maxBytes: number) {
  const phase = new SharedArrayBuffer(4);
  const memory = createFairRing(settings);
  const shared = { memory, doorbell: new SharedArrayBuffer(4), phase, maxBytes };
  const reader = start<FairReaderResult>('fair-reader', { ...shared, napAfter: 1000 });
  const writer = start<FairWriterResult>('fair-writer', { ...shared, napAfter: 0 });
  await runUntilFilled({ ...shared, ...settings }, [reader]);
  const [{ written, lost }, { read, lost: lostInAll }] = await Promise.all([writer.result, reader.result]);
  return { written, lost, read, lostInAll };
}

/** One writer and three readers, of which one naps, on threads of their own. */
async function stress(settings: RingSettings, maxBytes: number) {
  const phase = new SharedArrayBuffer(4);
  const shared = { memory: createRing(settings), doorbell: new SharedArrayBuffer(4), phase, maxBytes };
  assert.ok(maxBytes + 8 * PIECE_BYTES < settings.maxBytes / 2, 'records of the case are too large');
  const readers = [0, 0, 3].map((napAfter) => start<ReaderResult>('reader', { ...shared, napAfter }));
  const writer = start<WriterResult>('writer', { ...shared, napAfter: 0 });
  await runUntilFilled({ ...shared, ...settings }, readers);
  const results = readers.map(({ result }) => result);
  return { written: (await writer.result).written, readers: await Promise.all(results) };
}

/** Has the writer write for a while, and for as long as it takes to fill the ring over and over. */
async function runUntilFilled(
  { memory, phase, entries }: { memory: SharedArrayBuffer; phase: SharedArrayBuffer; entries: number },
  readers: readonly { ready: Promise<unknown>; result: Promise<unknown> }[],
): Promise<void> {
  const phases = new Int32Array(phase);
  const head = new Float64Array(memory).subarray(HEAD, HEAD + 1);
  let isOver = false;
  const results = Promise.all(readers.map(({ result }) => result)).finally(() => {
    isOver = true;
  });
  try {
    // A reader begins with the oldest record there is: it must be there before the first is written.
    await Promise.all(readers.map(({ ready }) => ready));
    Atomics.store(phases, 0, RUNNING);
    Atomics.notify(phases, 0);
    // A reader that finds something wrong ends the test at once.
    await Promise.race([sleep(RUN_MS), results]);
    while (!isOver && head[0] < entries * TIMES_FILLED) await sleep(10);
  } finally {
    Atomics.store(phases, 0, STOPPING);
    Atomics.notify(phases, 0);
  }
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
