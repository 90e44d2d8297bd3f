import assert from 'node:assert/strict';
import { close, openStream } from '../../../../src/linux/socket.js';
import { ConnectionTable } from '../../../../src/receivers/uds/relay/connection-table.js';
import { Connector } from '../../../../src/receivers/uds/relay/connector.js';
import { Listener } from '../../../../src/receivers/uds/relay/listener.js';
import { useCleanup } from '../../../support/cleanup.js';
import { RawListener, RawStream } from '../../../support/raw-stream.js';

const SLOTS = 64;
const NO_CLIENT_FD = -1;
const TIMEOUT_MS = 1000;

/** The upstream has a backlog of one, which is full; connections wait in it for a time that the test tells. */
describe('connections that wait for room in the backlog of their upstream', () => {
  const cleanup = useCleanup();
  let table: ConnectionTable;
  let connector: Connector;
  let upstream: RawListener;
  let listener: Listener;
  let nowMs: number;
  /** What has become of them, by slot. */
  let outcomes: [number, string][];

  beforeEach(() => {
    nowMs = 0;
    outcomes = [];
    table = new ConnectionTable(SLOTS);
    connector = new Connector(table, {
      established: (slot) => outcomes.push([slot, 'established']),
      failed: (slot, _, error) => {
        outcomes.push([slot, error]);
        connector.leave(slot);
      },
    });
    upstream = RawListener.listen(`${cleanup.directory()}/upstream`, cleanup, 0);
    listener = new Listener(0, -1, {
      upstream: upstream.path,
      connectTimeoutMs: TIMEOUT_MS,
      idleTimeoutMs: 0,
      isShared: false,
    });
    RawStream.connect(upstream.path, cleanup);
  });

  function start(client: string): number {
    const fd = openStream();
    cleanup.defer(() => close(fd));
    const slot = table.allocate(NO_CLIENT_FD, fd, listener.id);
    connector.start(slot, listener, client, () => nowMs);
    return slot;
  }

  /** Makes room for one more; who has got it. */
  function next(): number | undefined {
    assert.ok(upstream.tryAccept(cleanup));
    nowMs += 20;
    connector.tick(nowMs);
    const [outcome, ...others] = outcomes.splice(0);
    assert.deepEqual(others, []);
    return outcome?.[1] === 'established' ? outcome[0] : undefined;
  }

  it('are connected in turn by client, and each client first come, first served', () => {
    const greedy = Array.from({ length: 20 }, () => start('greedy'));
    const quiet = [start('quiet'), start('quiet')];
    const other = start('other');
    const served = Array.from({ length: 7 }, next);
    assert.deepEqual(served, [greedy[0], quiet[0], other, greedy[1], quiet[1], greedy[2], greedy[3]]);
  });

  it('give their place back when they leave, wherever they are in the line', () => {
    const slots = Array.from({ length: 6 }, () => start('one'));
    for (const i of [0, 3, 5]) connector.leave(slots[i]);
    assert.deepEqual([next(), next(), next()], [slots[1], slots[2], slots[4]]);
    assert.equal(connector.nextMs, Number.POSITIVE_INFINITY);
  });

  it('are given up when their time is over, those of each client, and no others', () => {
    const early = [start('a'), start('b'), start('a')];
    nowMs = TIMEOUT_MS / 2;
    const late = [start('a'), start('b')];
    nowMs = TIMEOUT_MS;
    assert.ok(connector.nextMs <= nowMs);
    connector.tick(nowMs);
    const expired = outcomes.splice(0);
    assert.deepEqual(expired.map(([slot]) => slot).sort(), early);
    assert.ok(expired.every(([, outcome]) => outcome === 'connect_timeout'));
    assert.deepEqual([next(), next()].sort(), late);
  });
});
