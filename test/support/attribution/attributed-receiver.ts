import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { pino } from 'pino';
import { Containers } from '../../../src/identity/containers.js';
import { ATTRIBUTION_INSTRUMENTS } from '../../../src/identity/instruments.js';
import { UNATTRIBUTED_REASONS } from '../../../src/identity/process-snapshot.js';
import { udsReceiverSchema } from '../../../src/receivers/uds/config.js';
import { OPENED, SEND_BYTES } from '../../../src/receivers/uds/counters.js';
import { UDS_INSTRUMENTS } from '../../../src/receivers/uds/instruments.js';
import { UdsReceiver } from '../../../src/receivers/uds/receiver.js';
import type { UdsReceiverSettings } from '../../../src/receivers/uds/settings.js';
import { SeriesTable, type SeriesTableSettings } from '../../../src/telemetry/series-table.js';
import { Child } from '../child.js';
import type { Cleanup } from '../cleanup.js';
import { RawStream } from '../raw-stream.js';
import { FakeProcesses, HOST_CGROUP } from './fake-processes.js';

/** What a test wants otherwise than ids and names of containers. */
export interface Applied {
  readonly attributes?: readonly string[];
  /** Keys of the receiver. */
  readonly receiver?: object;
  readonly capture?: NonNullable<UdsReceiverSettings['capture']>;
  readonly procRoot?: string;
}

/** A series as tests compare it: what distinguishes it, and sent bytes and opened connections. */
export type Shown = Readonly<Record<string, [sent: number, opened: number]>>;

export const SERVICE = '/usr/sbin/service';

/** A receiver on a host that is what a test says it is, with services that are processes of their own. */
export class AttributedReceiver {
  readonly host: FakeProcesses;
  readonly containers: Containers;
  readonly table: SeriesTable;
  readonly attribution = new SeriesTable(ATTRIBUTION_INSTRUMENTS, { maxSeries: 100, lingerMs: 0 });
  readonly receiver: UdsReceiver;
  readonly log: string[] = [];
  readonly fatalities: unknown[] = [];
  readonly #directory: string;
  readonly #cleanup: Cleanup;

  constructor(cleanup: Cleanup, limits: Partial<SeriesTableSettings> = {}) {
    this.#cleanup = cleanup;
    this.#directory = cleanup.directory();
    this.host = new FakeProcesses(cleanup);
    this.containers = new Containers(this.host.files);
    this.table = new SeriesTable(UDS_INSTRUMENTS, { maxSeries: 100, lingerMs: 60_000, ...limits });
    this.receiver = new UdsReceiver({
      id: 'uds',
      table: this.table,
      attribution: this.attribution,
      containers: this.containers,
      logger: pino({ level: 'debug' }, { write: (line) => void this.log.push(JSON.parse(line).msg) }),
      fatal: (error) => this.fatalities.push(error),
    });
    cleanup.defer(async () => {
      await this.receiver.shutdown(0);
      this.containers.close();
      assert.deepEqual(this.fatalities, []);
    });
  }

  path(name: string): string {
    return `${this.#directory}/${name}`;
  }

  /** Relays `NAME.relay` to `NAME`, for each of these, from now on. */
  async apply(names: readonly string[], applied: Applied = {}): Promise<void> {
    const sockets = names.map((name) => ({
      name,
      listen: this.path(`${name}.relay`),
      upstream: this.path(name),
    }));
    const containers = { directory: this.path('containers') };
    const { attributes = ['container.id', 'container.name'], receiver, ...more } = applied;
    const config = udsReceiverSchema.parse({ threads: 1, sockets, containers, ...receiver });
    const settings = { config, attributes, procRoot: this.host.files.proc, ...more };
    await (await this.receiver.prepare(settings)).commit();
  }

  /** Starts a service at NAME, a process of the host; in the place of one that was there. */
  async serve(
    name: string,
    program: 'echo' | 'rpc' = 'echo',
  ): Promise<{ pid: number; stop(): Promise<void> }> {
    rmSync(this.path(name), { force: true });
    const file = `attribution/${program}-process`;
    const child = Child.start(this.#cleanup, file, [this.path(name)]);
    const { pid } = await child.hear<{ pid: number }>();
    this.host.put(HOST_CGROUP, { pid, executable: SERVICE });
    return { pid, stop: () => child.kill('SIGKILL').then(() => undefined) };
  }

  /** Connects, and waits until a text has come back: it is known by then who has connected. */
  async exchange(name: string, text = 'x'): Promise<RawStream> {
    const client = await this.connect(name);
    await exchange(client, text);
    return client;
  }

  connect(name: string): Promise<RawStream> {
    return RawStream.connectInTime(this.path(`${name}.relay`), this.#cleanup);
  }

  /** All series, by what distinguishes them: short ids of containers, or the names of programs. */
  shown(): Shown {
    const readings = this.table.readings();
    return Object.fromEntries(
      readings.map(({ series, totals }) => [nameOf(series.attributes), this.countsOf(totals)] as const),
    );
  }

  /** Sent bytes and opened connections in the values of a series. */
  countsOf(totals: Float64Array): [sent: number, opened: number] {
    return [totals[SEND_BYTES], totals[OPENED]];
  }

  /** Sent bytes and opened connections of all series together. */
  total(): [sent: number, opened: number] {
    const all = Object.values(this.shown());
    return [0, 1].map((i) => all.reduce((sum, counts) => sum + (counts[i] ?? 0), 0)) as [number, number];
  }

  /** Connections that nobody could attribute, by reason. */
  unattributed(): Readonly<Record<string, number>> {
    this.receiver.drainReports();
    const counts = this.attribution.readings().flatMap(({ totals }) => [...totals.entries()]);
    return Object.fromEntries(
      counts.filter(([, count]) => count > 0).map(([i, count]) => [UNATTRIBUTED_REASONS[i], count]),
    );
  }
}

/** Sends a text to an echo and waits for it. */
export async function exchange(client: RawStream, text: string): Promise<void> {
  client.send(Buffer.from(text));
  assert.equal((await client.receiveExactly(text.length)).toString(), text);
}

/** `SOCKET SCOPE WHO`, and the server where it is in a container; a container by the number in its id. */
function nameOf(attributes: Readonly<Record<string, unknown>>): string {
  if (attributes['otel.metric.overflow'] === true) return 'overflow';
  const id = attributes['container.id'];
  const server = attributes['server.container.id'];
  const words = [
    attributes['uds.socket.name'],
    attributes['uds.socket.scope'],
    id === undefined ? attributes['process.executable.name'] : numberOf(id),
    attributes['container.name'],
    server === undefined ? undefined : `-> ${numberOf(server)}`,
    attributes['server.container.name'],
  ];
  return words.filter((word) => word !== undefined).join(' ');
}

function numberOf(id: unknown): string {
  return `#${Number.parseInt(String(id), 16)}`;
}
