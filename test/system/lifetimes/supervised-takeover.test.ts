import assert from 'node:assert/strict';
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kill } from 'node:process';
import { asidePath } from '../../../src/linux/front.js';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { Supervised, type SupervisedOptions } from '../../support/supervised.js';
import { EchoClient, startCommand } from '../../support/udscope.js';

describe('a path that is taken over, under udscope supervise', () => {
  const cleanup = useCleanup();
  let supervised: Supervised;
  let path: string;
  let server: number | undefined;

  beforeEach(async () => {
    supervised = await Supervised.prepare(cleanup);
    ({ path } = supervised.upstream);
    server = inodeAt(path);
    configure({ takeover: true });
  });

  const inodeAt = (file: string) => lstatSync(file, { throwIfNoEntry: false })?.ino;
  const besideServer = () => readdirSync(supervised.directory).filter((name) => name.includes('up.sock'));
  const control = () => join(supervised.directory, 'private/control.sock');

  /** Takes the path over, or relays it elsewhere. */
  function configure(socket: object): void {
    supervised.configure([{ name: 'echo', upstream: path, ...socket }], {
      receiver: { containers: { directory: join(supervised.directory, 'private/containers') } },
      extensions: { control: { socket: control() } },
    });
  }

  async function roundTrip(): Promise<void> {
    const client = await EchoClient.connect(path);
    cleanup.defer(() => client.destroy());
    await client.roundTrip(100);
    client.destroy();
  }

  /** Has a front at the path, an agent that was killed, and none that can start. */
  async function killForGood(options?: SupervisedOptions): Promise<number | undefined> {
    const agent = await supervised.startReady({ ...options, options: ['--no-standby'] });
    const front = inodeAt(path);
    assert.notEqual(front, server);
    writeFileSync(supervised.file, 'nonsense: 1\n');
    kill(agent, 'SIGKILL');
    await supervised.process.waitForOutput(/starting it again in [1-9]/);
    return front;
  }

  it('is given back by the next agent whose configuration does not have it, after a kill', async () => {
    const agent = await supervised.startReady();
    configure({ listen: supervised.listen });
    kill(agent, 'SIGKILL');
    await supervised.readyAgent(2);
    assert.equal(inodeAt(path), server);
    assert.deepEqual(besideServer(), ['up.sock']);
    await roundTrip();
    assert.doesNotMatch(supervised.process.output, /is not put back/);
  });

  it('is given back by an upgrade whose configuration does not have it', async () => {
    await supervised.startReady();
    configure({ listen: supervised.listen });
    const upgrade = await startCommand({ args: ['upgrade', '--control', control()] });
    assert.equal((await upgrade.exited).code, 0, upgrade.output);
    await supervised.readyAgent(2);
    assert.equal(inodeAt(path), server);
    assert.deepEqual(besideServer(), ['up.sock']);
    await roundTrip();
  });

  it('stays what it is over upgrades and kills', async () => {
    await supervised.startReady();
    const front = inodeAt(path);
    for (let i = 0; i < 3; i++) {
      const upgrade = await startCommand({ args: ['upgrade', '--json', '--control', control()] });
      assert.equal((await upgrade.exited).code, 0, upgrade.output);
      await supervised.readyAgent(2 * i + 2);
      kill(JSON.parse(upgrade.output).pid, 'SIGKILL');
      await supervised.readyAgent(2 * i + 3);
      assert.deepEqual([inodeAt(path), inodeAt(`${asidePath(path)}-upstream`)], [front, server]);
      await roundTrip();
    }
    await supervised.process.stop();
    assert.equal(inodeAt(path), server);
    assert.deepEqual(besideServer(), ['up.sock']);
  });

  it("is its server's while no agent can start, and is taken again by the same inode", async () => {
    const front = await killForGood();
    await eventually('it is given back', () => inodeAt(path) === server);
    await roundTrip();
    configure({ takeover: true });
    await supervised.readyAgent(2);
    assert.equal(inodeAt(path), front);
    await roundTrip();
  });

  it('is put back by a supervisor that is stopped without an agent', async () => {
    await killForGood();
    await supervised.process.stop();
    assert.equal(inodeAt(path), server);
    assert.deepEqual(besideServer(), ['up.sock']);
  });

  it("is its server's when a supervisor without an agent leaves its sockets to the next one", async () => {
    const front = await killForGood({
      env: { FDSTORE: '8192', NOTIFY_SOCKET: join(supervised.directory, 'n') },
    });
    assert.equal((await supervised.process.stop()).code, 0);
    assert.equal(inodeAt(path), server);
    assert.equal(inodeAt(asidePath(path)), front, 'for the next agent');
    await roundTrip();
  });

  it('is reloaded by the agent that is starting when a reload is asked for', async () => {
    await supervised.startReady();
    kill(supervised.process.pid, 'SIGUSR2');
    await eventually(
      'the next agent has read the configuration',
      () => (supervised.process.output.match(/control API at/g) ?? []).length === 2,
    );
    configure({ listen: supervised.listen });
    kill(supervised.process.pid, 'SIGHUP');
    await eventually('it is relayed elsewhere', () => inodeAt(supervised.listen) !== undefined);
    await supervised.readyAgent(2);
    await eventually('it is given back', () => inodeAt(path) === server);
    await roundTrip();
  });

  it('is reloaded by the agent that goes on when the one that was starting cannot', async () => {
    await supervised.startReady({ options: ['--no-standby'] });
    writeFileSync(supervised.file, 'nonsense: 1\n');
    kill(supervised.process.pid, 'SIGUSR2');
    await eventually('another agent is starting', () => childrenOf(supervised.process.pid).length === 2);
    kill(supervised.process.pid, 'SIGHUP');
    await supervised.process.waitForOutput('configuration not reloaded');
    assert.match(supervised.process.output, /the upgrade has failed.*configuration not reloaded/s);
    await roundTrip();
  });

  it('stays with its agent when that has been reloaded while one was starting that cannot', async () => {
    const agent = await supervised.startReady({ options: ['--no-standby'] });
    writeFileSync(supervised.file, 'nonsense: 1\n');
    // In this order, both at once.
    kill(supervised.process.pid, 'SIGHUP');
    kill(supervised.process.pid, 'SIGUSR2');
    await supervised.process.waitForOutput('the upgrade has failed');
    // Each writes by itself.
    await supervised.process.waitForOutput('configuration not reloaded');
    assert.deepEqual(childrenOf(supervised.process.pid), [agent]);
    await roundTrip();
  });
});

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}
