import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kill } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { useCleanup } from '../../support/cleanup.js';
import { LineClient } from '../../support/line-client.js';
import { LineService } from '../../support/line-service.js';
import { waitFor } from '../../support/process.js';
import { ScrapeWatch } from '../../support/scrape-watch.js';
import { childrenOf, Supervised } from '../../support/supervised.js';
import { EchoClient, startCommand } from '../../support/udscope.js';

const METRICS_URL = /http:\/\/[^\s/]+\/metrics/;
const UPGRADES = 5;
/** Each upgrade starts a process, beside three other tests. */
const TIMEOUT_MS = 60_000;
const BYTES = 100;

/** Clients that come and go, one after the other in each of several rows. */
class Churn {
  connections = 0;
  readonly failures: string[] = [];
  #isStopping = false;
  readonly #rows: Promise<void>[];

  constructor(listen: string, rows: number) {
    this.#rows = Array.from({ length: rows }, () => this.#run(listen));
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#rows);
  }

  async #run(listen: string): Promise<void> {
    while (!this.#isStopping) {
      try {
        const client = await EchoClient.connect(listen);
        await client.roundTrip(BYTES);
        await client.close();
        this.connections++;
      } catch (error) {
        this.failures.push(String(error));
        return;
      }
    }
  }
}

