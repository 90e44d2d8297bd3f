import type { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { type SeriesHandle, SeriesTable } from '../../metrics/series-table.js';
import { startThread } from '../../threads/start-thread.js';
import { createFairRing, headersOf, type RingSettings } from '../capture/ring/layout.js';
import { EnrichChannel, type EnrichOutputs, type EnrichSettings } from './enrich-channel.js';
import type { EventPage, EventSource } from './events.js';
import { CAPTURE_FAULTS, ENRICH_INSTRUMENTS, RING_INSTRUMENTS } from './instruments.js';
import type {
  EnrichCommand,
  EnrichReport,
  EnrichThreadData,
  RowNumbers,
  SourceSettings,
} from './messages.js';
import { RowSeries } from './row-series.js';
import { allocateRows } from './row-store.js';

/** Events that are remembered for those who watch. */
const EVENTS = 4096;

const ENDED = 'decoding has ended';

const UNLIMITED = { maxSeries: Number.POSITIVE_INFINITY, lingerMs: 0 };

/** The enrich thread as the main thread holds it. It starts with the first that is to be read. */
export class Enricher implements EventSource {
  readonly doorbell = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  /** Relay threads give out the numbers of sources: the first is 1. */
  readonly sources = sourceCounter();
  /** How capturing and decoding fare: ENRICH_INSTRUMENTS, and RING_INSTRUMENTS by ring. */
  readonly healthTable = new SeriesTable(ENRICH_INSTRUMENTS, UNLIMITED);
  readonly ringTable = new SeriesTable(RING_INSTRUMENTS, UNLIMITED);
  readonly #logger: Logger;
  readonly #rows = new RowSeries();
  /** The thread's row, and that of the main thread. */
  readonly #threadRow = allocateRows(1, ENRICH_INSTRUMENTS.width);
  readonly #ownRow = new Float64Array(ENRICH_INSTRUMENTS.width);
  readonly #channels = new Map<number, EnrichChannel>();
  readonly #rings = new Map<number, SeriesHandle>();
  readonly #requests = new Map<number, { answer(report: EnrichReport): void; fail(error: Error): void }>();
  #worker: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();
  #nextNumber = 0;
  /** The thread has gone, by itself or because it was told to. */
  #hasEnded = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Whether there is anything to watch. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** A way to have traffic read under these settings. */
  channel(settings: EnrichSettings, outputs: EnrichOutputs): EnrichChannel {
    if (this.#worker === undefined) this.#start();
    return new EnrichChannel(this, this.#rows, settings, outputs);
  }

  addRing(name: string, settings: RingSettings): { ring: number; memory: SharedArrayBuffer } {
    const memory = createFairRing(settings);
    const ring = this.#nextNumber++;
    const series = this.ringTable.open({ ring: name });
    series.attach(headersOf(memory));
    this.#rings.set(ring, series);
    this.#send({ type: 'ring', ring, memory });
    return { ring, memory };
  }

  removeRing(ring: number): void {
    this.#rings.get(ring)?.close();
    this.#rings.delete(ring);
    this.#send({ type: 'end_ring', ring });
  }

  addSource(channel: EnrichChannel, source: number, settings: SourceSettings): void {
    this.#channels.set(source, channel);
    this.#send({ type: 'source', source, settings });
  }

  endSource(source: number): void {
    this.#send({ type: 'end_source', source });
  }

  freeRows(rows: RowNumbers): void {
    this.#send({ type: 'free_rows', rows });
  }

  countFault(): void {
    this.#ownRow[CAPTURE_FAULTS]++;
  }

  /** Remembers events from now on. */
  watch(): void {
    this.#send({ type: 'watch', events: EVENTS });
  }

  async read(cursor: number, max: number): Promise<EventPage> {
    const report = await this.#ask((request) => ({ type: 'read_events', request, cursor, max }));
    if (report.type !== 'events') throw new Error(`the enrich thread answered with ${report.type}`);
    return report.page;
  }

  async range(): Promise<{ oldest: number; end: number }> {
    const report = await this.#ask((request) => ({ type: 'event_range', request }));
    if (report.type !== 'range') throw new Error(`the enrich thread answered with ${report.type}`);
    return { oldest: report.oldest, end: report.end };
  }

  /** Has the thread read what is there, and end. */
  async shutdown(): Promise<void> {
    this.#send({ type: 'exit' });
    await this.#ended;
    this.#worker = undefined;
  }

  #start(): void {
    const workerData: EnrichThreadData = {
      doorbell: this.doorbell,
      rows: this.#rows.memory,
      health: this.#threadRow,
    };
    const worker = startThread(new URL('./thread.js', import.meta.url), workerData);
    worker.on('message', (report: EnrichReport) => this.#hear(report));
    worker.on('error', (error) =>
      this.#logger.error({ err: error }, 'decoding has ended; the traffic goes on'),
    );
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#hasEnded = true;
        for (const { fail } of this.#requests.values()) fail(new Error(ENDED));
        this.#requests.clear();
        resolve();
      });
    });
    worker.unref();
    this.#hasEnded = false;
    this.#worker = worker;
    this.healthTable.open({}).attach([new Float64Array(this.#threadRow), this.#ownRow]);
  }

  #send(command: EnrichCommand): void {
    if (this.#worker === undefined) return;
    this.#worker.postMessage(command);
    const bell = new Int32Array(this.doorbell);
    Atomics.store(bell, 0, 1);
    Atomics.notify(bell, 0);
  }

  #ask(command: (request: number) => EnrichCommand): Promise<EnrichReport> {
    const request = this.#nextNumber++;
    return new Promise((resolve, reject) => {
      if (this.#worker === undefined || this.#hasEnded) {
        reject(new Error(this.#hasEnded ? ENDED : 'nothing is captured'));
        return;
      }
      this.#requests.set(request, { answer: resolve, fail: reject });
      this.#send(command(request));
    });
  }

  #hear(report: EnrichReport): void {
    switch (report.type) {
      case 'call_series':
      case 'method_series':
      case 'loss_series':
      case 'rows_ended':
      case 'source_ended':
        this.#channels.get(report.source)?.hear(report);
        if (report.type === 'source_ended') this.#channels.delete(report.source);
        break;
      case 'spans':
        this.#send({ type: 'spans_taken' });
        this.#channels.get(report.source)?.hear(report);
        break;
      case 'events':
      case 'range':
        this.#requests.get(report.request)?.answer(report);
        this.#requests.delete(report.request);
        break;
      case 'fault':
        this.#logger.error(`a conversation was lost to a fault of udscope:\n${report.stack}`);
        break;
      default:
        throw new Error(`unknown enrich report ${JSON.stringify(report satisfies never)}`);
    }
  }
}

/** Number 0 is that of no source. */
function sourceCounter(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  new Int32Array(memory)[0] = 1;
  return memory;
}
