import assert from 'node:assert/strict';
import { Containers } from '../../../../src/identity/containers.js';
import type { CapturedFlow, CaptureObserver } from '../../../../src/processors/observer.js';
import { udsSocketSchema } from '../../../../src/receivers/uds/config.js';
import { OPENED, ROW_WIDTH } from '../../../../src/receivers/uds/counters.js';
import { UDS_INSTRUMENTS } from '../../../../src/receivers/uds/instruments.js';
import { UnattributedFlows } from '../../../../src/receivers/uds/pool/unattributed-flows.js';
import { ClientSeries } from '../../../../src/receivers/uds/sockets/client-series.js';
import { SeriesTable } from '../../../../src/telemetry/series-table.js';
import {
  cgroupOf,
  containerId,
  FakeProcesses,
  HOST_CGROUP,
} from '../../../support/attribution/fake-processes.js';
import { useCleanup } from '../../../support/cleanup.js';

const SELECTED = ['container.id'];
const SOCKET = udsSocketSchema.parse({ listen: '/run/a.sock', upstream: '/run/b.sock', name: 'rpc' });

const CAPTURE = {
  strategy: { type: 'size_limit' as const, maxBytes: 512 },
  per: 'message' as const,
  directions: ['send' as const],
  tailBytes: 0,
  ring: { id: 'capture', entries: 64, maxBytes: 65_536 },
};

describe('ClientSeries', () => {
  const cleanup = useCleanup();

  it('counts what a client has beyond its share of the rows under its name, and under no program', () => {
    const host = new FakeProcesses(cleanup);
    host.startContainer(1);
    const containers = new Containers(host.files);
    cleanup.defer(() => containers.close());
    const table = new SeriesTable(UDS_INSTRUMENTS, { maxSeries: 100, lingerMs: 0 });
    const unattributed = new UnattributedFlows(table, 'uds');
    const settings = { socket: SOCKET, attributes: SELECTED, table, containers, unattributed };
    const book = new ClientSeries(settings, { closeFlow() {}, passedOn: () => undefined });
    cleanup.defer(() => book.close());
    const flows: CapturedFlow[] = [];
    const observer = {
      addGeneration: () => 1,
      endGeneration() {},
      addFlow: (_: number, flow: CapturedFlow) => flows.push(flow),
      endFlow() {},
    } as unknown as CaptureObserver;
    book.captures.begin({ settings: CAPTURE, observer });

    const all = [
      { pid: 1, uid: 1000, cgroup: HOST_CGROUP, executable: '/usr/bin/first' },
      { pid: 2, uid: 0, cgroup: cgroupOf(1) },
    ];
    for (const [row, snapshot] of all.entries()) {
      const counters = new Float64Array(ROW_WIDTH);
      counters[OPENED] = row + 1;
      const flow = { thread: 0, row, number: row + 1, counters, listener: 0, isOverflow: true };
      book.opened(flow, snapshot, undefined);
    }
    const names = [{ 'process.user.id': 1000 }, { 'container.id': containerId(1) }];
    assert.deepEqual(
      table.readings().map(({ series, totals }) => [series.attributes, totals[OPENED]]),
      names.map((name, row) => [{ ...name, 'otel.metric.overflow': true }, row + 1]),
    );
    const socket = { 'uds.socket.name': 'rpc', 'uds.socket.path': '/run/b.sock' };
    assert.deepEqual(
      flows.map(({ attributes }) => attributes),
      names.map((name) => ({ ...socket, ...name })),
    );
  });
});
