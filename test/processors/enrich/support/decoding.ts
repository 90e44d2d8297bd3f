import { pino } from 'pino';
import { CheckedRingWriter } from '../../../../src/processors/capture/ring/checked-ring-writer.js';
import type { EnrichChannel } from '../../../../src/processors/enrich/enrich-channel.js';
import { EnrichThread } from '../../../../src/processors/enrich/enrich-thread.js';
import {
  CALL_INSTRUMENTS,
  CALLS,
  CALLS_DECODED,
  durationColumn,
  LOSS_INSTRUMENTS,
  LOSS_REASONS,
  METHOD_INSTRUMENTS,
} from '../../../../src/processors/enrich/instruments.js';
import type { ClientLimits } from '../../../../src/processors/enrich/messages.js';
import { RPC } from '../../../../src/protocols/conventions.js';
import { type Direction, RECV, SEND } from '../../../../src/protocols/direction.js';
import { CALL_DURATION_BOUNDARIES, histogramCount } from '../../../../src/telemetry/histogram.js';
import { SeriesTable } from '../../../../src/telemetry/series-table.js';
import type { SpanData } from '../../../../src/telemetry/span-data.js';
import type { Cleanup } from '../../../support/cleanup.js';
import { eventually } from '../../../support/eventually.js';
import { LIMITS } from './messages.js';

const ENTRIES = 2 ** 15;
const RING_BYTES = 2 ** 26;
/** Requests that are written before it is looked whether they are read. */
const AHEAD = 4096;

const TABLE = { maxSeries: 20_000, lingerMs: 0, resumes: true };

/** What became of calls: by name, or, of what exceeds a share, as `overflow`. */
export interface Counted {
  readonly calls: number;
  readonly durations: number;
}

/** An enrich thread that reads what a test writes into its ring. */
export class Decoding {
  readonly enrichThread = new EnrichThread(pino({ level: 'silent' }));
  readonly calls: SeriesTable;
  readonly methods: SeriesTable;
  readonly losses = new SeriesTable(LOSS_INSTRUMENTS, TABLE);
  readonly spans = new Map<string, SpanData[]>();
  readonly #channel: EnrichChannel;
  readonly #writer: CheckedRingWriter;
  readonly #ordinals = new Map<number, number>();
  #nextSource = 1;
  #requests = 0;

  constructor(cleanup: Cleanup, changes: { limits?: Partial<ClientLimits>; spanRatio?: number } = {}) {
    const limits = { ...LIMITS, ...changes.limits };
    this.calls = new SeriesTable(CALL_INSTRUMENTS, { ...TABLE, ownerSeries: limits.series });
    this.methods = new SeriesTable(METHOD_INSTRUMENTS, { ...TABLE, ownerSeries: limits.series });
    const settings = {
      protocols: ['jsonrpc' as const],
      methods: { known: [], max: 200 },
      latency: true,
      payload: 'none' as const,
      spanRatio: changes.spanRatio ?? 0,
      receiver: 'uds',
      limits,
    };
    const { calls, methods, losses } = this;
    const take = (spans: readonly SpanData[], client: string) => {
      this.spans.set(client, [...(this.spans.get(client) ?? []), ...spans]);
    };
    this.#channel = this.enrichThread.channel(settings, { calls, methods, losses, spans: take });
    const { memory } = this.#channel.addRing('test', { entries: ENTRIES, maxBytes: RING_BYTES });
    this.#writer = new CheckedRingWriter(memory, this.enrichThread.doorbell);
    cleanup.defer(() => this.enrichThread.shutdown());
  }

  /** A socket of a client. Returns the number that its records carry. */
  addSource(client: string, socket = 'rpc'): number {
    const number = this.#nextSource++;
    const source = {
      socket,
      path: `/run/${socket}`,
      attributes: { 'uds.socket.name': socket, 'container.id': client },
      protocol: 'jsonrpc' as const,
      client: { key: `container ${client}`, attributes: { 'container.id': client } },
    };
    this.#channel.addSource(number, source, { send: 'all', recv: 'all' });
    return number;
  }

  endSource(number: number): void {
    this.#channel.endSource(number, true);
  }

  /** A line that is sent on a connection. */
  async ask(source: number, connection: number, method: string, id: string): Promise<void> {
    this.#write(source, connection, SEND, { jsonrpc: '2.0', id, method });
    this.#requests++;
    if (this.#requests % AHEAD === 0) await this.read(this.#requests - AHEAD);
  }

  answer(source: number, connection: number, id: string): void {
    this.#write(source, connection, RECV, { jsonrpc: '2.0', id, result: 1 });
  }

  /** Waits until so many requests have been read, or all. */
  async read(requests = this.#requests): Promise<void> {
    await eventually(`${requests} requests are read`, () => this.health(CALLS_DECODED) >= requests);
  }

  /** A counter of the thread. */
  health(column: number): number {
    return this.enrichThread.healthTable.readings().reduce((sum, { totals }) => sum + totals[column], 0);
  }

  /** Calls of a client by method, or as `overflow`. */
  callsOf(client: string): Readonly<Record<string, Counted>> {
    const counted: Record<string, Counted> = {};
    for (const { series, totals } of this.calls.readings()) {
      const { 'container.id': id, 'rpc.method': method = 'overflow' } = series.attributes;
      if (id !== client) continue;
      const before = counted[String(method)] ?? { calls: 0, durations: 0 };
      counted[String(method)] = {
        calls: before.calls + totals[CALLS],
        durations: before.durations + histogramCount(totals, durationColumn(RPC), CALL_DURATION_BOUNDARIES),
      };
    }
    return counted;
  }

  totalOf(client: string): number {
    return Object.values(this.callsOf(client)).reduce((sum, { calls }) => sum + calls, 0);
  }

  /** What a client has lost, by reason. */
  lossesOf(client: string): Readonly<Record<string, number>> {
    const found = this.losses.readings().find(({ series }) => series.attributes['container.id'] === client);
    const counts = LOSS_REASONS.map((reason, i) => [reason, found?.totals[i] ?? 0] as const);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  #write(source: number, connection: number, direction: Direction, message: object): void {
    const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
    const ordinal = this.#ordinals.get(connection) ?? 0;
    this.#ordinals.set(connection, ordinal + 1);
    this.#writer.begin(1, bytes.length);
    this.#writer.addPiece(bytes.length, 0);
    this.#writer.copyBytes(bytes);
    this.#writer.publish(source, connection, 0, ordinal, direction, bytes.length, 1);
  }
}