describe('udscope upgrade', () => {
  const cleanup = useCleanup();
  let supervised: Supervised;
  let control: string;

  beforeEach(async () => {
    supervised = await Supervised.prepare(cleanup);
    control = join(supervised.directory, 'private/control.sock');
    supervised.configure(undefined, { extensions: { control: { socket: control } } });
  });

  const upgrade = async () => {
    const command = await startCommand({ args: ['upgrade', '--json', '--control', control] });
    cleanup.defer(() => command.kill());
    const { code } = await command.exited;
    return { code, output: command.output };
  };

  const upgraded = async () => {
    const { code, output } = await upgrade();
    assert.equal(code, 0, `${output}\n${supervised.process.describe()}`);
    return JSON.parse(output) as { pid: number; draining: { pid: number; connections: number } };
  };

  const watch = () => {
    const url = METRICS_URL.exec(supervised.process.output)?.[0];
    assert.ok(url, supervised.process.describe());
    return new ScrapeWatch(url);
  };

  const until = (what: string, condition: () => Promise<boolean>) =>
    waitFor(what, condition, { process: supervised.process });

  const isAlive = (pid: number) => childrenOf(supervised.process.pid).includes(pid);

  it('drops no connection and counts each once, again and again, while clients come and go', async function () {
    this.timeout(TIMEOUT_MS);
    await supervised.startReady({ options: ['--no-standby'] });
    const watched = watch();
    const churn = new Churn(supervised.listen, 4);
    cleanup.defer(() => churn.stop());
    const lasting: EchoClient[] = [];
    const pids: number[] = [];
    for (let i = 0; i < UPGRADES; i++) {
      const client = await EchoClient.connect(supervised.listen);
      await client.roundTrip(BYTES);
      lasting.push(client);
      const { draining } = await upgraded();
      assert.ok(draining.connections >= 1);
      pids.push(draining.pid);
    }
    await churn.stop();
    assert.deepEqual(churn.failures, []);
    assert.ok(churn.connections > UPGRADES);
    for (const client of lasting) await client.roundTrip(BYTES);
    for (const pid of pids) assert.ok(isAlive(pid), `${pid} has ended before its connection`);
    await until('those that last to be all that are open', async () => {
      return (await watched.sum('uds_connections_active')) === UPGRADES;
    });
    await Promise.all(lasting.map((client) => client.close()));
    await until('the agents before this one to end', async () => !pids.some(isAlive));
    const connections = churn.connections + UPGRADES;
    assert.equal(await watched.sum('uds_connections_opened_total'), connections);
    assert.equal(await watched.sum('uds_connections_active'), 0);
    const bytes = BYTES * (churn.connections + 2 * UPGRADES);
    assert.equal(await watched.sum('uds_send_bytes_total'), bytes);
    assert.equal(await watched.sum('uds_recv_bytes_total'), bytes);
    await watched.stop();
    assert.deepEqual(watched.failures, []);
  });

  it('counts the calls of connections that last, and of those after them, with their durations', async () => {
    const upstream = join(supervised.directory, 'rpc-service.sock');
    const listen = join(supervised.directory, 'rpc/rpc.sock');
    const service = await LineService.listen(cleanup, upstream);
    const pipeline = { receivers: ['uds'], processors: ['capture', 'enrich'], exporters: ['prometheus'] };
    const configuration = {
      receivers: { uds: { sockets: [{ name: 'rpc', listen, upstream }] } },
      processors: { capture: { directions: ['send', 'recv'] }, enrich: {} },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      service: { pipelines: { metrics: pipeline }, extensions: ['control'] },
      extensions: { control: { socket: control } },
    };
    writeFileSync(supervised.file, stringify(configuration));
    await supervised.startReady({ options: ['--no-standby'] });
    const watched = watch();
    const first = await LineClient.connect(cleanup, listen);
    await first.call('one', 'two', 'fail');
    await upgraded();
    const second = await LineClient.connect(cleanup, listen);
    await second.call('one', 'three');
    await first.call('one', 'two');
    await upgraded();
    await first.call('one', 'fail');
    await second.call('one');
    await Promise.all([first.close(), second.close()]);
    const heard = Object.values(service.calls).reduce((sum, count) => sum + count, 0);
    await until(
      'all calls to be counted',
      async () => (await watched.sum('uds_method_calls_total')) === heard,
    );
    assert.equal(await watched.sum('uds_method_calls_total', { rpc_method: 'one' }), 5);
    assert.equal(await watched.sum('uds_method_calls_total', { rpc_method: 'fail' }), 2);
    assert.equal(await watched.sum('rpc_server_call_duration_seconds', {}, '_count'), heard);
    assert.equal(await watched.sum('udscope_enrich_calls_total'), heard);
    await watched.stop();
    assert.deepEqual(watched.failures, []);
  });

  it('changes nothing when the other agent cannot start, and says why', async () => {
    const pid = await supervised.startReady({ options: ['--no-standby'] });
    const client = await EchoClient.connect(supervised.listen);
    const configuration = readFileSync(supervised.file, 'utf8');
    appendFileSync(supervised.file, 'nonsense: {}\n');
    const { code, output } = await upgrade();
    assert.equal(code, 1);
    assert.match(output, /cannot start, and nothing has changed.*nonsense/s);
    await client.roundTrip(BYTES);
    await (await EchoClient.connect(supervised.listen)).roundTrip(BYTES);
    await until(
      'the other one to end',
      async () => childrenOf(supervised.process.pid).join() === String(pid),
    );
    writeFileSync(supervised.file, configuration);
    assert.notEqual((await upgraded()).pid, pid);
    await client.roundTrip(BYTES);
  });

  it('changes nothing when the other agent finds a port in use', async () => {
    const pid = await supervised.startReady({ options: ['--no-standby'] });
    const url = METRICS_URL.exec(supervised.process.output)?.[0] ?? '';
    const { port } = new URL(url);
    const configuration = readFileSync(supervised.file, 'utf8');
    writeFileSync(supervised.file, configuration.replace('localhost:0', `0.0.0.0:${port}`));
    const { code, output } = await upgrade();
    assert.equal(code, 1);
    assert.match(output, /the port is in use/);
    await (await EchoClient.connect(supervised.listen)).roundTrip(BYTES);
    assert.equal((await fetch(url)).status, 200);
    await until(
      'the other one to end',
      async () => childrenOf(supervised.process.pid).join() === String(pid),
    );
  });

  it('needs a supervisor, and says so', async () => {
    const agent = await startCommand({ args: ['run', '--config', supervised.file] });
    cleanup.defer(() => agent.kill());
    await agent.waitForOutput('udscope is ready');
    const { code, output } = await upgrade();
    assert.equal(code, 1);
    assert.match(output, /udscope supervise -- udscope run/);
  });

  it('leaves counts as they are when the former agent is killed, and nothing open of it', async () => {
    await supervised.startReady({ options: ['--no-standby'] });
    const watched = watch();
    const client = await EchoClient.connect(supervised.listen);
    await client.roundTrip(BYTES);
    const { draining } = await upgraded();
    await until(
      'its connection to be shown',
      async () => (await watched.sum('uds_connections_active')) === 1,
    );
    const ended = client.ended();
    kill(draining.pid, 'SIGKILL');
    await ended;
    await until('nothing to be open', async () => (await watched.sum('uds_connections_active')) === 0);
    assert.equal(await watched.sum('uds_send_bytes_total'), BYTES);
    await (await EchoClient.connect(supervised.listen)).roundTrip(BYTES);
    assert.equal(await watched.sum('uds_send_bytes_total'), 2 * BYTES);
    await watched.stop();
    assert.deepEqual(watched.failures, []);
  });

  it('goes on with the former agent when the one that took over is killed', async () => {
    await supervised.startReady({ options: ['--no-standby'] });
    const client = await EchoClient.connect(supervised.listen);
    await client.roundTrip(BYTES);
    const { pid } = await upgraded();
    const other = await EchoClient.connect(supervised.listen);
    await other.roundTrip(BYTES);
    const ended = other.ended();
    kill(pid, 'SIGKILL');
    await ended;
    await (await EchoClient.connect(supervised.listen)).roundTrip(BYTES);
    await until('another one to be ready', async () => {
      return supervised.process.output.split('starting it again')[1]?.includes('udscope is ready') === true;
    });
    await client.roundTrip(BYTES);
    const watched = watch();
    // What the killed one had shown is gone with it; what goes on is counted from now on.
    await until('both to be open', async () => (await watched.sum('uds_connections_active')) === 2);
    const before = await watched.sum('uds_send_bytes_total');
    await client.roundTrip(BYTES);
    assert.equal(await watched.sum('uds_send_bytes_total'), before + BYTES);
    await client.close();
    await until('one to be open', async () => (await watched.sum('uds_connections_active')) === 1);
    await watched.stop();
    assert.deepEqual(watched.failures, []);
  });

  it('starts another agent when the current one is killed while the next one starts', async () => {
    const pid = await supervised.startReady({ options: ['--no-standby'] });
    const asked = upgrade();
    await waitFor('the next agent to start', () => childrenOf(supervised.process.pid).length === 2);
    kill(pid, 'SIGKILL');
    await asked;
    await supervised.readyAgent(2);
    await (await EchoClient.connect(supervised.listen)).roundTrip(BYTES);
    await sleep(100);
    assert.equal(childrenOf(supervised.process.pid).length, 1);
  });

  it('lets all agents end with the supervisor', async () => {
    await supervised.startReady({ options: ['--no-standby'] });
    const client = await EchoClient.connect(supervised.listen);
    await client.roundTrip(BYTES);
    await upgraded();
    const pids = childrenOf(supervised.process.pid);
    assert.equal(pids.length, 2);
    await supervised.process.stop();
    for (const pid of pids) assert.throws(() => kill(pid, 0));
  });
});
