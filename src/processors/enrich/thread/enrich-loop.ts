import { monotonicMs } from '../../../linux/clock.js';
import { discardShared } from '../../../linux/memory.js';
import type { Protocols } from '../../../protocols/protocol.js';
import { HEADER_BYTES } from '../../capture/ring/layout.js';
import { LAST, type RecordView } from '../../capture/ring/record.js';
import {
  CALL_INSTRUMENTS,
  FAULTS,
  LOSS_INSTRUMENTS,
  METHOD_INSTRUMENTS,
  ORPHANED_RECORDS,
} from '../instruments.js';
import type { EnrichCommand, EnrichReport, EnrichThreadData, SourceSettings } from '../messages.js';
import { type Outlets, Source } from './call-recorder.js';
import { capturedText } from './captured-text.js';
import { MemoryRoom } from './client-memory.js';
import type { Rows } from './client-rows.js';
import { Clients } from './clients.js';
import { Conversation } from './conversation.js';
import { EndingSources } from './ending-sources.js';
import { EventLog } from './event-log.js';
import { framesOf } from './frames-of.js';
import { Parking } from './parking.js';
import { CallRoom } from './pending-calls.js';
import { type RingReading, startReading } from './ring-reading.js';
import { RowStore } from './row-store.js';
import { SpanOutlet } from './span-outlet.js';
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

