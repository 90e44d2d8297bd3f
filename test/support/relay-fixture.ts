import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { SocketType } from '../../src/linux/socket-type.js';
import { ListenSocket } from '../../src/linux/unix-listener.js';
import {
  CLOSED,
  DROPPED_DESCRIPTORS,
  errorColumn,
  FAILURE_NAMES,
  OPENED,
  PASSED_DESCRIPTORS,
  RECV_BYTES,
  RECV_OPS,
  SEND_BYTES,
  SEND_OPS,
} from '../../src/receivers/uds/counters.js';
import type { PoolListener } from '../../src/receivers/uds/pool/pool-listener.js';
import { RelayPool, type RelayPoolSettings } from '../../src/receivers/uds/pool/relay-pool.js';
import type { ListenerSettings } from '../../src/receivers/uds/relay/messages.js';
import type { Cleanup } from './cleanup.js';
import { eventually } from './eventually.js';
import { listenerEvents, poolEvents } from './pool-events.js';
import { RawListener, RawStream } from './raw-stream.js';

export interface RelayFixtureOptions extends Partial<RelayPoolSettings> {
  listener?: Partial<ListenerSettings>;
  /** The upstream listens from the start. Default true. */
  serve?: boolean;
  upstreamBacklog?: number;
}

export interface Totals {
  sendBytes: number;
  recvBytes: number;
  sendOps: number;
  recvOps: number;
  opened: number;
  closed: number;
  /** Those that are not zero, as FAILURES has them. */
  errors: Record<string, number>;
}

const DEFAULTS: RelayPoolSettings = { threads: 1, rows: 64, maxConnections: 2048, bufferBytes: 4096 };

/** A pool of relay threads with one listener, and its upstream in this thread. */
export class RelayFixture {
  /** What the pool has reported. */
  readonly upstreamReports: (string | undefined)[] = [];
  /** How often it reported that descriptors were lost. */
  descriptorReports = 0;
  readonly refusals: { user: number; reason: string }[] = [];
  readonly acceptingReports: (string | undefined)[] = [];
  /** Clients that are turned away. */
  readonly overShareReports: string[] = [];
  readonly faults: string[] = [];
  readonly captureFailures: string[] = [];
  readonly strays: string[] = [];
  readonly deaths: unknown[] = [];
  readonly path: string;
  readonly upstreamPath: string;
  pool!: RelayPool;
  listener!: PoolListener;
  upstream!: RawListener;
  readonly #sockets: ListenSocket[] = [];
  /** What the flows of each listener count, or have counted, in the order in which they opened. */
  readonly #rows = new Map<PoolListener, Float64Array[]>();

  private constructor(
    readonly cleanup: Cleanup,
    readonly directory: string,
  ) {
    this.path = join(directory, 'relay.sock');
    this.upstreamPath = join(directory, 'upstream.sock');
  }

