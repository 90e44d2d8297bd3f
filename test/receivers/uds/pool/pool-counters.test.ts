import assert from 'node:assert/strict';
import { Containers } from '../../../../src/identity/containers.js';
import { ATTRIBUTION_INSTRUMENTS } from '../../../../src/identity/instruments.js';
import { ListenSocket } from '../../../../src/linux/unix-listener.js';
import { udsSocketSchema } from '../../../../src/receivers/uds/config.js';
import { OPENED, SEND_BYTES } from '../../../../src/receivers/uds/counters.js';
import { UDS_INSTRUMENTS } from '../../../../src/receivers/uds/instruments.js';
import { PoolCounters } from '../../../../src/receivers/uds/pool/pool-counters.js';
import { RelayPool } from '../../../../src/receivers/uds/pool/relay-pool.js';
import { UnattributedFlows } from '../../../../src/receivers/uds/pool/unattributed-flows.js';
import { ClientSeries } from '../../../../src/receivers/uds/sockets/client-series.js';
import { SeriesTable } from '../../../../src/telemetry/series-table.js';
import { exchange } from '../../../support/attribution/attributed-receiver.js';
import { FakeProcesses, HOST_CGROUP } from '../../../support/attribution/fake-processes.js';
import { Child } from '../../../support/child.js';
import { useCleanup } from '../../../support/cleanup.js';
import { eventually } from '../../../support/eventually.js';
import { listenerEvents, poolEvents } from '../../../support/pool-events.js';
import { RawStream } from '../../../support/raw-stream.js';

/** The spill row, and those of three flows. */
const ROWS = 4;
const SELECTED = ['container.id'];

describe('PoolCounters', () => {
  const cleanup = useCleanup();
  let host: FakeProcesses;
  let pool: RelayPool;
  let table: SeriesTable;
  let attribution: SeriesTable;
  let series: ClientSeries;
  let path: string;

  beforeEach(async () => {
    host = new FakeProcesses(cleanup);
    const directory = cleanup.directory();
    path = `${directory}/relay`;
    const upstream = `${directory}/upstream`;
    await Child.start(cleanup, 'attribution/echo-process', [upstream]).hear();
    table = new SeriesTable(UDS_INSTRUMENTS, { maxSeries: 100, lingerMs: 60_000 });
    attribution = new SeriesTable(ATTRIBUTION_INSTRUMENTS, { maxSeries: 100, lingerMs: 0 });
    const containers = new Containers(host.files);
    const settings = { threads: 1, rows: ROWS, maxConnections: 64, bufferBytes: 4096 };
    pool = await RelayPool.start(
      { ...settings, procRoot: host.files.proc },
      poolEvents({ died: (error) => assert.fail(String(error)) }),
    );
    const accounts = new PoolCounters(pool, { id: 'uds', table, attribution });
    void pool.over.then(() => accounts.close());
    const listen = ListenSocket.bind(path);
    cleanup.defer(async () => {
      await pool.exit();
      listen.close();
      containers.close();
    });
    listen.listen();
    const unattributed = new UnattributedFlows(attribution, 'uds');
    const socket = udsSocketSchema.parse({ listen: path, upstream, name: 'a' });
    const labels = { socket, attributes: SELECTED };
    series = new ClientSeries({ table, containers, unattributed }, labels);
    const relayed = { upstream, connectTimeoutMs: 5000, idleTimeoutMs: 0, isShared: true };
    const events = listenerEvents({
      flowOpened: (flow, client, server) => series.attach(flow, client, server, labels),
      flowEnded: (flow) => void series.detach(flow),
      fault: (error) => assert.fail(error),
    });
    pool.listen(listen.fd, relayed, events);
    table.onReading(() => pool.drainReports());
    host.put(HOST_CGROUP);
  });

  /** A container connects and sends so many bytes. */
  async function connect(container: number, bytes: number): Promise<RawStream> {
    host.moveTo(container);
    const client = await RawStream.connectInTime(path, cleanup);
    await exchange(client, 'x'.repeat(bytes));
    return client;
  }

  /** Sent bytes and opened connections, by the number of a container; those of nobody that is known as `overflow`. */
  function shown(): Record<string, [number, number]> {
    return Object.fromEntries(
      table.readings().map(({ series: { attributes }, totals }) => {
        const id = attributes['container.id'];
        const name = id === undefined ? 'overflow' : `#${Number.parseInt(String(id), 16)}`;
        return [name, [totals[SEND_BYTES], totals[OPENED]]];
      }),
    );
  }

  it('counts what finds no row in the overflow series, exactly, and names who comes when there are rows again', async () => {
    const clients: RawStream[] = [];
    for (let container = 1; container <= 5; container++) clients.push(await connect(container, container));
    await connect(1, 100);
    assert.deepEqual(shown(), { '#1': [101, 2], '#2': [2, 1], '#3': [3, 1], overflow: [9, 2] });
    clients[1]?.close();
    host.endContainer(2);
    await eventually('its flow has ended', () => {
      pool.drainReports();
      return [...series.flows].length === 2;
    });
    // The thread has heard of the free row when it has done what it is shown afterwards.
    await exchange(clients[0], 'x');
    await connect(6, 6);
    await connect(7, 7);
    assert.deepEqual(shown(), {
      '#1': [102, 2],
      '#2': [2, 1],
      '#3': [3, 1],
      '#6': [6, 1],
      overflow: [16, 3],
    });
  });

  it('has no overflow series before anything is in it', async () => {
    await connect(1, 1);
    assert.deepEqual(shown(), { '#1': [1, 1] });
  });

  it('keeps what it has counted when the pool has ended', async () => {
    for (let container = 1; container <= 4; container++) await connect(container, 1);
    host.hide();
    const client = await RawStream.connectInTime(path, cleanup);
    await exchange(client, 'x');
    assert.deepEqual(
      attribution.readings().map(({ series }) => series.attributes),
      [{ receiver: 'uds' }],
    );
    await pool.exit();
    await pool.over;
    series.leave(false);
    assert.deepEqual(shown(), { '#1': [1, 1], '#2': [1, 1], '#3': [1, 1], overflow: [2, 2] });
    assert.deepEqual(attribution.readings(), []);
  });
});
