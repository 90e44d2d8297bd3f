import assert from 'node:assert/strict';
import { Containers } from '../../../../src/identity/containers.js';
import type { ProcessSnapshot } from '../../../../src/identity/process-snapshot.js';
import { udsSocketSchema } from '../../../../src/receivers/uds/config.js';
import { OPENED, ROW_WIDTH } from '../../../../src/receivers/uds/counters.js';
import { UDS_INSTRUMENTS } from '../../../../src/receivers/uds/instruments.js';
import type { PoolFlow } from '../../../../src/receivers/uds/pool/pool-flows.js';
import { UnattributedFlows } from '../../../../src/receivers/uds/pool/unattributed-flows.js';
import { ClientSeries } from '../../../../src/receivers/uds/sockets/client-series.js';
import type { SeriesLabels } from '../../../../src/receivers/uds/sockets/counted-client.js';
import { SeriesTable, type SeriesTableSettings } from '../../../../src/telemetry/series-table.js';
import {
  cgroupOf,
  containerId,
  FakeProcesses,
  HOST_CGROUP,
} from '../../../support/attribution/fake-processes.js';
import { useCleanup } from '../../../support/cleanup.js';
import { eventually } from '../../../support/eventually.js';

const SOCKET = udsSocketSchema.parse({ listen: '/run/a.sock', upstream: '/run/b.sock', name: 'rpc' });
const LABELS: SeriesLabels = { socket: SOCKET, attributes: ['container.id'] };
const RENAMED: SeriesLabels = { ...LABELS, socket: { ...SOCKET, name: 'renamed' } };

describe('ClientSeries', () => {
  const cleanup = useCleanup();
  let host: FakeProcesses;
  let table: SeriesTable;
  let series: ClientSeries;
  /** Flows that are to end with their last connection. */
  let closed: Float64Array[];

  beforeEach(() => {
    host = new FakeProcesses(cleanup);
    closed = [];
  });

  function start(settings: Partial<SeriesTableSettings> = {}): void {
    const containers = new Containers(host.files);
    cleanup.defer(() => containers.close());
    table = new SeriesTable(UDS_INSTRUMENTS, { maxSeries: 100, lingerMs: 0, ...settings });
    series = new ClientSeries(
      { table, containers, unattributed: new UnattributedFlows(table, 'uds') },
      LABELS,
    );
    cleanup.defer(() => series.leave(false));
  }

  /** A flow of so many connections. */
  function attach(
    client: ProcessSnapshot,
    opened: number,
    { labels = LABELS, isOverflow = false } = {},
  ): PoolFlow {
    const counters = new Float64Array(ROW_WIDTH);
    counters[OPENED] = opened;
    const flow = { number: opened, counters, isOverflow, close: () => void closed.push(counters) };
    series.attach(flow, client, undefined, labels);
    return flow;
  }

  const processOf = (container: number) => ({ pid: container, uid: 0, cgroup: cgroupOf(container) });

  /** Opened connections, by `SOCKET #CONTAINER`. */
  function shown(): Record<string, number> {
    return Object.fromEntries(
      table.readings().map(({ series: { attributes }, totals }) => {
        const id = attributes['container.id'];
        const name = id === undefined ? 'overflow' : `#${Number.parseInt(String(id), 16)}`;
        return [`${attributes['uds.socket.name'] ?? ''} ${name}`.trim(), totals[OPENED]];
      }),
    );
  }

  it('shows a client without a flow until its container ends', async () => {
    host.startContainer(1);
    start();
    const flow = attach(processOf(1), 2);
    series.relabel({ ...LABELS });
    assert.equal(series.detach(flow), false);
    assert.deepEqual(shown(), { 'rpc #1': 2 });
    attach(processOf(1), 3);
    assert.deepEqual(shown(), { 'rpc #1': 5 });
    assert.equal(series.totals()[OPENED], 5);
    host.endContainer(1);
    await eventually('the flow is to end', () => closed.length === 1);
    assert.deepEqual(shown(), { 'rpc #1': 5 });
    assert.deepEqual(
      Array.from(series.flows, (each) => each.counters[OPENED]),
      [3],
    );
  });

  it('tells what container a series is of, also one that has all beyond the share of its client', () => {
    host.startContainer(1);
    start();
    attach(processOf(1), 1);
    attach(processOf(1), 2, { isOverflow: true });
    attach({ pid: 7, uid: 0, cgroup: HOST_CGROUP }, 3);
    const counted = table.readings().filter(({ totals }) => totals[OPENED] > 0);
    const containers = counted.map(({ series: { attributes, container } }) => {
      return [attributes['otel.metric.overflow'] ?? false, container?.attributes['container.id']];
    });
    assert.deepEqual(containers, [
      [false, containerId(1)],
      [true, containerId(1)],
      [false, undefined],
    ]);
  });

  it('shows living clients under new labels, and open flows under those they began with', () => {
    host.startContainer(1);
    host.startContainer(2);
    start();
    const [busy, quiet] = [attach(processOf(1), 1), attach(processOf(2), 2)];
    series.relabel(RENAMED);
    series.detach(quiet);
    assert.deepEqual(shown(), { 'rpc #1': 1, 'renamed #1': 0, 'renamed #2': 0 });
    attach(processOf(2), 4, { labels: RENAMED });
    const late = attach(processOf(1), 8);
    assert.deepEqual(shown(), { 'rpc #1': 9, 'renamed #1': 0, 'renamed #2': 4 });
    series.detach(busy);
    series.detach(late);
    assert.deepEqual(shown(), { 'renamed #1': 0, 'renamed #2': 4 });
  });

  it('ends each series with its last flow when the socket is relayed no more', () => {
    host.startContainer(1);
    host.startContainer(2);
    start();
    const busy = attach(processOf(1), 1);
    series.detach(attach(processOf(2), 2));
    series.leave(true);
    assert.deepEqual(shown(), { 'rpc #1': 1 });
    const late = attach(processOf(2), 4);
    assert.deepEqual(shown(), { 'rpc #1': 1, 'rpc #2': 4 });
    assert.equal(series.detach(busy), true);
    assert.equal(series.detach(late), true);
    assert.deepEqual(shown(), {});
  });

  it('gives a client that found no room a series of its own once there is room', () => {
    host.startContainer(1);
    host.startContainer(2);
    // The socket itself is shown until the first client has come.
    start({ maxSeries: 1 });
    attach(processOf(1), 1);
    attach(processOf(2), 2);
    assert.deepEqual(shown(), { 'rpc #2': 2, overflow: 1 });
    table.configure({ maxSeries: 10, lingerMs: 0 });
    attach(processOf(1), 4);
    assert.deepEqual(shown(), { 'rpc #1': 4, 'rpc #2': 2, overflow: 1 });
  });

  it('counts what a client has beyond its share of the rows under its name, and under no program', () => {
    host.startContainer(1);
    start();
    attach({ pid: 1, uid: 1000, cgroup: HOST_CGROUP, executable: '/usr/bin/first' }, 1, { isOverflow: true });
    attach(processOf(1), 2, { isOverflow: true });
    const names = [{ 'process.user.id': 1000 }, { 'container.id': containerId(1) }];
    assert.deepEqual(
      table.readings().map((reading) => [reading.series.attributes, reading.totals[OPENED]]),
      names.map((name, row) => [{ ...name, 'otel.metric.overflow': true }, row + 1]),
    );
    const socket = { 'uds.socket.name': 'rpc', 'uds.socket.path': '/run/b.sock' };
    assert.deepEqual(
      Array.from(series.flows, ({ attributes }) => attributes),
      names.map((name) => ({ ...socket, ...name })),
    );
  });
});
