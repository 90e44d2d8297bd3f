import type { Logger } from 'pino';
import { type SeriesHandle, SeriesTable } from '../../telemetry/series-table.js';
import { createFairRing, headersOf, type RingSettings } from '../capture/ring/layout.js';
import type { CapturedFlow, RingOrigin } from '../observer.js';
import { CallGate } from './call-gate.js';
import { EnrichChannel, type EnrichLink, type EnrichOutputs, type EnrichSettings } from './enrich-channel.js';
import { EnrichWorker } from './enrich-worker.js';
import type { EventPage, EventSource } from './events.js';
import {
  CALLS_ACTIVE,
  CAPTURE_FAULTS,
  ENRICH_INSTRUMENTS,
  LOSS_REASONS,
  RESTARTS,
  RING_INSTRUMENTS,
  SERIES_SPILLED,
  unknownColumn,
} from './instruments.js';
import { keepExemplars } from './keep-exemplars.js';
import { type KnownFlow, KnownFlows } from './known-flows.js';
import type {
  CallDataBatch,
  EnrichCommand,
  EnrichReport,
  GenerationSettings,
  SeriesName,
} from './messages.js';
import { PendingRequests } from './pending-requests.js';
import { type SeriesRow, SeriesRows } from './series-rows.js';

/** Events that are remembered for those who watch. */
const EVENTS = 4096;

const ENDED = 'decoding has ended';

const LOST_SERIES = LOSS_REASONS.indexOf('series');

const UNLIMITED = { maxSeries: Number.POSITIVE_INFINITY, lingerMs: 0 };

interface OpenRing {
  readonly memory: SharedArrayBuffer;
  readonly origin: RingOrigin;
  readonly series: SeriesHandle;
}

interface KnownGeneration {
  readonly channel: EnrichChannel;
  readonly settings: GenerationSettings;
  /** Those that have rows under it. */
  readonly flows: Set<KnownFlow>;
  /** No more records of it are written. */
  hasEnded: boolean;
}

/**
 * The enrich thread as the main thread holds it. It starts with the first that is to be read. One that ends by itself is
 * started anew, is told all that the first was told, and goes on where that has ended: what it had not counted yet is lost.
 *
 *   relay thread  ── flow, then its records ──►  main thread, ring
 *   main thread   ── generation, then whatever captures under it ──►  enrich thread, relay threads
 *   enrich thread ── what it made of records, by generation and flow ──►  main thread, which knows what they are called
 */