/** How long a response is waited for, in ms. Tools and subscriptions take their time. */
const CALL_MS_MAX = 10 * 60_000;

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
  readonly #rows: Rows;
  readonly #clients: Clients;
  readonly #rings = new Map<number, RingReading>();
  readonly #sources = new Map<number, Source>();
  readonly #parking = new Parking((source) => this.#sources.has(source));
  readonly #ending = new EndingSources();
  /** Sources of which everything is read, but the main thread has not taken all that was made of them. */
  readonly #leaving = new Map<number, Source>();
  #isLeaving = false;
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
    this.#rows = {
      calls: new RowStore(data.rows.calls, CALL_INSTRUMENTS.width),
      methods: new RowStore(data.rows.methods, METHOD_INSTRUMENTS.width),
      losses: new RowStore(data.rows.losses, LOSS_INSTRUMENTS.width),
      health: this.#health,
      report: io.report,
    };
    this.#clients = new Clients({ rows: this.#rows, calls: new CallRoom(), memory: new MemoryRoom() });
    this.#outlets = {
      clock: new WallClock(),
      protocols,
      spans: new SpanOutlet(io.report, this.#health, monotonicMs),
      events: undefined,
    };
  }

  /** Runs until told to leave, and then reads what is there. */
  run(): void {
    while (!this.#isLeaving) {
      const wasRead = this.#turn();
      if (wasRead) this.#sleepMs = SLEEP_MS_MIN;
      else this.#sleep();
    }
    while (this.#turn());
    this.#outlets.spans.flushAll();
  }

  /** One round through everything. Whether there was anything to read. */
  #turn(): boolean {
    Atomics.add(this.#progress, 0, 1);
    for (let command = this.#receive(); command; command = this.#receive()) this.#apply(command);
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
      for (const conversation of conversations.values()) {
        if (conversation.isWaiting) conversation.expire(nowMs - CALL_MS_MAX);
      }
    }
  }

  #apply(command: EnrichCommand): void {
    switch (command.type) {
      case 'ring':
        this.#rings.set(command.ring, startReading(command.ring, command.memory));
        break;
      case 'end_ring': {
        const ring = this.#rings.get(command.ring);
        if (ring !== undefined) ring.hasEnded = true;
        break;
      }
      case 'source':
        this.#introduce(command.source, command.settings);
        break;
      case 'end_source':
        this.#ending.add(command.source, this.#rings.values());
        break;
      case 'free_rows':
        this.#rows.calls.give(command.rows.calls);
        this.#rows.methods.give(command.rows.methods);
        this.#rows.losses.give(command.rows.losses);
        break;
      case 'spans_taken':
        this.#outlets.spans.taken();
        break;
      case 'watch':
        this.#watch(command.events);
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
    this.#outlets.events ??= new EventLog(capacity);
  }

  #introduce(source: number, settings: SourceSettings): void {
    this.#parking.introduced(source);
    this.#sources.set(source, new Source(source, settings, this.#clients.of(settings), this.#outlets));
  }

  #readEvents({ request, cursor, max }: { request: number; cursor: number; max: number }): void {
    const page = this.#outlets.events?.read(cursor, max) ?? { events: [], next: 0, missed: 0 };
    this.#report({ type: 'events', request, page });
  }

  #readRing(ring: RingReading): boolean {
    const { reader, parked } = ring;
    if (parked.size > 0) this.#readParked(ring);
    for (let i = 0, bytes = 0; i < RECORDS_A_TURN && bytes < BYTES_A_TURN; i++) {
      const record = reader.next();
      if (record === undefined) return i > 0;
      bytes += record.captured;
      const isUnusual = parked.size > 0 || !this.#sources.has(record.source);
      if (isUnusual && !this.#isLeaving && this.#parking.takes(ring, record, monotonicMs())) continue;
      this.#read(ring, record);
    }
    return true;
  }

  #readParked(ring: RingReading): void {
    this.#parking.release(ring, monotonicMs(), this.#isLeaving, (record) => this.#read(ring, record));
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
    if (conversation === undefined) return;
    if ((record.flags & LAST) !== 0) {
      conversation.read(record);
      conversation.end(record.timeMs);
      ring.conversations.delete(record.connection);
      return;
    }
    if (this.#outlets.events !== undefined) this.#noteOperation(conversation, record);
    conversation.read(record);
  }

  /** A bug of ours costs the conversation it happened in, and no other. */
  #fault({ conversations }: RingReading, { connection }: RecordView, error: unknown): void {
    this.#health[FAULTS]++;
    conversations.get(connection)?.abandon();
    conversations.delete(connection);
    // Without its message: that may quote what was being read.
    this.#report({ type: 'fault', stack: error instanceof Error ? framesOf(error) : '' });
  }

  /** The conversation of a record; undefined when nobody knows whose it is. */
  #conversationOf({ number, conversations }: RingReading, record: RecordView): Conversation | undefined {
    const { connection, generation } = record;
    const known = conversations.get(connection);
    if (known?.generation === generation && known.source.number === record.source) return known;
    known?.abandon();
    conversations.delete(connection);
    const source = this.#sources.get(record.source);
    if (source === undefined) {
      this.#health[ORPHANED_RECORDS]++;
      return undefined;
    }
    const id = `${number}-${connection}-${generation}`;
    const conversation = new Conversation(id, source, generation, this.#health);
    conversations.set(connection, conversation);
    return conversation;
  }

  #noteOperation({ source, id }: Conversation, record: RecordView): void {
    const text = source.settings.payload === 'raw' ? capturedText(record) : undefined;
    source.noteOperation(record, id, text);
  }

  /** Lets go of rings and sources whose last record has been read; there may be no moment without others. */
  #forgetEnded(): void {
    for (const ring of this.#rings.values()) {
      if (!ring.hasEnded || ring.parked.size > 0 || ring.reader.waiting > 0) continue;
      for (const conversation of ring.conversations.values()) conversation.abandon();
      this.#rings.delete(ring.number);
      discardShared(ring.memory, HEADER_BYTES);
    }
    for (const source of this.#ending.takeRead()) this.#abandon(source);
    for (const [number, source] of this.#leaving) {
      if (this.#outlets.spans.flushSource(number, source.client.spans)) this.#forgetSource(number, source);
    }
  }

  /** Nothing more is read of a source. */
  #abandon(number: number): void {
    for (const { conversations } of this.#rings.values()) {
      for (const [connection, conversation] of conversations) {
        if (conversation.source.number !== number) continue;
        conversation.abandon();
        conversations.delete(connection);
      }
    }
    const source = this.#sources.get(number);
    if (source !== undefined) this.#leaving.set(number, source);
  }

  #forgetSource(number: number, source: Source): void {
    this.#leaving.delete(number);
    if (source.end()) this.#clients.forget(source.settings);
    this.#sources.delete(number);
    this.#report({ type: 'source_ended', source: number });
  }
}
