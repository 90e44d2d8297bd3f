import assert from 'node:assert/strict';
import { pino } from 'pino';
import { monotonicMs } from '../../../../src/linux/clock.js';
import { CheckedRingWriter } from '../../../../src/processors/capture/ring/checked-ring-writer.js';
import type { EnrichChannel } from '../../../../src/processors/enrich/enrich-channel.js';
import { EnrichThread } from '../../../../src/processors/enrich/enrich-thread.js';
import {
  CALL_INSTRUMENTS,
  CALLS_DECODED,
  LOSS_INSTRUMENTS,
  LOSS_REASONS,
  METHOD_INSTRUMENTS,
} from '../../../../src/processors/enrich/instruments.js';
import type { ClientLimits } from '../../../../src/processors/enrich/messages.js';
import type { CapturedFlow } from '../../../../src/processors/observer.js';
import { type Direction, RECV, SEND } from '../../../../src/protocols/direction.js';
import { SeriesTable } from '../../../../src/telemetry/series-table.js';
import type { SpanData } from '../../../../src/telemetry/span-data.js';
import type { Cleanup } from '../../../support/cleanup.js';
import { eventually } from '../../../support/eventually.js';
import { callsIn, durationsIn } from './call-row.js';
import { LIMITS } from './messages.js';

const ENTRIES = 2 ** 15;
const RING_BYTES = 2 ** 26;
/** Requests that are written before it is looked whether they are read. */
const AHEAD = 4096;

const TABLE = { maxSeries: 20_000, lingerMs: 0, resumes: true };

/** Series of each kind that a client may have, as the configuration has it by default. */
const SERIES = 2000;
const CLIENTS = 1024;

interface Changes {
  readonly limits?: Partial<ClientLimits & { series: number }>;
  readonly spanRatio?: number;
  readonly payload?: 'none' | 'raw';
}

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
  readonly #flows = new Map<number, { generation: number; client: number }>();
  readonly #generations = new Map<string, number>();
  readonly #clients = new Map<string, number>();
  readonly #clientWords = new Int32Array(new SharedArrayBuffer(CLIENTS * Int32Array.BYTES_PER_ELEMENT));
  /** Flows that were reported, and not heard of yet. */
  readonly #reports: [number, CapturedFlow][] = [];
  /** When what is said is relayed; undefined: as it is said. */
  #nowMs: number | undefined;
  #nextFlow = 1;
  #requests = 0;

  constructor(cleanup: Cleanup, changes: Changes = {}) {
    const { series: ownerSeries = SERIES, ...limits } = { ...LIMITS, ...changes.limits };
    this.calls = new SeriesTable(CALL_INSTRUMENTS, { ...TABLE, ownerSeries });
    this.methods = new SeriesTable(METHOD_INSTRUMENTS, { ...TABLE, ownerSeries });
    const settings = {
      protocols: ['jsonrpc' as const],
      methods: { known: [], max: 200 },
      routes: [],
      latency: true,
      payload: changes.payload ?? 'none',
      spanRatio: changes.spanRatio ?? 0,
      receiver: 'uds',
      limits,
    };
    const { calls, methods, losses } = this;
    const take = (spans: readonly SpanData[], client: string) => {
      this.spans.set(client, [...(this.spans.get(client) ?? []), ...spans]);
    };
    this.#channel = this.enrichThread.channel(settings, { calls, methods, losses, spans: take });
    const origin = { clientWords: this.#clientWords.buffer, drainReports: () => this.#drainReports() };
    const { memory } = this.#channel.addRing('test', { entries: ENTRIES, maxBytes: RING_BYTES }, origin);
    this.#writer = new CheckedRingWriter(
      memory,
      this.enrichThread.doorbell,
      () => this.#nowMs ?? monotonicMs(),
    );
    cleanup.defer(() => this.enrichThread.shutdown());
  }

  /** A flow of a client on a socket. Returns the number that its records carry. */
  addFlow(client: string, socket = 'rpc'): number {
    const flow = this.addLateFlow(client, socket);
    this.#drainReports();
    return flow;
  }

  /** The same, of which the main thread learns when it asks for it. */
  addLateFlow(client: string, socket = 'rpc'): number {
    const flow = this.#nextFlow++;
    const written = { generation: this.#generationOf(socket), client: this.#numberOf(client) };
    this.#flows.set(flow, written);
    this.#reports.push([
      flow,
      {
        attributes: { 'uds.socket.name': socket, 'container.id': client },
        client: { key: `container ${client}`, attributes: { 'container.id': client } },
        clientWord: undefined,
      },
    ]);
    return flow;
  }

  endFlow(flow: number): void {
    this.#channel.endFlow(flow, true);
  }

  /** A line that is sent on a connection. */
  async ask(flow: number, connection: number, method: string, id: string): Promise<void> {
    this.#write(flow, connection, SEND, { jsonrpc: '2.0', id, method });
    this.#requests++;
    if (this.#requests % AHEAD === 0) await this.read(this.#requests - AHEAD);
  }

  answer(flow: number, connection: number, id: string): void {
    this.#write(flow, connection, RECV, { jsonrpc: '2.0', id, result: 1 });
  }

  /** What either side says. `timeMs`: when that is relayed. */
  say(flow: number, direction: Direction, message: object, timeMs: number): void {
    this.#nowMs = timeMs;
    this.#write(flow, flow, direction, { jsonrpc: '2.0', ...message });
    if ('method' in message) this.#requests++;
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
        calls: before.calls + callsIn(totals),
        durations: before.durations + durationsIn(totals),
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

  #write(number: number, connection: number, direction: Direction, message: object): void {
    const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
    const ordinal = this.#ordinals.get(connection) ?? 0;
    this.#ordinals.set(connection, ordinal + 1);
    const { generation, client } = this.#flows.get(number) ?? assert.fail(`no flow ${number}`);
    this.#writer.begin(1, bytes.length, client);
    this.#writer.addPiece(bytes.length, 0);
    this.#writer.copyBytes(bytes);
    this.#writer.publish(generation, number, connection, 0, ordinal, direction, bytes.length, 1);
  }

  #drainReports(): void {
    for (const [flow, captured] of this.#reports.splice(0)) this.#channel.addFlow(flow, captured);
  }

  #generationOf(socket: string): number {
    const known = this.#generations.get(socket);
    if (known !== undefined) return known;
    const coverage = { send: 'all', recv: 'all' } as const;
    const generation = this.#channel.addGeneration({
      socket,
      path: `/run/${socket}`,
      protocol: 'jsonrpc',
      client: undefined,
      coverage,
    });
    this.#generations.set(socket, generation);
    return generation;
  }

  /** As the thread that writes knows a client. */
  #numberOf(client: string): number {
    const number = this.#clients.get(client) ?? this.#clients.size + 1;
    this.#clients.set(client, number);
    this.#clientWords[number] = number;
    return number;
  }
}
