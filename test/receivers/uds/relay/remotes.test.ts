import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { geteuid } from 'node:process';
import { peerCredentials } from '../../../../src/linux/socket.js';
import { type Remote, Remotes } from '../../../../src/receivers/uds/relay/remotes.js';
import {
  cgroupOf,
  containerId,
  FakeProcesses,
  HOST_CGROUP,
  PROGRAM,
} from '../../../support/attribution/fake-processes.js';
import { useCleanup } from '../../../support/cleanup.js';
import { countDescriptors } from '../../../support/descriptors.js';
import { RawListener, RawStream } from '../../../support/raw-stream.js';

const GOFER = '/usr/bin/runsc';
/** As many as are known at a time. */
const MAX_PEERS = 65_536;
/** The same of one client. */
const MAX_PEERS_OF_CLIENT = 4096;
/** Of a container, as many may be gofers. */
const MAX_GOFERS_OF_CONTAINER = 256;
/** More than is ever read of a file. */
const LONG = 200_000;
const NOBODY = 65_534;
const NO_SOCKET = 2 ** 30;

describe('Remotes', () => {
  const cleanup = useCleanup();
  let host: FakeProcesses;
  let remotes: Remotes;
  let listener: RawListener;
  /** The server's end of a connection whose client is this process. */
  let fd: number;

  beforeEach(async () => {
    host = new FakeProcesses(cleanup);
    remotes = new Remotes(host.files.proc, host.files.cgroups);
    listener = RawListener.listen(`${cleanup.directory()}/listener`, cleanup);
    RawStream.connect(listener.path, cleanup);
    fd = (await listener.accept(cleanup)).fd;
  });

  function identified(): Remote {
    const found = remotes.identify(fd);
    if (typeof found === 'string') assert.fail(found);
    return found;
  }

  /** A process has connected, ended, and been waited for; then its connection is accepted. */
  async function connectionOfDead(): Promise<number> {
    const program = `require('node:net').connect(${JSON.stringify(listener.path)}, () => process.exit())`;
    assert.equal(spawnSync(process.execPath, ['-e', program]).status, 0);
    return (await listener.accept(cleanup)).fd;
  }

  describe('a container', () => {
    it('is one peer, whatever program connects', () => {
      const cgroup = cgroupOf(1);
      host.put(cgroup, { executable: '/bin/a' });
      const first = identified();
      host.put(cgroup, { executable: '/bin/b' });
      assert.equal(identified(), first);
      const { pid, uid } = { pid: process.pid, uid: process.getuid?.() };
      assert.deepEqual(first.snapshot, { pid, uid, cgroup, executable: '/bin/a' });
    });

    it('is a client, whoever its user is', () => {
      host.put(cgroupOf(1));
      assert.equal(identified().clientKey, `container ${containerId(1)}`);
    });

    it('is another peer than the next one', () => {
      host.enter(1);
      const first = identified();
      host.enter(2);
      const second = identified();
      assert.notEqual(first.number, second.number);
      assert.equal(remotes.size, 2);
      host.enter(1);
      assert.equal(identified(), first);
    });

    it('is known where its program cannot be looked at', () => {
      host.enter(1);
      rmSync(host.path(`proc/${process.pid}/exe`));
      // Not a link: readlink fails, as it does for other reasons where one may not.
      host.folder(`proc/${process.pid}/exe`);
      assert.equal(identified().snapshot.executable, undefined);
    });

    it('is somebody new once it has been forgotten', () => {
      host.enter(1);
      const first = identified();
      remotes.forget(first);
      assert.equal(remotes.size, 0);
      const second = identified();
      assert.notEqual(second.number, first.number);
      remotes.forget(first);
      assert.equal(identified(), second, 'who was forgotten before takes nobody along');
    });
  });

  describe('a process of the host', () => {
    it('is one peer with those that run the same program in the same cgroup', () => {
      host.put(HOST_CGROUP);
      const first = identified();
      assert.equal(first.snapshot.executable, PROGRAM);
      assert.equal(identified(), first);
      host.put(HOST_CGROUP, { executable: '/usr/bin/other' });
      assert.notEqual(identified(), first);
      host.put('0::/user.slice\n');
      assert.notEqual(identified(), first);
      assert.equal(remotes.size, 3);
    });

    it('is the client that its user is, one for each, whatever the programs', async () => {
      remotes = new Remotes();
      assert.equal(identified().clientKey, `uid ${geteuid?.()}`);
      // Only root can be somebody else.
      const user = geteuid?.() === 0 ? NOBODY : Number(geteuid?.());
      chmodSync(dirname(listener.path), 0o711);
      chmodSync(listener.path, 0o666);
      const program = `require('node:net').connect(${JSON.stringify(listener.path)}); setInterval(() => {}, 1e6)`;
      const child = spawn(process.execPath, ['-e', program], { uid: user });
      cleanup.defer(() => child.kill('SIGKILL'));
      const found = remotes.identify((await listener.accept(cleanup)).fd);
      assert.equal(typeof found === 'string' ? found : found.clientKey, `uid ${user}`);
    });

    it('is told from those in other mount namespaces, of which it is read where their root lies', () => {
      host.process('self', 'mnt:[1]');
      remotes = new Remotes(host.files.proc, host.files.cgroups);
      host.put(HOST_CGROUP);
      host.process(process.pid, 'mnt:[1]', '1 0 8:1 / / rw - ext4 /dev/sda1 rw\n');
      const first = identified();
      assert.equal(first.snapshot.mountNamespace, 'mnt:[1]');
      assert.equal(first.snapshot.rootPlace, undefined);
      host.link(process.pid, 'ns/mnt', 'mnt:[2]');
      const mounts = '9 8 0:9 / /deep rw - tmpfs t rw\n'.repeat(1000);
      host.write(`proc/${process.pid}/mountinfo`, `${mounts}1 0 0:7 /x / rw - overlay overlay rw\n`);
      const second = identified();
      assert.notEqual(second, first);
      assert.deepEqual([second.snapshot.mountNamespace, second.snapshot.rootPlace], ['mnt:[2]', '0:7 /x']);
      assert.equal(identified(), second);
    });

    it('is really read of /proc', () => {
      remotes = new Remotes();
      const { snapshot } = identified();
      assert.equal(snapshot.pid, process.pid);
      assert.equal(snapshot.executable, process.execPath);
      assert.match(snapshot.cgroup, /^\d+:.*:\/.*\n$/m);
    });
  });

  describe('what may be a gofer of gVisor', () => {
    const gofer = (more: string) => {
      host.put(HOST_CGROUP, { executable: GOFER });
      host.write(`proc/${process.pid}/cmdline`, `runsc-gofer\0gofer\0--bundle\0./${more}\0`);
      host.link(process.pid, 'cwd', '/run/bundles');
      return identified();
    };

    it('is looked at closely, and is a peer of its own', () => {
      const first = gofer('a');
      assert.deepEqual(first.snapshot.arguments, ['runsc-gofer', 'gofer', '--bundle', './a']);
      assert.equal(first.snapshot.workingDirectory, '/run/bundles');
      assert.notEqual(gofer('b'), first);
      assert.equal(gofer('a'), first);
    });

    it('has no arguments where they cannot be read', () => {
      host.put(HOST_CGROUP, { executable: GOFER });
      const { snapshot } = identified();
      assert.deepEqual(snapshot.arguments, []);
      assert.equal(snapshot.workingDirectory, undefined);
    });

    it('is bounded in what is kept of its arguments', () => {
      const { snapshot } = gofer('x'.repeat(LONG));
      assert.deepEqual(
        snapshot.arguments,
        ['runsc-gofer', 'gofer', '--bundle'],
        'the one that was cut is none',
      );
    });
  });

  describe('says why nobody is known', () => {
    it('gone: it had ended before it was accepted', async () => {
      assert.equal(remotes.identify(await connectionOfDead()), 'gone');
      assert.equal(new Remotes().identify(await connectionOfDead()), 'gone');
    });

    it('gone: its number belongs to somebody else by now', async () => {
      const dead = await connectionOfDead();
      host.enter(1);
      const { pid } = peerCredentials(dead) ?? assert.fail('there are no credentials');
      host.enter(1, { pid });
      assert.equal(remotes.identify(dead), 'gone');
      assert.equal(remotes.size, 0);
    });

    it('hidden: it lives and /proc does not show it', () => {
      host.hide();
      assert.equal(remotes.identify(fd), 'hidden');
    });

    it('unreadable: reading failed for another reason', () => {
      host.folder(`proc/${process.pid}/cgroup`);
      assert.equal(remotes.identify(fd), 'unreadable');
      assert.equal(remotes.identify(NO_SOCKET), 'unreadable');
    });

    it('no_room: so many are known already', () => {
      host.enter(0);
      const file = openSync(host.path(`proc/${process.pid}/cgroup`), 'r+');
      cleanup.defer(() => closeSync(file));
      for (let i = 0; i < MAX_PEERS; i++) {
        writeSync(file, cgroupOf(i), 0);
        identified();
      }
      assert.equal(remotes.size, MAX_PEERS);
      const last = identified();
      writeSync(file, cgroupOf(MAX_PEERS), 0);
      assert.equal(remotes.identify(fd), 'no_room');
      remotes.forget(last);
      identified();
      assert.equal(remotes.size, MAX_PEERS);
    });
  });

  it('takes no more than its part for a user of the host, however many cgroups it is in', () => {
    host.enter(1);
    identified();
    host.put(HOST_CGROUP);
    const file = openSync(host.path(`proc/${process.pid}/cgroup`), 'r+');
    cleanup.defer(() => closeSync(file));
    const found = Array.from({ length: MAX_PEERS_OF_CLIENT + 1 }, (_, i) => {
      writeSync(file, `0::/system.slice/${String(i).padStart(20, '0')}.service\n`, 0);
      return remotes.identify(fd);
    });
    assert.equal(found.at(-1), 'no_room');
    host.enter(2);
    identified();
    assert.equal(remotes.size, MAX_PEERS_OF_CLIENT + 2);
  });

  it('takes no more than its part for one that runs ever new programs', () => {
    host.put(HOST_CGROUP);
    const other = identified();
    const cgroup = '0::/user.slice\n';
    host.put(cgroup, { executable: GOFER });
    // Told apart by that where nobody can see in which namespace they are.
    const words = openSync(host.write(`proc/${process.pid}/cmdline`, ''), 'r+');
    cleanup.defer(() => closeSync(words));
    const found = Array.from({ length: MAX_PEERS_OF_CLIENT + 1 }, (_, i) => {
      writeSync(words, `runsc\0${i}\0`, 0);
      return remotes.identify(fd);
    });
    assert.equal(found.at(-1), 'no_room');
    assert.equal(remotes.size, MAX_PEERS_OF_CLIENT, 'all of one user are one client');
    host.put(HOST_CGROUP);
    assert.equal(identified(), other);
    host.enter(2);
    assert.equal(typeof identified(), 'object', 'there is room for others');
    for (const peer of found) if (typeof peer !== 'string') remotes.forget(peer);
    host.put(cgroup, { executable: '/bin/last' });
    assert.equal(typeof identified(), 'object', 'and again for those of that cgroup');
  });

  describe('a container that calls itself a gofer', () => {
    const call = (namespace: string, words: string) => {
      host.enter(1, { executable: GOFER });
      host.folder(`proc/${process.pid}/ns`);
      host.link(process.pid, 'ns/mnt', namespace);
      host.write(`proc/${process.pid}/cmdline`, `runsc\0gofer\0--bundle\0${words}\0`);
      return identified();
    };

    it('is one, whatever it says, and under whatever name that begins so', () => {
      const first = call('mnt:[2]', '/b');
      assert.equal(call('mnt:[2]', '/c'), first);
      host.link(process.pid, 'exe', '/bin/runsc-of-mine');
      assert.equal(identified(), first);
      assert.equal(remotes.size, 1);
      assert.notEqual(call('mnt:[3]', '/b'), first, 'gofers of a pod have a namespace each');
    });

    it('is the container itself, when it comes with ever new namespaces', () => {
      const found = Array.from({ length: MAX_GOFERS_OF_CONTAINER + 2 }, (_, i) => call(`mnt:[${i}]`, '/b'));
      assert.equal(remotes.size, MAX_GOFERS_OF_CONTAINER + 1);
      assert.equal(found.at(-1), found.at(-2));
      host.enter(1, { executable: '/bin/sh' });
      assert.equal(identified(), found.at(-1));
    });

    it('is the container itself as well where other threads look at each and forget it', () => {
      const here = new Remotes(host.files.proc, host.files.cgroups);
      cleanup.defer(() => here.close());
      const found = Array.from({ length: MAX_GOFERS_OF_CONTAINER + 2 }, (_, i) => {
        const seen = call(`mnt:[${i}]`, '/b');
        remotes.forget(seen);
        return here.adopt(seen);
      });
      assert.equal(here.size, MAX_GOFERS_OF_CONTAINER + 1);
      assert.equal(found.at(-1), found.at(-2));
      assert.deepEqual(here.adopt(call('mnt:[0]', '/b')), found[0]);
      host.enter(1, { executable: '/bin/sh' });
      assert.equal(here.adopt(identified()), found.at(-1));
    });
  });

  it('takes a cgroup file of any length', () => {
    const long = `${'9:cpu:/a/b\n'.repeat(LONG / 10)}${cgroupOf(1)}`;
    host.put(long);
    const { cgroup } = identified().snapshot;
    assert.ok(long.startsWith(cgroup));
    assert.equal(cgroup.length, 64 * 1024);
    host.put('');
    assert.equal(identified().snapshot.cgroup, '');
    host.put('\xff\x00 no cgroup: at all');
    assert.equal(identified().snapshot.cgroup, '\xff\x00 no cgroup: at all');
  });

  it('leaves no descriptors behind', async () => {
    const dead = await connectionOfDead();
    host.enter(1);
    const before = countDescriptors();
    for (let i = 0; i < 100; i++) {
      remotes.identify(fd);
      remotes.identify(dead);
    }
    assert.equal(countDescriptors(), before);
  });
});
