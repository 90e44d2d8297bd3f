import { monotonicMs } from '../../../linux/clock.js';
import { discardShared } from '../../../linux/memory.js';
import type { Protocols } from '../../../protocols/protocol.js';
import { HEADER_BYTES } from '../../capture/ring/layout.js';
import { CONTINUED, LAST, type RecordView } from '../../capture/ring/record.js';
import { FAULTS } from '../instruments.js';
import type { EnrichCommand, EnrichReport, EnrichThreadData } from '../messages.js';
import type { Outlets } from './call-recorder.js';
import { CapturedFlows } from './captured-flows.js';
import { capturedText } from './captured-text.js';
import { MemoryRoom } from './client-memory.js';
import { Clients } from './clients.js';
import { Conversation } from './conversation.js';
import { EventLog } from './event-log.js';
import { framesOf } from './frames-of.js';
import { CallRoom } from './pending-calls.js';
import { type RingReading, startReading } from './ring-reading.js';
import { SeriesRequests } from './series-requests.js';
import { SpanOutlet } from './span-outlet.js';
import { type StreamPart, streamPart } from './stream-part.js';
import { WallClock } from './wall-clock.js';

/** Records taken from one ring before the others have their turn. */
const RECORDS_A_TURN = 256;
/** The same in captured bytes: some ms' worth, however dear they are to decode. */
const BYTES_A_TURN = 2 ** 20;

/** How long to sleep when there was nothing to read: longer each time, in ms. */
const SLEEP_MS_MIN = 1;
const SLEEP_MS_MAX = 20;

/** Writers ring when a ring is filled to this part … */
const WAKE_FRACTION = 0.25;

/** … and at the first record once nothing has come for so long, when one sleeps longer; both in ms. */
const QUIET_AFTER_MS = 1000;
const QUIET_SLEEP_MS = 250;

/** How often what takes time is looked after, in ms. */
const TICK_MS = 1000;

/**
 * The enrich thread: reads the rings, decodes, counts. It sleeps on the doorbell, and never longer than a
 * short while, so that a bell that was missed is no harm.
 */
export class EnrichLoop {
  readonly #doorbell: Int32Array;
  readonly #progress: Int32Array;
  readonly #health: Float64Array;
  readonly #report: (report: EnrichReport) => void;
  readonly #receive: () => EnrichCommand | undefined;
  readonly #outlets: Outlets;
  readonly #rings = new Map<number, RingReading>();
  readonly #flows: CapturedFlows;
  #isLeaving = false;
  #watchesStreams = false;
  #sleepMs = SLEEP_MS_MIN;
  #nextTickMs = 0;
  #lastReadMs = 0;

  constructor(
    data: EnrichThreadData,
    io: { report(report: EnrichReport): void; receive(): EnrichCommand | undefined },
    protocols: Protocols,
  ) {
    this.#doorbell = new Int32Array(data.doorbell);
    this.#progress = new Int32Array(data.progress);
    this.#health = new Float64Array(data.health);
    this.#report = io.report;
    this.#receive = io.receive;
    this.#outlets = {
      clock: new WallClock(),
      protocols,
      clients: new Clients({ calls: new CallRoom(), memory: new MemoryRoom() }),
      series: new SeriesRequests(io.report),
      spans: new SpanOutlet(io.report, this.#health, monotonicMs),
      spoken: (flow, protocol) => io.report({ type: 'spoken', flow, protocol }),
      events: undefined,
    };
    this.#flows = new CapturedFlows(this.#outlets, io.report);
  }

