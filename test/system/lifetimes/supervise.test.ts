import assert from 'node:assert/strict';
import { existsSync, lstatSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { kill } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { useCleanup } from '../../support/cleanup.js';
import { countDescriptors } from '../../support/descriptors.js';
import { waitFor } from '../../support/process.js';
import { RawStream } from '../../support/raw-stream.js';
import { Supervised } from '../../support/supervised.js';
import { EchoClient, startCommand } from '../../support/udscope.js';

const SIGTERM_CODE = 143;

describe('an agent under udscope supervise', () => {
  const cleanup = useCleanup();
  let supervised: Supervised;

  beforeEach(async () => {
    supervised = await Supervised.prepare(cleanup);
  });

  const inode = () => lstatSync(supervised.listen).ino;

  /** Connects, sends and waits for the answer. */
  async function roundTrip(): Promise<void> {
    const client = await EchoClient.connect(supervised.listen);
    cleanup.defer(() => client.destroy());
    await client.roundTrip(100);
    client.destroy();
  }

  it('leaves its socket to the next one when it is killed, with the clients that connect meanwhile', async () => {
    const agent = await supervised.startReady();
    const before = inode();
    await roundTrip();
    kill(agent, 'SIGKILL');
    // Nobody accepts now, and nobody is refused.
    const client = RawStream.connect(supervised.listen, cleanup);
    assert.equal(client.send(Buffer.from('waiting')), 7);
    assert.equal(String(await client.receiveExactly(7)), 'waiting');
    assert.notEqual(await supervised.readyAgent(2), agent);
    assert.equal(inode(), before);
    await roundTrip();
  });

  it('refuses nobody in twenty kills under load', async function () {
    this.timeout(180_000);
    await supervised.startReady();
    const before = inode();
    let isOver = false;
    let served = 0;
    const refusals: string[] = [];
    const load = (async () => {
      while (!isOver) {
        const stream = RawStream.tryConnect(supervised.listen, cleanup);
        if (typeof stream === 'string') refusals.push(stream);
        else {
          stream.send(Buffer.from('x'));
          // One that was accepted before the kill is cut by it: what it had is lost with the process that had it.
          if ((await stream.receiveSome()) instanceof Buffer) served++;
          stream.close();
        }
        await sleep(1);
      }
    })();
    for (let i = 2; i <= 21; i++) {
      // One that has not been ready for long would be started later and later.
      await sleep(2100);
      kill(supervised.agent, 'SIGKILL');
      await supervised.readyAgent(i);
    }
    isOver = true;
    await load;
    assert.deepEqual(refusals, []);
    assert.ok(served > 100, `${served} served`);
    assert.equal(inode(), before);
    assert.ok(countDescriptors(supervised.process.pid) < 40, 'the supervisor leaks no descriptor');
  });

  it('has a standby take over, which has done nothing before', async () => {
    const agent = await supervised.startReady();
    const standby = await supervised.standby();
    kill(agent, 'SIGKILL');
    assert.equal(await supervised.readyAgent(2), standby);
    await roundTrip();
  });

  it('starts without a standby if it is told to', async () => {
    const agent = await supervised.startReady({ options: ['--no-standby'] });
    await sleep(1500);
    assert.equal(supervised.agent, agent);
    kill(agent, 'SIGKILL');
    await roundTrip();
  });

  it('has the configuration of the moment of the restart', async () => {
    const agent = await supervised.startReady();
    await supervised.standby();
    const other = `${supervised.listen}.2`;
    supervised.configure([supervised.socket({ listen: other })]);
    kill(agent, 'SIGKILL');
    await supervised.readyAgent(2);
    assert.ok(existsSync(other));
    assert.ok(!existsSync(supervised.listen), 'what is not configured any more is removed');
    assert.match(supervised.process.output, /no longer relaying .*echo\.sock/);
  });

  it('binds a path anew that was replaced meanwhile', async () => {
    const agent = await supervised.startReady();
    kill(supervised.process.pid, 'SIGSTOP');
    kill(agent, 'SIGKILL');
    unlinkSync(supervised.listen);
    kill(supervised.process.pid, 'SIGCONT');
    await supervised.readyAgent(2);
    // By its message: the file system may give the new file the number of the old one.
    assert.ok(lstatSync(supervised.listen).isSocket());
    assert.match(supervised.process.output, /is bound anew: its file was removed/);
    await roundTrip();
  });

  it('leaves alone what somebody has put at its path meanwhile', async () => {
    const agent = await supervised.startReady();
    kill(supervised.process.pid, 'SIGSTOP');
    kill(agent, 'SIGKILL');
    renameSync(supervised.listen, `${supervised.listen}.aside`);
    writeFileSync(supervised.listen, 'mine');
    kill(supervised.process.pid, 'SIGCONT');
    await supervised.process.waitForOutput('is no socket, and is not replaced');
    assert.equal(readFileSync(supervised.listen, 'utf8'), 'mine');
    unlinkSync(supervised.listen);
    await supervised.readyAgent(2);
    await roundTrip();
  });

  it('removes its sockets when it is stopped, and ends the supervisor with its code', async () => {
    await supervised.startReady();
    await supervised.standby();
    const exit = await supervised.process.stop();
    assert.deepEqual(exit, { code: 0, signal: null });
    assert.ok(!existsSync(supervised.listen));
    assert.match(supervised.process.output, /SIGTERM: stopping/);
  });

  it('is told of SIGHUP', async () => {
    await supervised.startReady();
    supervised.process.signal('SIGHUP');
    await supervised.process.waitForOutput('configuration reloaded');
    await roundTrip();
  });

  it('goes on relaying when the supervisor is killed', async () => {
    const agent = await supervised.startReady();
    const client = await EchoClient.connect(supervised.listen);
    cleanup.defer(() => client.destroy());
    cleanup.defer(() => kill(agent, 'SIGKILL'));
    const standby = await supervised.standby();
    await supervised.process.kill();
    await waitFor('the standby to end', () => !existsSync(`/proc/${standby}`));
    await client.roundTrip(100);
    await roundTrip();
    await supervised.process.waitForOutput('the supervisor has ended: relaying goes on').catch(() => {});
    assert.match(supervised.process.output, /the supervisor has ended: relaying goes on/);
  });

  it('ends the supervisor with its reason and code when it was never ready', async () => {
    writeFileSync(supervised.file, 'receivers: 7\n');
    const supervisor = await supervised.start();
    assert.equal((await supervisor.exited).code, 1);
    assert.match(supervisor.output, /receivers/);
    assert.match(supervisor.output, /ended with exit code 1 before it was ever ready/);
  });

  it('is started again and again after a wrong configuration, until that is put right', async () => {
    const agent = await supervised.startReady({ options: ['--no-standby'] });
    const before = inode();
    const right = readFileSync(supervised.file, 'utf8');
    writeFileSync(supervised.file, 'receivers: 7\n');
    kill(agent, 'SIGKILL');
    await supervised.process.waitForOutput(/exit code 1; starting it again in \d+ ms/);
    const client = RawStream.connect(supervised.listen, cleanup);
    client.send(Buffer.from('waits'));
    writeFileSync(supervised.file, right);
    assert.equal(String(await client.receiveExactly(5)), 'waits');
    assert.equal(inode(), before);
  });

  it('ends with the code of a command that cannot be found', async () => {
    const supervisor = await startCommand({ args: ['supervise', '--', '/nowhere/udscope', 'run'] });
    assert.equal((await supervisor.exited).code, 127);
    assert.match(supervisor.output, /\/nowhere\/udscope cannot be started \(ENOENT\)/);
  });

  it('leaves no dead socket when it is stopped while it starts again', async () => {
    const agent = await supervised.startReady({ options: ['--no-standby'] });
    kill(agent, 'SIGKILL');
    await supervised.process.waitForOutput('starting it again');
    const { code } = await supervised.process.stop();
    assert.ok([0, SIGTERM_CODE].includes(code ?? -1), `code ${code}`);
    assert.ok(!existsSync(supervised.listen));
  });

  it('is stopped by the supervisor before it is ready, too', async () => {
    const supervisor = await supervised.start();
    await waitFor('a child', () => Number.isFinite(supervised.agent));
    const { code } = await supervisor.stop();
    assert.ok([0, SIGTERM_CODE].includes(code ?? -1), `code ${code}`);
    assert.ok(!existsSync(supervised.listen));
  });
});
