import type { Logger } from 'pino';
import { type SeriesHandle, SeriesTable } from '../../telemetry/series-table.js';
import { createFairRing, headersOf, type RingSettings } from '../capture/ring/layout.js';
import { EnrichChannel, type EnrichOutputs, type EnrichSettings } from './enrich-channel.js';
import { EnrichWorker } from './enrich-worker.js';
import type { EventPage, EventSource } from './events.js';
import {
  CALLS_ACTIVE,
  CAPTURE_FAULTS,
  ENRICH_INSTRUMENTS,
  RESTARTS,
  RING_INSTRUMENTS,
  unansweredColumn,
} from './instruments.js';
import type { EnrichCommand, EnrichReport, RowNumbers, SourceSettings } from './messages.js';
import { RowSeries } from './row-series.js';
import { allocateRows } from './thread/row-store.js';

/** Events that are remembered for those who watch. */
const EVENTS = 4096;

const ENDED = 'decoding has ended';

const UNLIMITED = { maxSeries: Number.POSITIVE_INFINITY, lingerMs: 0 };

interface OpenRing {
  readonly memory: SharedArrayBuffer;
  readonly series: SeriesHandle;
}

interface KnownSource {
  readonly channel: EnrichChannel;
  readonly settings: SourceSettings;
  /** No more records of it come. */
  hasEnded: boolean;
}

/**
 * The enrich thread as the main thread holds it. It starts with the first that is to be read. One that ends by itself is
 * started anew, is told all that the first was told, and goes on where that has ended: what it had not counted yet is lost.
 */
export class EnrichThread implements EventSource {
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
  readonly #sources = new Map<number, KnownSource>();
  readonly #rings = new Map<number, OpenRing>();
  readonly #requests = new Map<number, { answer(report: EnrichReport): void; fail(error: Error): void }>();
  #worker: EnrichWorker | undefined;
  #nextNumber = 0;
  #isWatched = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Whether there is anything to watch. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** A way to have traffic read under these settings. */
  channel(settings: EnrichSettings, outputs: EnrichOutputs): EnrichChannel {
    this.#worker ??= this.#start();
    return new EnrichChannel(this, this.#rows, settings, outputs);
  }

  addRing(name: string, settings: RingSettings): { ring: number; memory: SharedArrayBuffer } {
    const memory = createFairRing(settings);
    const ring = this.#nextNumber++;
    const series = this.ringTable.open({ ring: name });
    series.attach(headersOf(memory));
    this.#rings.set(ring, { memory, series });
    this.#send({ type: 'ring', ring, memory });
    return { ring, memory };
  }

  removeRing(ring: number): void {
    this.#rings.get(ring)?.series.close();
    this.#rings.delete(ring);
    this.#send({ type: 'end_ring', ring });
  }

  addSource(channel: EnrichChannel, source: number, settings: SourceSettings): void {
    this.#sources.set(source, { channel, settings, hasEnded: false });
    this.#send({ type: 'source', source, settings });
  }

  endSource(source: number): void {
    const known = this.#sources.get(source);
    if (known !== undefined) known.hasEnded = true;
    if (this.#worker?.isRunning === true) this.#send({ type: 'end_source', source });
    else this.#forgetSource(source);
  }

  freeRows(rows: RowNumbers): void {
    this.#send({ type: 'free_rows', rows });
  }

  countFault(): void {
    this.#ownRow[CAPTURE_FAULTS]++;
  }

  /** Remembers events from now on. */
  watch(): void {
    this.#isWatched = true;
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
    await this.#worker?.stop();
    this.#worker = undefined;
  }

  #start(): EnrichWorker {
    this.healthTable.open({}).attach([new Float64Array(this.#threadRow), this.#ownRow]);
    let isFirst = true;
    return new EnrichWorker(
      { doorbell: this.doorbell, rows: this.#rows.memory, health: this.#threadRow },
      {
        report: (report) => this.#hear(report),
        started: () => {
          if (!isFirst) this.#tellAll();
          isFirst = false;
        },
        failed: (error, restartMs) => this.#noteFailure(error, restartMs),
        ended: () => {
          for (const { fail } of this.#requests.values()) fail(new Error(ENDED));
          this.#requests.clear();
        },
      },
    );
  }

  /** A thread has ended by itself: what it counted is kept, and what it waited for will not be known. */
  #noteFailure(error: unknown, restartMs: number): void {
    this.#logger.error(
      { err: error },
      `decoding has ended, and starts anew in ${restartMs} ms; the traffic goes on`,
    );
    const thread = new Float64Array(this.#threadRow);
    this.#ownRow[unansweredColumn('decoding_restarted')] += thread[CALLS_ACTIVE];
    thread[CALLS_ACTIVE] = 0;
    this.#ownRow[RESTARTS]++;
    this.#rows.startOver();
    for (const [source, { hasEnded }] of [...this.#sources]) {
      if (hasEnded) this.#forgetSource(source);
    }
  }

  /** Tells a thread that knows nothing what there is. */
  #tellAll(): void {
    for (const [ring, { memory }] of this.#rings) this.#send({ type: 'ring', ring, memory });
    for (const [source, { settings }] of this.#sources) this.#send({ type: 'source', source, settings });
    if (this.#isWatched) this.watch();
  }

  #forgetSource(source: number): void {
    this.#sources.get(source)?.channel.hear({ type: 'source_ended', source });
    this.#sources.delete(source);
  }

  #send(command: EnrichCommand): void {
    this.#worker?.send(command);
  }

  #ask(command: (request: number) => EnrichCommand): Promise<EnrichReport> {
    const request = this.#nextNumber++;
    return new Promise((resolve, reject) => {
      if (this.#worker?.isRunning !== true) {
        reject(new Error(this.#worker === undefined ? 'nothing is captured' : ENDED));
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
        this.#sources.get(report.source)?.channel.hear(report);
        break;
      case 'source_ended':
        this.#forgetSource(report.source);
        break;
      case 'spans':
        this.#send({ type: 'spans_taken' });
        this.#sources.get(report.source)?.channel.hear(report);
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