  /** Runs until told to leave, and then reads what is there. */
  run(): void {
    while (!this.#isLeaving) {
      const wasRead = this.#turn();
      if (wasRead) this.#sleepMs = SLEEP_MS_MIN;
      else if (!this.#isLeaving) this.#sleep();
    }
    while (this.#turn());
    this.#outlets.spans.flushAll();
    this.#outlets.series.settleAll();
  }

  /** One round through everything. Whether there was anything to read. */
  #turn(): boolean {
    Atomics.add(this.#progress, 0, 1);
    this.#applyAll();
    let wasRead = false;
    for (const ring of this.#rings.values()) wasRead = this.#readRing(ring) || wasRead;
    this.#forgetEnded();
    const nowMs = monotonicMs();
    if (wasRead) this.#lastReadMs = nowMs;
    this.#outlets.spans.flush();
    if (nowMs >= this.#nextTickMs) this.#tick(nowMs);
    return wasRead;
  }

  #sleep(): void {
    const isQuiet = monotonicMs() - this.#lastReadMs > QUIET_AFTER_MS;
    for (const { reader } of this.#rings.values()) {
      reader.wakeAfter(isQuiet ? 0 : WAKE_FRACTION);
      if (reader.waiting > 0) return;
    }
    Atomics.wait(this.#doorbell, 0, 0, isQuiet ? QUIET_SLEEP_MS : this.#sleepMs);
    Atomics.store(this.#doorbell, 0, 0);
    this.#sleepMs = Math.min(this.#sleepMs * 2, SLEEP_MS_MAX);
  }

  #tick(nowMs: number): void {
    this.#nextTickMs = nowMs + TICK_MS;
    this.#outlets.clock.adjust();
    for (const { conversations } of this.#rings.values()) {
      for (const conversation of conversations.all()) {
        if (conversation.isWaiting) conversation.expire(nowMs);
      }
    }
  }

  #applyAll(): void {
    for (let command = this.#receive(); command; command = this.#receive()) this.#apply(command);
  }

  #apply(command: EnrichCommand): void {
    switch (command.type) {
      case 'ring':
        this.#rings.set(command.ring, startReading(command));
        break;
      case 'end_ring': {
        const ring = this.#rings.get(command.ring);
        if (ring !== undefined) ring.hasEnded = true;
        break;
      }
      case 'generation':
        this.#flows.addGeneration(command.generation, command.settings);
        break;
      case 'end_generation':
        this.#flows.endGeneration(command.generation, this.#rings);
        break;
      case 'flow_client':
        this.#flows.setClient(command.flow, command.client);
        break;
      case 'end_flow':
        this.#flows.endFlow(command.flow, this.#rings);
        break;
      case 'row':
        this.#outlets.series.answer(command.series, command.row);
        break;
      case 'spans_taken':
        this.#outlets.spans.taken();
        break;
      case 'watch':
        this.#watch(command.events);
        break;
      case 'watch_streams':
        this.#watchesStreams = command.isWanted;
        break;
      case 'read_events':
        this.#readEvents(command);
        break;
      case 'event_range': {
        const { oldest = 0, end = 0 } = this.#outlets.events ?? {};
        this.#report({ type: 'range', request: command.request, oldest, end });
        break;
      }
      case 'exit':
        this.#isLeaving = true;
        this.#outlets.spans.flushAll();
        break;
      default:
        throw new Error(`unknown enrich command ${JSON.stringify(command satisfies never)}`);
    }
  }

  #watch(capacity: number): void {
    this.#outlets.events ??= new EventLog(capacity, (flow) => this.#flows.forgotten(flow));
  }

  #readEvents({ request, cursor, max }: { request: number; cursor: number; max: number }): void {
    const none = { events: [], flows: [], next: 0, missed: 0 };
    const { flows, ...page } = this.#outlets.events?.read(cursor, max) ?? none;
    this.#report({ type: 'events', request, page, flows });
  }

  #readRing(ring: RingReading): boolean {
    for (let i = 0, bytes = 0; i < RECORDS_A_TURN && bytes < BYTES_A_TURN; i++) {
      const record = ring.reader.next();
      if (record === undefined) return i > 0;
      bytes += record.captured;
      this.#read(ring, record);
    }
    return true;
  }

  #read(ring: RingReading, record: RecordView): void {
    try {
      this.#readRecord(ring, record);
    } catch (error) {
      this.#fault(ring, record, error);
    }
  }

  #readRecord(ring: RingReading, record: RecordView): void {
    const conversation = this.#conversationOf(ring, record);
    // What is decoded may be overwritten by that.
    const part = this.#watchesStreams ? this.#noteStream(conversation, record) : undefined;
    if ((record.flags & LAST) !== 0) {
      conversation.read(record);
      conversation.end(record.timeMs);
      ring.conversations.delete(record.connection);
      return;
    }
    // What only tells of bytes that were skipped is none.
    const isOperation = (record.flags & CONTINUED) === 0 || record.captured > 0;
    if (this.#outlets.events !== undefined && isOperation) this.#noteOperation(conversation, record);
    conversation.read(record);
    if (part !== undefined) part.protocol = conversation.protocol;
  }

  /** A bug of ours costs the conversation it happened in, and no other. */
  #fault({ conversations }: RingReading, { connection }: RecordView, error: unknown): void {
    this.#health[FAULTS]++;
    conversations.abandon(connection);
    // Without its message: that may quote what was being read.
    this.#report({ type: 'fault', stack: error instanceof Error ? framesOf(error) : '' });
  }

  #conversationOf(ring: RingReading, record: RecordView): Conversation {
    const { connection, generation, capture, flow } = record;
    const { conversations } = ring;
    const known = conversations.get(connection);
    if (known?.generation === generation) {
      const { traffic } = known.recorder;
      if (traffic.flow === flow && traffic.generation === capture) return known;
    }
    conversations.abandon(connection);
    // It was introduced before the record was written, but perhaps not before commands were looked at last.
    if (!this.#flows.hasGeneration(capture)) this.#applyAll();
    const recorder = this.#flows.recorderOf(record, ring);
    const id = `${ring.number}-${connection}-${generation}`;
    const conversation = new Conversation(id, recorder, generation, this.#health);
    conversations.add(connection, conversation);
    return conversation;
  }

  #noteStream(conversation: Conversation, record: RecordView): StreamPart {
    const { recorder, id, protocol } = conversation;
    const isBehindGap = conversation.isBehindGap(record);
    const part = streamPart(record, recorder.settings.payload === 'raw', { isBehindGap, protocol });
    recorder.noteStream(part, id);
    return part;
  }

  #noteOperation({ recorder, id }: Conversation, record: RecordView): void {
    const text = recorder.settings.payload === 'raw' ? capturedText(record) : undefined;
    recorder.noteOperation(record, id, text);
  }

  /** Lets go of rings and flows whose last record has been read; there may be no moment without others. */
  #forgetEnded(): void {
    for (const ring of this.#rings.values()) {
      if (!ring.hasEnded || ring.reader.waiting > 0) continue;
      ring.conversations.abandonAll();
      this.#rings.delete(ring.number);
      discardShared(ring.memory, HEADER_BYTES);
    }
    this.#flows.forgetEnded(this.#rings);
  }
}
