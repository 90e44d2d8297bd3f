import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { exposureAt, NOT_EXPOSED } from '../../../src/cli/doctor/gather/exposure.js';
import { mountFacts } from '../../../src/cli/doctor/gather/mounts.js';
import { namedFile } from '../../../src/cli/doctor/gather/named-file.js';
import { processFacts } from '../../../src/cli/doctor/gather/process.js';
import { reachOf } from '../../../src/cli/doctor/gather/reach.js';
import { waitingReports } from '../../../src/cli/doctor/gather/reports.js';
import { kernelFeatures } from '../../../src/linux/kernel-features.js';
import { isPrivileged } from '../../../src/linux/privileges.js';
import { SilentMounts } from '../../../src/linux/silent-mounts.js';
import { useCleanup } from '../../support/cleanup.js';

const ID = 'c0ffee'.padEnd(64, '0');

describe('what udscope doctor reads', () => {
  const cleanup = useCleanup();
  let root: string;

  beforeEach(() => {
    root = cleanup.directory();
  });

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }

  it('has what this kernel has', () => {
    const { epoll, pidfd } = kernelFeatures();
    assert.deepEqual([epoll, pidfd], [true, true]);
  });

  it('has what this process may do', () => {
    const { isAgent, capabilities, files } = processFacts(undefined);
    assert.equal(isAgent, false);
    assert.equal((capabilities ?? 0n) > 0n, isPrivileged());
    assert.ok((files ?? 0) >= 128);
    // It is no udscope.
    assert.equal(processFacts(process.pid).capabilities, undefined);
    assert.deepEqual(
      [undefined, process.pid].map((pid) => processFacts(pid).isElsewhere),
      [false, true],
    );
    assert.equal(processFacts(2 ** 22 + 1).capabilities, undefined);
  });

  describe('of a service', () => {
    const mounts = new SilentMounts();

    async function listen(path: string): Promise<string> {
      const whole = join(root, path);
      mkdirSync(dirname(whole), { recursive: true });
      const server = createServer((connection) => assert.fail(String(connection.remoteAddress))).listen(
        whole,
      );
      cleanup.defer(() => server.close());
      await once(server, 'listening');
      return whole;
    }

    it('is what a client meets', async () => {
      assert.equal(reachOf(await listen('a.sock'), mounts), 'listening');
      assert.equal(reachOf(join(root, 'none'), mounts), 'absent');
      assert.equal(reachOf(join(root, 'no/directory'), mounts), 'absent');
      write('file', '');
      assert.equal(reachOf(join(root, 'file'), mounts), 'no socket');
      assert.equal(reachOf('@udscope-doctor-none', mounts), 'refusing');
    });

    it('follows no link that a container may have made', async () => {
      const path = await listen('a/real.sock');
      mkdirSync(join(root, 'b'));
      symlinkSync(path, join(root, 'b/link.sock'));
      const reach = reachOf(join(root, 'b/link.sock'), mounts);
      if (isPrivileged()) assert.match((reach as { link: string }).link, /could have made it$/);
      else assert.equal(reach, 'listening');
    });

    it('follows one that stays in its directory', async () => {
      await listen('a/real.sock');
      symlinkSync('real.sock', join(root, 'a/link.sock'));
      assert.equal(reachOf(join(root, 'a/link.sock'), mounts), 'listening');
    });

    it('tells who beside the agent can replace a relay socket', () => {
      const own = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
      const path = join(root, 'open/a.sock');
      mkdirSync(join(root, 'open'));
      assert.deepEqual(exposureAt(path, own, mounts), NOT_EXPOSED);
      chmodSync(join(root, 'open'), 0o777);
      assert.match(exposureAt(path, own, mounts).exposure ?? '', /written to by everybody$/);
      chmodSync(join(root, 'open'), 0o775);
      const others = { uid: own.uid, gid: own.gid + 1 };
      assert.match(exposureAt(path, others, mounts).exposure ?? '', /written to by group/);
      assert.deepEqual(exposureAt(join(root, 'absent/a.sock'), own, mounts), NOT_EXPOSED);
      assert.deepEqual(exposureAt('@a', own, mounts), NOT_EXPOSED);
    });

    it('tells what lies on the way to a directory that is not there yet, and what it may not look at', () => {
      const own = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
      mkdirSync(join(root, 'open'));
      chmodSync(join(root, 'open'), 0o777);
      const absent = exposureAt(join(root, 'open/absent/a.sock'), own, mounts);
      assert.match(absent.exposure ?? '', /open can be written to by everybody$/);
      write('file', '');
      assert.match(exposureAt(join(root, 'file/b/a.sock'), own, mounts).unseen ?? '', /ENOTDIR$/);
    });

    it("takes the agent's own user for no other", function () {
      // Only root can give a directory away.
      if (process.geteuid?.() !== 0) this.skip();
      mkdirSync(join(root, 'of-agent'));
      chmodSync(root, 0o755);
      chownSync(join(root, 'of-agent'), 998, 998);
      const path = join(root, 'of-agent/a.sock');
      assert.deepEqual(exposureAt(path, { uid: 998, gid: 998 }, mounts), NOT_EXPOSED);
      assert.match(exposureAt(path, { uid: 0, gid: 0 }, mounts).exposure ?? '', /belongs to user 998$/);
    });
  });

  describe('of mounts', () => {
    const HOST = '20 1 0:5 / / rw - ext4 /dev/a rw\n21 20 0:6 / /run rw - tmpfs tmpfs rw\n';
    const listens = ['/run/udscope/sockets/a/a.sock'];
    const control = '/run/udscope/private/control.sock';

    function addProcess(
      pid: string,
      namespace: string,
      mountinfo: string,
      cgroup = `0::/docker/${ID}\n`,
    ): void {
      write(`${pid}/mountinfo`, mountinfo);
      write(`${pid}/cgroup`, cgroup);
      mkdirSync(join(root, pid, 'ns'));
      symlinkSync(`mnt:[${namespace}]`, join(root, pid, 'ns/mnt'));
    }

    beforeEach(() => {
      addProcess('self', '1', HOST, '');
      addProcess('1', '1', HOST, '');
    });

    const container = (line: string) =>
      `30 1 0:9 / / rw - overlay overlay rw\n31 30 0:6 ${line} ro - tmpfs tmpfs rw\n`;
    const find = () => mountFacts({ listens, control, agents: [] }, root);

    it('finds the file of a relay socket, or its directory, that is gone', () => {
      addProcess('7', '2', container('/udscope/sockets/a/a.sock//deleted /x.sock'));
      addProcess('8', '2', container('/udscope/sockets/a/a.sock//deleted /x.sock'));
      addProcess('9', '3', container('/udscope/sockets/a//deleted /with\\040space'));
      assert.deepEqual(find(), {
        containers: [
          { id: ID, pid: 7, stale: ['/x.sock'], control: undefined },
          { id: ID, pid: 9, stale: ['/with space'], control: undefined },
        ],
        hidden: 0,
        unseen: [],
      });
    });

    it('finds what leads to the control socket', () => {
      addProcess('7', '2', container('/udscope /host'));
      addProcess('8', '3', container('/ /host/run'));
      const found = find().containers.map((each) => each.control);
      assert.deepEqual(found, ['/host', '/host/run']);
    });

    it('takes what is there for no harm, nor services of the host, nor the agent itself', () => {
      addProcess('7', '2', container('/udscope/sockets/a /udscope'));
      addProcess('8', '3', `${HOST}40 21 0:6 /x /x rw - tmpfs tmpfs rw\n`);
      addProcess('9', '4', container('/ /run'));
      assert.deepEqual(mountFacts({ listens, control, agents: [5, 9] }, root), {
        containers: [],
        hidden: 0,
        unseen: ['what answers as the agent is in a container (pid 9), whose mounts are not looked at'],
      });
    });

    it('does not wait for a file system that does not answer', () => {
      const silent = join(root, 'silent');
      const control = `${silent}/c.sock`;
      const asked: string[] = [];
      const mounts = {
        onTheWayTo: (path: string) => {
          asked.push(path);
          return path.startsWith(silent) ? { point: silent, type: 'nfs4' } : undefined;
        },
      } as SilentMounts;
      mkdirSync(join(root, 'elsewhere'));
      symlinkSync(join(root, 'elsewhere'), silent);
      mountFacts({ listens: [`${silent}/a/a.sock`], control, agents: [] }, root, mounts);
      assert.deepEqual(asked, [`${silent}/a/a.sock`, `${silent}/a`, control]);
    });

    it('says where a container has too many mounts to be read', () => {
      const line = '31 30 0:6 /udscope /host ro - tmpfs tmpfs rw\n';
      addProcess('7', '2', line.repeat(Math.ceil((16 * 2 ** 20) / line.length) + 1));
      const { containers, unseen } = find();
      assert.deepEqual([containers, unseen], [[], ['a container (pid 7) has more mounts than are read']]);
    });

    it('says that it sees only some of the processes', () => {
      mkdirSync(join(root, 'self/ns'), { recursive: true });
      symlinkSync('pid:[4026531999]', join(root, 'self/ns/pid'));
      assert.match(find().unseen.join(), /^processes outside of the pid namespace/);
      rmSync(join(root, 'self/ns/pid'));
      symlinkSync('pid:[4026531836]', join(root, 'self/ns/pid'));
      assert.deepEqual(find().unseen, []);
      rmSync(join(root, '1'), { recursive: true });
      assert.match(find().unseen.join(), /hidepid/);
    });

    it('counts containers that it may not look at', () => {
      write('7/cgroup', `0::/docker/${ID}\n`);
      write('8/cgroup', '0::/\n');
      assert.deepEqual(find(), { containers: [], hidden: 1, unseen: [] });
    });
  });

  describe('of a file that an agent names', () => {
    const mounts = new SilentMounts();
    const own = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
    const other = { uid: 64_999, gid: 64_999 };

    it('is all, if it is an agent of root or of the same user', () => {
      write('a.yaml', '');
      const file = join(root, 'a.yaml');
      assert.equal(namedFile(file, own, mounts), file);
      assert.equal(namedFile(file, { uid: 0, gid: 0 }, mounts), file);
      assert.equal(namedFile(file, undefined, mounts), undefined);
    });

    it('is of another only what that one could read, and cannot change', () => {
      write('a.yaml', '');
      // Others cannot enter it.
      assert.equal(namedFile(join(root, 'a.yaml'), other, mounts), undefined);
      assert.equal(namedFile('/etc/shadow', other, mounts), undefined);
      assert.equal(namedFile('/etc/absent', other, mounts), undefined);
      assert.equal(namedFile('/etc/passwd', other, mounts), '/etc/passwd');
    });
  });

  describe('of reports', () => {
    it('leaves them where they are', () => {
      const control = join(root, 'control.sock');
      assert.deepEqual(waitingReports(control), []);
      const report = { reason: 'annotation', container: 'c1', why: 'no such mount', count: 2 };
      write('control.sock.unmonitored/annotation-1', JSON.stringify(report));
      write('control.sock.unmonitored/.unfinished', '{');
      write('control.sock.unmonitored/odd', '[');
      const found = waitingReports(control);
      assert.deepEqual(found, [
        { reason: 'annotation', container: 'c1', why: 'no such mount' },
        { reason: '_OTHER' },
      ]);
      assert.ok(readFileSync(join(root, 'control.sock.unmonitored/annotation-1')).length > 0);
    });
  });
});