  static async start(cleanup: Cleanup, options: RelayFixtureOptions = {}): Promise<RelayFixture> {
    const fixture = new RelayFixture(cleanup, cleanup.directory());
    const { listener, serve = true, upstreamBacklog, ...settings } = options;
    fixture.pool = await RelayPool.start(
      { ...DEFAULTS, ...settings },
      poolEvents({
        accepting: (paused) => fixture.acceptingReports.push(paused),
        strayed: (error) => fixture.strays.push(error),
        died: (error) => fixture.deaths.push(error),
      }),
    );
    cleanup.defer(() => fixture.#end());
    if (serve) fixture.upstream = RawListener.listen(fixture.upstreamPath, cleanup, upstreamBacklog);
    fixture.listener = fixture.listen(fixture.#bind(fixture.path, listener?.type), listener);
    return fixture;
  }

  /** Starts relaying what comes in on a listening descriptor. */
  listen(fd = this.#sockets[0].fd, settings: Partial<ListenerSettings> = {}): PoolListener {
    const defaults = {
      upstream: this.upstreamPath,
      connectTimeoutMs: 5000,
      idleTimeoutMs: 0,
      isShared: false,
      credentials: 'self' as const,
    };
    const rows: Float64Array[] = [];
    const listener = this.pool.listen(
      fd,
      { ...defaults, ...settings },
      listenerEvents({
        flowOpened: ({ counters }) => void rows.push(counters),
        flowEnded: ({ counters }) => void rows.splice(rows.indexOf(counters), 1, Float64Array.from(counters)),
        upstream: (error) => this.upstreamReports.push(error),
        refused: (user, reason) => this.refusals.push({ user, reason }),
        descriptorsDropped: () => void this.descriptorReports++,
        overShare: (client) => this.overShareReports.push(client),
        fault: (error) => this.faults.push(error),
        captureFailed: (error) => this.captureFailures.push(error),
      }),
    );
    this.#rows.set(listener, rows);
    return listener;
  }

  /** The rows of a listener's flows so far. */
  rows(listener = this.listener): readonly Float64Array[] {
    this.pool.drainReports();
    return this.#rows.get(listener) ?? [];
  }

  /** One more listener of the pool, on a path of its own, with the same upstream. */
  addListener(settings: Partial<ListenerSettings> = {}): { path: string; listener: PoolListener } {
    const path = join(this.directory, `relay-${this.#sockets.length}.sock`);
    return { path, listener: this.listen(this.#bind(path, settings.type), settings) };
  }

  /** A relayed connection: both its ends. */
  async connect(cleanup = this.cleanup): Promise<{ client: RawStream; server: RawStream }> {
    const client = await RawStream.connectInTime(this.path, cleanup);
    return { client, server: await this.upstream.accept(cleanup) };
  }

  /**
   * A connection whose client does what it does before the relay has read anything: the relay waits for room
   * in the upstream's backlog meanwhile, which must have been made 0 long.
   */
  async connectAfter(act: (client: RawStream) => void): Promise<{ client: RawStream; server: RawStream }> {
    const blocker = RawStream.connect(this.upstreamPath, this.cleanup);
    const client = await RawStream.connectInTime(this.path, this.cleanup);
    act(client);
    (await this.upstream.accept(this.cleanup)).close();
    blocker.close();
    return { client, server: await this.upstream.accept(this.cleanup) };
  }

  totals(listener = this.listener): Totals {
    const rows = this.rows(listener);
    const sum = (column: number) => rows.reduce((total, row) => total + row[column], 0);
    const errors = FAILURE_NAMES.map((name) => [name, sum(errorColumn(name))] as const);
    return {
      sendBytes: sum(SEND_BYTES),
      recvBytes: sum(RECV_BYTES),
      sendOps: sum(SEND_OPS),
      recvOps: sum(RECV_OPS),
      opened: sum(OPENED),
      closed: sum(CLOSED),
      errors: Object.fromEntries(errors.filter(([, count]) => count > 0)),
    };
  }

  /** Descriptors that were passed on, from clients and from the upstream. */
  get passedDescriptors(): [number, number] {
    return this.#byDirection(PASSED_DESCRIPTORS);
  }

  /** Messages of which descriptors were lost, from clients and from the upstream. */
  get droppedDescriptors(): [number, number] {
    return this.#byDirection(DROPPED_DESCRIPTORS);
  }

  #byDirection(column: number): [number, number] {
    const rows = [...this.#rows.values()].flat();
    const sum = (each: number) => rows.reduce((total, row) => total + row[each], 0);
    return [sum(column), sum(column + 1)];
  }

  /** Waits until every connection that was opened is closed; the totals then. */
  async settled(): Promise<Totals> {
    await eventually(
      'all connections are closed',
      () => this.totals().opened === this.totals().closed,
      () => this.totals(),
    );
    return this.totals();
  }

  #bind(path: string, type?: SocketType): number {
    const socket = ListenSocket.bind(path, type);
    this.#sockets.push(socket);
    socket.listen();
    return socket.fd;
  }

  async #end(): Promise<void> {
    await this.pool.exit();
    for (const socket of this.#sockets) socket.close();
    assert.deepEqual(this.deaths, [], 'a relay thread died');
    assert.deepEqual(this.faults, [], 'a relay thread lost a connection to a fault of its own');
  }
}
