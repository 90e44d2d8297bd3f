import assert from 'node:assert/strict';
import {
  allocateCounters,
  CLOSED,
  counterRow,
  OPENED,
  SEND_BYTES,
} from '../../../../src/receivers/uds/counters.js';
import { ConnectionTable } from '../../../../src/receivers/uds/relay/connection-table.js';
import { allocateFlowNumbers, FlowNumbers } from '../../../../src/receivers/uds/relay/flow-numbers.js';
import { Flows, NO_FLOW, SPILL_ROW } from '../../../../src/receivers/uds/relay/flows.js';
import { Listener } from '../../../../src/receivers/uds/relay/listener.js';
import type { RelayReport } from '../../../../src/receivers/uds/relay/messages.js';
import { type Remote, Remotes } from '../../../../src/receivers/uds/relay/remotes.js';
import { FakeProcesses, HOST_CGROUP } from '../../../support/attribution/fake-processes.js';
import { useCleanup } from '../../../support/cleanup.js';
import { RawListener, RawStream } from '../../../support/raw-stream.js';

/** The spill row, and those of three flows. */
const ROWS = 4;
const SLOTS = 16;
const SETTINGS = { upstream: '/none', connectTimeoutMs: 0, idleTimeoutMs: 0, isShared: true };

describe('Flows', () => {
  const cleanup = useCleanup();
  let host: FakeProcesses;
  let remotes: Remotes;
  let fd: number;
  let table: ConnectionTable;
  let counters: SharedArrayBuffer;
  let reports: RelayReport[];
  let numbers: FlowNumbers;
  let flows: Flows;
  let listener: Listener;

  beforeEach(async () => {
    host = new FakeProcesses(cleanup);
    remotes = new Remotes(host.files.proc, host.files.cgroups);
    const server = RawListener.listen(`${cleanup.directory()}/listener`, cleanup);
    RawStream.connect(server.path, cleanup);
    fd = (await server.accept(cleanup)).fd;
    table = new ConnectionTable(SLOTS);
    counters = allocateCounters(ROWS);
    reports = [];
    numbers = new FlowNumbers(allocateFlowNumbers());
    flows = new Flows(table, new Float64Array(counters), remotes, numbers, (report) => reports.push(report));
    listener = new Listener(0, -1, SETTINGS);
  });

  /** A process of that container, as it is identified. */
  function remote(container: number): Remote {
    host.enter(container);
    const found = remotes.identify(fd);
    return typeof found === 'string' ? assert.fail(found) : found;
  }

  /** A connection begins; its slot. */
  function enter(client: Remote | undefined, server?: Remote, at = listener): number {
    const slot = table.allocate(0, 0, at.id);
    flows.enter(slot, at, client, server);
    return slot;
  }

  function leave(slot: number): void {
    flows.leave(slot);
    table.release(slot);
  }

  /** Opened and closed connections of a row. */
  function countsOf(row: number): [number, number] {
    const values = counterRow(counters, row);
    return [values[OPENED], values[CLOSED]];
  }

  /** What was reported since the last look: kind and row. */
  function heard(): string[] {
    return reports.splice(0).map((report) => `${report.type} ${'row' in report ? report.row : ''}`);
  }

  it('counts connections of one client in one row, and says whose it is before anything is in it', () => {
    const a = remote(1);
    const slot = enter(a);
    assert.deepEqual(reports, [
      { type: 'flow', listener: 0, row: 1, number: 1, client: a.snapshot, server: undefined },
    ]);
    enter(a);
    leave(slot);
    assert.equal(reports.length, 1);
    assert.deepEqual(countsOf(1), [2, 1]);
    assert.equal(a.users, 1);
  });

  it('tells apart by client, by server and by listener', () => {
    const [a, b] = [remote(1), remote(2)];
    enter(a);
    enter(a, b);
    assert.deepEqual(heard(), ['flow 1', 'flow 2']);
    enter(a, undefined, new Listener(1, -1, SETTINGS));
    assert.deepEqual(heard(), ['flow 3']);
    assert.deepEqual([a.users, b.users], [3, 1]);
  });

  it('has one for those of whom nobody knows who they are', () => {
    enter(undefined);
    enter(undefined);
    assert.deepEqual(heard(), ['flow 1']);
    assert.deepEqual(countsOf(1), [2, 0]);
  });

  it('ends a flow that is closed with its last connection, and leads who comes next into another one', () => {
    const a = remote(1);
    const [first, second] = [enter(a), enter(a)];
    flows.close(1);
    assert.deepEqual(heard(), ['flow 1']);
    leave(first);
    enter(remote(1));
    assert.deepEqual(heard(), ['flow 2']);
    leave(second);
    assert.deepEqual(heard(), ['flow_ended 1']);
    assert.deepEqual(countsOf(1), [2, 2]);
    assert.deepEqual(countsOf(2), [1, 0]);
  });

  it('closes what is closed, and what is none, any number of times', () => {
    leave(enter(remote(1)));
    flows.close(1);
    flows.close(1);
    flows.close(2);
    flows.close(SPILL_ROW);
    assert.deepEqual(heard(), ['flow 1', 'flow_ended 1']);
  });

  it('uses a row again once it has been freed, from zero, and not before', () => {
    const slot = enter(remote(1));
    counterRow(counters, 1)[SEND_BYTES] = 7;
    leave(slot);
    flows.close(1);
    enter(remote(2));
    assert.deepEqual(heard(), ['flow 1', 'flow_ended 1', 'flow 2']);
    assert.equal(counterRow(counters, 1)[SEND_BYTES], 7, 'it is kept for the main thread');
    flows.free([1]);
    assert.equal(counterRow(counters, 1)[SEND_BYTES], 0);
    enter(remote(3));
    assert.deepEqual(heard(), ['flow 1']);
    assert.deepEqual(countsOf(1), [1, 0]);
  });

  it('counts what finds no row in one of its own, until there are rows again', () => {
    const slots = [1, 2, 3].map((container) => enter(remote(container)));
    const spilled = enter(remote(4));
    const known = remotes.size;
    enter(remote(1));
    assert.deepEqual(heard(), ['flow 1', 'flow 2', 'flow 3']);
    assert.deepEqual(countsOf(SPILL_ROW), [1, 0]);
    assert.deepEqual(countsOf(1), [2, 0], 'who has a row keeps it');
    assert.equal(known, 3, 'who has none is not remembered');
    assert.equal(flows.numberOf(spilled), NO_FLOW);
    leave(slots[1]);
    flows.close(2);
    flows.free([2]);
    enter(remote(4));
    leave(spilled);
    assert.deepEqual(countsOf(SPILL_ROW), [1, 1]);
    assert.deepEqual(countsOf(2), [1, 0]);
  });

  it('forgets a remote with its last flow', () => {
    const [a, server] = [remote(1), remote(2)];
    const other = new Listener(1, -1, SETTINGS);
    enter(a, server);
    enter(a, server, other);
    flows.closeAllOf(listener);
    assert.equal(remote(1), a);
    flows.closeAllOf(other);
    assert.equal(remotes.size, 0);
    assert.notEqual(remote(1).number, a.number);
  });

  it('forgets the server that was found for a connection without a row', () => {
    for (const container of [1, 2, 3]) enter(remote(container));
    enter(remote(4), remote(5));
    assert.equal(remotes.size, 3);
  });

  it('closes all flows of a listener, and ends those that are empty', () => {
    leave(enter(remote(1)));
    const slot = enter(remote(2));
    enter(remote(1), undefined, new Listener(1, -1, SETTINGS));
    heard();
    flows.closeAllOf(listener);
    assert.deepEqual(heard(), ['flow_ended 1']);
    assert.equal(listener.flows.size, 0);
    leave(slot);
    assert.deepEqual(heard(), ['flow_ended 2']);
  });

  describe('number each flow', () => {
    it('as none of the process is, and say so before a record carries it', () => {
      const [a, b] = [enter(remote(1)), enter(remote(2))];
      assert.deepEqual(
        reports.splice(0).map((report) => report.type === 'flow' && [report.row, report.number]),
        [
          [1, 1],
          [2, 2],
        ],
      );
      assert.deepEqual(
        [a, b, enter(remote(1))].map((slot) => flows.numberOf(slot)),
        [1, 2, 1],
      );
      assert.deepEqual(reports, []);
    });

    it('anew where a client comes back under a row that was used', () => {
      const slot = enter(remote(1));
      assert.equal(flows.numberOf(slot), 1);
      leave(slot);
      flows.close(1);
      flows.free([1]);
      assert.equal(flows.numberOf(enter(remote(1))), 2);
      assert.deepEqual(heard(), ['flow 1', 'flow_ended 1', 'flow 1']);
    });
  });

  describe('of a client that takes very many', () => {
    const MANY_ROWS = 1024;
    const SHARE = MANY_ROWS / 8;

    beforeEach(() => {
      counters = allocateCounters(MANY_ROWS);
      table = new ConnectionTable(MANY_ROWS);
      flows = new Flows(table, new Float64Array(counters), remotes, numbers, (report) =>
        reports.push(report),
      );
    });

    /** A program of a user on the host. */
    function program(number: number): Remote {
      host.put(HOST_CGROUP, { executable: `/usr/bin/program_${number}` });
      const found = remotes.identify(fd);
      return typeof found === 'string' ? assert.fail(found) : found;
    }

    it('are its share and one for the rest at each listener, and others have theirs', () => {
      const other = new Listener(1, -1, SETTINGS);
      for (let number = 0; number < 200; number++) {
        enter(program(number));
        enter(program(number), undefined, other);
      }
      const opened = reports.splice(0).flatMap((report) => (report.type === 'flow' ? [report] : []));
      const overflows = opened.filter(({ isOverflow }) => isOverflow === true);
      assert.equal(opened.length - overflows.length, SHARE);
      assert.deepEqual(
        overflows.map(({ listener: each }) => each),
        [0, 1],
      );
      const inOverflows = overflows.reduce((sum, { row }) => sum + countsOf(row)[0], 0);
      assert.equal(inOverflows, 400 - SHARE);
      assert.equal(countsOf(SPILL_ROW)[0], 0);
      assert.ok(remotes.size <= SHARE, 'nobody remembers who is not told apart');
      enter(remote(1));
      assert.deepEqual(heard().length, 1);
    });

    it('are there again when others have ended', () => {
      for (let number = 0; number < SHARE; number++) leave(enter(program(number)));
      for (const report of reports.splice(0)) if ('row' in report) flows.close(report.row);
      const rows = reports.splice(0).flatMap((report) => (report.type === 'flow_ended' ? [report.row] : []));
      flows.free(rows);
      enter(program(1000));
      const [opened] = reports;
      assert.ok(opened.type === 'flow' && opened.isOverflow === undefined);
    });
  });
});
