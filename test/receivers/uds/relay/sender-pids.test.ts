import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { CLIENT, ConnectionTable } from '../../../../src/receivers/uds/relay/connection-table.js';
import { SenderPids } from '../../../../src/receivers/uds/relay/sender-pids.js';
import { Child } from '../../../support/child.js';
import { useCleanup } from '../../../support/cleanup.js';
import { RawListener } from '../../../support/raw-stream.js';

const SLOT = 0;
const END = SLOT * 2 + CLIENT;

describe('SenderPids', () => {
  const cleanup = useCleanup();
  let child: Child;
  let pids: SenderPids;
  let nowMs = 0;

  /** A connection of a process. */
  beforeEach(async () => {
    const upstream = RawListener.listen(`${cleanup.directory()}/s`, cleanup);
    chmodSync(upstream.path, 0o777);
    child = Child.start(cleanup, 'client-process', []);
    await child.hear();
    child.say({ path: upstream.path });
    const { fd } = await upstream.accept(cleanup);
    const table = new ConnectionTable(1);
    table.fd[END] = fd;
    table.senderPid[SLOT] = child.pid;
    pids = new SenderPids(table, () => nowMs);
    pids.begin(SLOT);
  });

  it('names the process that connected as long as it is there, and this one then', async () => {
    assert.equal(pids.of(END), child.pid);
    nowMs += 1000;
    assert.equal(pids.of(END), child.pid);
    await child.kill('SIGKILL');
    nowMs += 1000;
    assert.equal(pids.of(END), process.pid);
    nowMs += 1000;
    assert.equal(pids.of(END), process.pid);
  });

  it('names this one where the kernel takes no other', () => {
    assert.ok(pids.refused(END, true));
    assert.equal(pids.of(END), process.pid);
    assert.ok(!pids.refused(END, true), 'there is nothing else to try');
  });
});