export class EnrichThread implements EventSource, EnrichLink {
  readonly doorbell = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  /** How capturing and decoding fare: ENRICH_INSTRUMENTS, and RING_INSTRUMENTS by ring. */
  readonly healthTable = new SeriesTable(ENRICH_INSTRUMENTS, UNLIMITED);
  readonly ringTable = new SeriesTable(RING_INSTRUMENTS, UNLIMITED);
  readonly #logger: Logger;
  /** The thread's row, and that of the main thread. */
  readonly #threadRow = new SharedArrayBuffer(ENRICH_INSTRUMENTS.width * Float64Array.BYTES_PER_ELEMENT);
  readonly #ownRow = new Float64Array(ENRICH_INSTRUMENTS.width);
  readonly #generations = new Map<number, KnownGeneration>();
  readonly #rings = new Map<number, OpenRing>();
  readonly #rows = new SeriesRows();
  readonly #flows = new KnownFlows(() => this.#drainReports());
  readonly #requests = new PendingRequests();
  readonly #gate = new CallGate();
  #worker: EnrichWorker | undefined;
  #nextNumber = 0;
  #isWatched = false;
  /** How many watch streams. */
  #streamWatchers = 0;

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
    return new EnrichChannel(this, settings, outputs);
  }

  addRing(
    name: string,
    settings: RingSettings,
    origin: RingOrigin,
  ): { ring: number; memory: SharedArrayBuffer } {
    const memory = createFairRing(settings);
    const ring = this.#nextNumber++;
    const series = this.ringTable.open({ ring: name });
    series.attach(headersOf(memory));
    this.#rings.set(ring, { memory, origin, series });
    this.#sendRing(ring, memory, origin);
    return { ring, memory };
  }

  removeRing(ring: number): void {
    this.#rings.get(ring)?.series.close();
    this.#rings.delete(ring);
    this.#send({ type: 'end_ring', ring });
  }

  addGeneration(channel: EnrichChannel, settings: GenerationSettings): number {
    const generation = this.#nextNumber++;
    this.#generations.set(generation, { channel, settings, flows: new Set(), hasEnded: false });
    this.#send({ type: 'generation', generation, settings });
    return generation;
  }

  endGeneration(generation: number): void {
    const known = this.#generations.get(generation);
    if (known === undefined || known.hasEnded) return;
    known.hasEnded = true;
    this.#send({ type: 'end_generation', generation });
  }

  addFlow(flow: number, captured: CapturedFlow): void {
    if (this.#flows.find(flow) !== undefined) return;
    this.#flows.add(flow, captured);
    this.#sendClient(flow, captured);
  }

  endFlow(flow: number, isFinal: boolean): void {
    const known = this.#flows.find(flow);
    if (known === undefined || known.hasEnded) return;
    known.hasEnded = true;
    known.isFinal = isFinal;
    this.#send({ type: 'end_flow', flow });
  }

  countFault(): void {
    this.#ownRow[CAPTURE_FAULTS]++;
  }

  /**
   * Keeps finished calls until the result is called, while exporters that take them are replaced. The thread hands over no more of
   * them than to a main thread that is busy, and counts what it drops beyond that.
   */
  holdCalls(): () => void {
    return this.#gate.hold();
  }

  /** Remembers events from now on. */
  watch(): void {
    this.#isWatched = true;
    this.#send({ type: 'watch', events: EVENTS });
  }

  watchStreams(): () => void {
    let isWatching = true;
    this.#changeStreamWatchers(1);
    return () => {
      if (isWatching) this.#changeStreamWatchers(-1);
      isWatching = false;
    };
  }

  #changeStreamWatchers(by: number): void {
    const wasWanted = this.#streamWatchers > 0;
    this.#streamWatchers += by;
    const isWanted = this.#streamWatchers > 0;
    if (isWanted !== wasWanted) this.#send({ type: 'watch_streams', isWanted });
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
      { doorbell: this.doorbell, health: this.#threadRow },
      {
        report: (report) => this.#apply(report),
        started: () => {
          if (!isFirst) this.#tellAll();
          isFirst = false;
        },
        failed: (error, restartMs) => this.#noteFailure(error, restartMs),
        ended: () => this.#requests.failAll(new Error(ENDED)),
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
    this.#ownRow[unknownColumn('decoding_restarted')] += thread[CALLS_ACTIVE];
    thread[CALLS_ACTIVE] = 0;
    this.#ownRow[RESTARTS]++;
    this.#flows.forgetRemembered();
  }

  /** Tells a thread that knows nothing what there is, and what of it has ended since a thread was told of it. */
  #tellAll(): void {
    for (const [ring, { memory, origin }] of this.#rings) this.#sendRing(ring, memory, origin);
    for (const [generation, { settings }] of this.#generations) {
      this.#send({ type: 'generation', generation, settings });
    }
    for (const [flow, { captured, hasEnded }] of this.#flows.all()) {
      this.#sendClient(flow, captured);
      if (hasEnded) this.#send({ type: 'end_flow', flow });
    }
    for (const [generation, { hasEnded }] of this.#generations) {
      if (hasEnded) this.#send({ type: 'end_generation', generation });
    }
    if (this.#isWatched) this.watch();
    if (this.#streamWatchers > 0) this.#send({ type: 'watch_streams', isWanted: true });
  }

  #sendRing(ring: number, memory: SharedArrayBuffer, { clientWords }: RingOrigin): void {
    this.#send({ type: 'ring', ring, memory, clientWords });
  }

  #sendClient(flow: number, { clientWord: client }: CapturedFlow): void {
    if (client !== undefined) this.#send({ type: 'flow_client', flow, client });
  }

  #drainReports(): void {
    for (const origin of new Set(Array.from(this.#rings.values(), (ring) => ring.origin)))
      origin.drainReports();
  }

  #send(command: EnrichCommand): void {
    this.#worker?.send(command);
  }

  async #ask(command: (request: number) => EnrichCommand): Promise<EnrichReport> {
    const worker = this.#worker;
    if (worker?.isRunning !== true) throw new Error(worker === undefined ? 'nothing is captured' : ENDED);
    return this.#requests.ask(command, (sent) => worker.send(sent));
  }

  #apply(report: EnrichReport): void {
    switch (report.type) {
      case 'series':
        this.#openSeries(report);
        break;
      case 'counted':
        this.#addCounted(report);
        break;
      case 'calls':
        this.#takeCalls(report.batches);
        break;
      case 'spoken':
        this.#flows.get(report.flow)?.captured.spoken?.(report.protocol);
        break;
      case 'flow_ended':
        this.#forgetFlow(report.flow, report.isRemembered);
        break;
      case 'flow_forgotten':
        this.#flows.forget(report.flow);
        break;
      case 'generation_ended':
        this.#forgetGeneration(report.generation);
        break;
      case 'events':
        this.#requests.answer({ ...report, page: this.#named(report) });
        break;
      case 'range':
        this.#requests.answer(report);
        break;
      case 'fault':
        this.#logger.error(`a conversation was lost to a fault of udscope:\n${report.stack}`);
        break;
      default:
        throw new Error(`unknown enrich report ${JSON.stringify(report satisfies never)}`);
    }
  }

  #takeCalls(batches: readonly CallDataBatch[]): void {
    // Flows and generations may be forgotten while their calls wait.
    const publishing = batches.map((batch) => this.#publisherOf(batch));
    this.#gate.pass(() => {
      this.#send({ type: 'calls_taken' });
      for (const publish of publishing) publish();
    });
  }

  #publisherOf({ generation, flow, calls, measurements }: CallDataBatch): () => void {
    const known = this.#flows.get(flow);
    const channel = this.#generations.get(generation)?.channel;
    if (known !== undefined) keepExemplars(known.rowsUnder(generation), calls, measurements);
    return () => {
      if (known !== undefined) channel?.publish(calls, known);
    };
  }

  #openSeries({ number, wanted, ...traffic }: Extract<EnrichReport, { type: 'series' }>): void {
    const flow = this.#flows.get(traffic.flow);
    const generation = this.#generations.get(traffic.generation);
    if (flow === undefined || generation === undefined) return;
    const row = this.#rowOf(wanted, flow, traffic.generation, generation);
    flow.rowsUnder(traffic.generation).byNumber.set(number, row);
    this.#send({ type: 'row', series: number, row: row.values });
    if (!row.isOverflow || wanted.kind === 'losses') return;
    this.#ownRow[SERIES_SPILLED]++;
    this.#rowOf({ kind: 'losses' }, flow, traffic.generation, generation).own[LOST_SERIES]++;
  }

  /** The row of a series, which a flow uses until it or the generation ends. */
  #rowOf(name: SeriesName, flow: KnownFlow, number: number, { channel, flows }: KnownGeneration): SeriesRow {
    const row = this.#rows.of(name.kind, channel.openSeries(name, flow));
    const { rows } = flow.rowsUnder(number);
    // A thread before this one may have asked for it.
    if (!rows.has(row)) this.#rows.use(row);
    rows.add(row);
    flows.add(flow);
    return row;
  }

  /** Adds what was counted of a series that has no row on the thread. */
  #addCounted({ series, generation, flow, values }: Extract<EnrichReport, { type: 'counted' }>): void {
    const row = this.#flows.find(flow)?.rowsUnder(generation).byNumber.get(series)?.values;
    for (let i = 0; row !== undefined && i < row.length; i++) row[i] += values[i];
  }

  #forgetFlow(number: number, isRemembered: boolean): void {
    const flow = this.#flows.find(number);
    if (flow === undefined) return;
    for (const generation of flow.generations) this.#generations.get(generation)?.flows.delete(flow);
    for (const row of flow.takeRows()) this.#rows.release(row, flow.isFinal);
    flow.isRemembered = isRemembered;
    if (!isRemembered) this.#flows.forget(number);
  }

  #forgetGeneration(number: number): void {
    for (const flow of this.#generations.get(number)?.flows ?? []) {
      for (const row of flow.takeRows(number)) this.#rows.release(row, false);
    }
    this.#generations.delete(number);
  }

  /** A page of events with the containers of their flows. */
  #named({ page, flows }: Extract<EnrichReport, { type: 'events' }>): EventPage {
    const events = page.events.map((event, i) => ({
      ...event,
      container: this.#flows.get(flows[i])?.container ?? event.container,
    }));
    return { ...page, events };
  }
}
