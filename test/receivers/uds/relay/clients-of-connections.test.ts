import assert from 'node:assert/strict';
import { UNATTRIBUTED_REASONS } from '../../../../src/identity/process-snapshot.js';
import { allocateCounters } from '../../../../src/receivers/uds/counters.js';
import { Attribution } from '../../../../src/receivers/uds/relay/attribution.js';
import { allocateClientCounts } from '../../../../src/receivers/uds/relay/client-counts.js';
import { allocateClientWords } from '../../../../src/receivers/uds/relay/clients.js';
import { ConnectionTable } from '../../../../src/receivers/uds/relay/connection-table.js';
import { allocateFlowNumbers, FlowNumbers } from '../../../../src/receivers/uds/relay/flow-numbers.js';
import { Flows } from '../../../../src/receivers/uds/relay/flows.js';
import { Listener } from '../../../../src/receivers/uds/relay/listener.js';
import { Remotes } from '../../../../src/receivers/uds/relay/remotes.js';
import { containerId, FakeProcesses, HOST_CGROUP } from '../../../support/attribution/fake-processes.js';
import { useCleanup } from '../../../support/cleanup.js';
import { RawListener, RawStream } from '../../../support/raw-stream.js';

const SLOTS = 16;

describe('the client that a connection is of', () => {
  const cleanup = useCleanup();
  let host: FakeProcesses;
  let table: ConnectionTable;
  let attribution: Attribution;
  let fd: number;

  beforeEach(async () => {
    host = new FakeProcesses(cleanup);
    table = new ConnectionTable(SLOTS);
    const remotes = new Remotes(host.files.proc, host.files.cgroups);
    const flows = new Flows(
      table,
      new Float64Array(allocateCounters(SLOTS)),
      remotes,
      new FlowNumbers(allocateFlowNumbers()),
      () => {},
    );
    const unattributed = new SharedArrayBuffer(UNATTRIBUTED_REASONS.length * 8);
    const memory = {
      unattributed,
      clientCounts: allocateClientCounts(1),
      clientWords: allocateClientWords(SLOTS),
    };
    attribution = new Attribution(table, flows, remotes, memory, () => 0);
    const server = RawListener.listen(`${cleanup.directory()}/listener`, cleanup);
    RawStream.connect(server.path, cleanup);
    fd = (await server.accept(cleanup)).fd;
  });

  function listener(isShared: boolean, container?: string): Listener {
    const settings = { upstream: '/none', connectTimeoutMs: 0, idleTimeoutMs: 0, isShared, container };
    return new Listener(0, -1, settings);
  }

  /** The number of a client that connects. */
  function connect(to: Listener): number {
    const slot = table.allocate(fd, fd, to.id);
    attribution.enter(slot, attribution.look(fd, to));
    return table.client[slot];
  }

  it('is the container, by whichever socket', () => {
    const shared = listener(true);
    host.enter(1);
    const first = connect(shared);
    assert.equal(connect(shared), first);
    assert.equal(connect(listener(false, containerId(1))), first);
    host.enter(2);
    assert.notEqual(connect(shared), first);
    assert.notEqual(connect(listener(false, containerId(3))), first);
  });

  it('is the user, for programs of the host', () => {
    const shared = listener(true);
    host.put(HOST_CGROUP, { executable: '/usr/bin/one' });
    const first = connect(shared);
    host.put(HOST_CGROUP, { executable: '/usr/bin/two' });
    assert.equal(connect(shared), first);
    host.enter(1);
    assert.notEqual(connect(shared), first);
  });

  it('is the user where nobody is asked, or nothing can be found out', () => {
    const first = connect(listener(false));
    assert.equal(connect(listener(false)), first);
    host.hide();
    assert.equal(connect(listener(true)), first);
  });

  it('has its number until another needs it', () => {
    const first = connect(listener(false));
    attribution.leave(0);
    assert.equal(connect(listener(false)), first);
  });
});
