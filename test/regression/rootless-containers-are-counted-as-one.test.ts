/**
 * Two containers whose cgroup names none, and a host process of the same executable path, were one peer: whoever came
 * first gave all of them its name. So it was with the service behind an upstream.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProcessResolver } from '../../src/identity/resolve-process.js';
import { Remotes } from '../../src/receivers/uds/relay/remotes.js';
import { AttributedReceiver } from '../support/attribution/attributed-receiver.js';
import { HOST_CGROUP } from '../support/attribution/fake-processes.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { RawListener } from '../support/raw-stream.js';

const ID = `${'0'.repeat(63)}1`;
const HOST_ROOT = '1 0 8:1 / / rw - ext4 /dev/sda1 rw\n';
const OTHER_ROOT = '1 0 0:7 / / rw - overlay overlay rw\n';

describe('Containers whose cgroup names none', () => {
  const cleanup = useCleanup();

  describe('in the numbers', () => {
    let agent: AttributedReceiver;
    beforeEach(async () => {
      agent = new AttributedReceiver(cleanup);
      agent.host.process('self', 'mnt:[1]', HOST_ROOT);
      agent.host.put(HOST_CGROUP);
      await agent.serve('a');
      await agent.apply(['a']);
    });

    /** This process is in that mount namespace from now on. */
    function enter(namespace: string, mountinfo: string): void {
      const { host } = agent;
      host.folder(`proc/${process.pid}/ns`);
      host.link(process.pid, 'ns/mnt', namespace);
      host.write(`proc/${process.pid}/mountinfo`, mountinfo);
    }

    it('are told apart from each other, and from the host', async () => {
      const hosts = agent.host.write(`overlay-containers/${ID}/userdata/hosts`, '');
      enter('mnt:[2]', `${OTHER_ROOT}2 1 8:1 ${hosts} /etc/hosts rw - ext4 /dev/sda1 rw\n`);
      await agent.exchange('a', '1');
      enter('mnt:[3]', OTHER_ROOT);
      await agent.exchange('a', '22');
      enter('mnt:[1]', HOST_ROOT);
      await agent.exchange('a', '333');
      enter('mnt:[4]', HOST_ROOT);
      await agent.exchange('a', '4444');
      const { 'a host': unknown, ...known } = agent.shown();
      assert.deepEqual(known, { 'a host #1': [1, 1], 'a host program': [7, 2] });
      assert.deepEqual(unknown, [2, 1]);
      assert.deepEqual(agent.unattributed(), { unknown_container: 1 });
    });

    it('are counted as unattributed, connection by connection, after they have ended too', async () => {
      enter('mnt:[3]', OTHER_ROOT);
      const areCounted = (count: number) =>
        eventually('they are counted', () => agent.unattributed()['unknown_container'] === count);
      for (let i = 0; i < 3; i++) (await agent.exchange('a')).close();
      await areCounted(3);
      await agent.apply(['a'], { receiver: { threads: 2 } });
      await agent.exchange('a');
      await areCounted(4);
      assert.deepEqual(agent.unattributed(), { unknown_container: 4 });
    });

    it('are where a service runs that nobody knows, which is none of the host', async () => {
      const { pid } = await agent.serve('a');
      agent.host.folder(`proc/${pid}/ns`);
      agent.host.link(pid, 'ns/mnt', 'mnt:[3]');
      agent.host.write(`proc/${pid}/mountinfo`, OTHER_ROOT);
      await agent.exchange('a');
      assert.deepEqual(agent.shown(), { 'a internal program': [1, 1] });
    });
  });

  describe('as the kernel has them', () => {
    /** Root has a mount namespace for nothing; others need one of users. */
    const UNSHARE = process.geteuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];

    /** A file system of its own with all of the host's in it, in which Node is where it is on the host. */
    const ENTER = [
      'set -e; root=$1; shift; mount -t tmpfs tmpfs "$root"',
      'for entry in /*; do',
      '  if [ -L "$entry" ]; then cp -P "$entry" "$root$entry"',
      '  elif [ -d "$entry" ]; then mkdir -p "$root$entry"; mount --rbind "$entry" "$root$entry"; fi',
      'done',
      'cd "$root"; mkdir .host; pivot_root . .host; umount -l .host; exec "$@"',
    ].join('\n');

    function isPossible(): boolean {
      const { status } = spawnSync('unshare', [...UNSHARE, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
      return status === 0;
    }

    before('needs mount namespaces', function () {
      if (isPossible()) return;
      for (const test of this.test?.parent?.tests ?? []) test.title += ' (skipped: needs mount namespaces)';
      this.skip();
    });

    it('are remotes of their own beside a process of the same program, and none of the host', async () => {
      const directory = cleanup.directory();
      const listener = RawListener.listen(join(directory, 's'), cleanup);
      const program = join(directory, 'client.cjs');
      writeFileSync(
        program,
        `require('node:net').connect(${JSON.stringify(listener.path)}); setInterval(() => {}, 1e6)`,
      );
      const remotes = new Remotes();
      cleanup.defer(() => remotes.close());
      const resolver = new ProcessResolver();

      async function connects(command: readonly string[]) {
        const [name = '', ...args] = command;
        const child = spawn(name, args, { stdio: ['ignore', 'inherit', 'inherit'] });
        cleanup.defer(async () => {
          child.kill('SIGKILL');
          if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        });
        const found = remotes.identify((await listener.accept(cleanup)).fd);
        assert.ok(typeof found === 'object', String(found));
        return found;
      }

      const node = [process.execPath, program];
      const contained = () => ['unshare', ...UNSHARE, 'sh', '-c', ENTER, 'sh', cleanup.directory(), ...node];
      const [first, host, second] = [
        await connects(contained()),
        await connects(node),
        await connects(contained()),
      ];
      assert.equal(new Set([first.number, host.number, second.number]).size, 3);
      for (const { snapshot } of [first, second, host]) assert.equal(snapshot.executable, process.execPath);
      const identities = [first, second, host].map(({ snapshot }) => resolver.resolve(snapshot));
      const unknown = { container: undefined, executable: undefined, unattributed: 'unknown_container' };
      assert.deepEqual(identities, [unknown, unknown, { container: undefined, executable: 'node' }]);
      // A namespace of its own with the host's file system in it, as services have.
      const service = await connects(['unshare', ...UNSHARE, ...node]);
      assert.notEqual(service.number, host.number);
      assert.deepEqual(resolver.resolve(service.snapshot), { container: undefined, executable: 'node' });
    });
  });
});
