import assert from 'node:assert/strict';
import { Containers } from '../../../../src/identity/containers.js';
import type { CaptureObserver, CaptureSource } from '../../../../src/processors/observer.js';
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
    const sources: CaptureSource[] = [];
    const observer = {
      addSource: (_: number, source: CaptureSource) => sources.push(source),
      endSource() {},
    } as unknown as CaptureObserver;
    book.register({ number: 0, observer, coverage: { send: 'all', recv: 'all' } });

    const all = [
      { pid: 1, uid: 1000, cgroup: HOST_CGROUP, executable: '/usr/bin/first' },
      { pid: 2, uid: 0, cgroup: cgroupOf(1) },
    ];
    for (const [row, snapshot] of all.entries()) {
      const counters = new Float64Array(ROW_WIDTH);
      counters[OPENED] = row + 1;
      const flow = { thread: 0, row, counters, listener: 0, isOverflow: true };
      book.opened(flow, snapshot, undefined);
      book.source(flow, row, 0);
    }
    const names = [{ 'process.user.id': 1000 }, { 'container.id': containerId(1) }];
    assert.deepEqual(
      table.readings().map(({ series, totals }) => [series.attributes, totals[OPENED]]),
      names.map((name, row) => [{ ...name, 'otel.metric.overflow': true }, row + 1]),
    );
    const socket = { 'uds.socket.name': 'rpc', 'uds.socket.path': '/run/b.sock' };
    assert.deepEqual(
      sources.map(({ attributes }) => attributes),
      names.map((name) => ({ ...socket, ...name })),
    );
  });
});
