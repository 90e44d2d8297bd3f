import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { NO_NUMBER } from '../../../../src/linux/pidfd-number.js';
import { close, peerPidfd } from '../../../../src/linux/socket.js';
import { RecentProcesses } from '../../../../src/receivers/uds/relay/recent-processes.js';
import { type Remote, Remotes } from '../../../../src/receivers/uds/relay/remotes.js';
import { FakeProcesses } from '../../../support/attribution/fake-processes.js';
import { useCleanup } from '../../../support/cleanup.js';
import { RawListener, RawStream } from '../../../support/raw-stream.js';

const UID = 7;
const RECENT_MS = 100;

describe('RecentProcesses', () => {
  const cleanup = useCleanup();

  /** A process that connects and stays, and a pidfd of it. */
  async function connecting(): Promise<{ pid: number; pidfd: number; end(): Promise<void> }> {
    const listener = RawListener.listen(`${cleanup.directory()}/listener`, cleanup);
    const program = `require('node:net').connect(${JSON.stringify(listener.path)})`;
    const child = spawn(execPath, ['-e', program], { stdio: 'ignore' });
    const exited = once(child, 'exit');
    const end = async () => {
      child.kill('SIGKILL');
      await exited;
    };
    cleanup.defer(end);
    const { fd } = await listener.accept(cleanup);
    return { pid: child.pid!, pidfd: pidfdOf(fd), end };
  }

  function pidfdOf(socket: number): number {
    const pidfd = peerPidfd(socket);
    if (pidfd >= 0) cleanup.defer(() => close(pidfd));
    return pidfd;
  }

  async function own(): Promise<number> {
    const listener = RawListener.listen(`${cleanup.directory()}/own`, cleanup);
    RawStream.connect(listener.path, cleanup);
    return pidfdOf((await listener.accept(cleanup)).fd);
  }

  it('numbers a process by itself: the same by each pidfd, another for each other process, also once it has ended', async function () {
    const recent = new RecentProcesses<Remote>(() => 0);
    const ours = recent.numberOf(await own());
    if (ours === NO_NUMBER) this.skip();
    assert.equal(recent.numberOf(await own()), ours);
    const [one, other] = [await connecting(), await connecting()];
    const numbers = [ours, recent.numberOf(one.pidfd), recent.numberOf(other.pidfd)];
    assert.equal(new Set(numbers).size, 3);
    await one.end();
    assert.equal(recent.numberOf(one.pidfd), numbers[1]);
    assert.equal(recent.numberOf(-1), NO_NUMBER);
  });

  it('has a remote look at a process once within a moment, and anew behind it, or as another user', async function () {
    let nowMs = 0;
    const recent = new RecentProcesses<Remote>(() => nowMs);
    const host = new FakeProcesses(cleanup);
    const remotes = new Remotes(host.files.proc, host.files.cgroups, recent);
    const { pid: child, pidfd, end } = await connecting();
    if (recent.numberOf(pidfd) === NO_NUMBER) this.skip();
    const sees = (cgroup: string, uid = UID) => {
      host.put(cgroup, { pid: child });
      const found = remotes.identifyProcess({ pid: child, uid, gid: 0 }, pidfd);
      if (typeof found !== 'string') found.users++;
      return typeof found === 'string' ? found : found.snapshot.cgroup;
    };
    assert.equal(sees('0::/one\n'), '0::/one\n');
    nowMs = RECENT_MS - 1;
    assert.equal(sees('0::/two\n'), '0::/one\n');
    assert.ok(remotes.wasThere);
    assert.equal(sees('0::/two\n', UID + 1), '0::/two\n');
    assert.equal(sees('0::/three\n'), '0::/three\n');
    nowMs += RECENT_MS;
    assert.equal(sees('0::/four\n'), '0::/four\n');
    await end();
    assert.equal(sees('0::/five\n'), '0::/four\n');
    assert.ok(!remotes.wasThere, 'it is known who it was, and that it has ended');
  });
});
