import assert from 'node:assert/strict';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { trySendWithDescriptors } from '../support/ancillary.js';
import { useCleanup } from '../support/cleanup.js';
import { countDescriptors, descriptorsIn } from '../support/descriptors.js';
import { type RealProcess, waitFor } from '../support/process.js';
import { parsePrometheusText } from '../support/prometheus-text.js';
import { RawListener, RawStream } from '../support/raw-stream.js';
import { repeat } from '../support/repeat.js';
import { EchoClient, EchoServer, startCommand } from '../support/udscope.js';

const FAILING = fileURLToPath(new URL('../support/failing-thread.js', import.meta.url));

/** How many clients come and go at a time. */
const COMING = 8;

/** Clients that connect, ask one thing and leave, again and again. */
class ComingAndGoing {
  served = 0;
  lost = 0;
  #isOver = false;
  readonly #clients: Promise<void>[];

  constructor(path: string) {
    this.#clients = Array.from({ length: COMING }, () => this.#comeAndGo(path));
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #comeAndGo(path: string): Promise<void> {
    while (!this.#isOver) {
      const client = await EchoClient.connect(path);
      if (await isAlive(client)) this.served++;
      else this.lost++;
      client.destroy();
    }
  }
}

/** Whether a client is answered, and not cut off. */
async function isAlive(client: EchoClient, cut = client.ended()): Promise<boolean> {
  const ended = cut.then(() => false);
  return await Promise.race([
    ended,
    client.roundTrip(10).then(
      () => true,
      () => false,
    ),
  ]);
}

describe('an agent with a relay thread that', function () {
  this.timeout(30_000);
  const cleanup = useCleanup();
  let directory: string;
  let listen: string;
  let beside: string;
  let agent: RealProcess;

  beforeEach(async () => {
    directory = cleanup.directory();
    listen = join(directory, 'relay', 'echo.sock');
    beside = join(directory, 'beside', 'echo.sock');
    const upstream = await EchoServer.listen(join(directory, 'up.sock'));
    cleanup.defer(() => upstream.close());
    configure(1);
    agent = await startCommand({
      args: ['run', '--config', join(directory, 'udscope.yaml')],
      env: { DIRECTORY: directory, NODE_OPTIONS: `--import ${FAILING}` },
    });
    cleanup.defer(() => agent.kill());
    await agent.waitForOutput('udscope is ready');
  });

  /** Each thread is the home of a container. */
  function configure(threads: number, upstream = 'up.sock'): void {
    const sockets = [listen, beside].slice(0, threads).map((path, i) => ({
      ...{ name: `echo-${i}`, listen: path, upstream: join(directory, upstream) },
      container: { id: `c${i}` },
    }));
    const configuration = {
      receivers: { uds: { threads, sockets } },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      service: { pipelines: { metrics: { receivers: ['uds'], exporters: ['prometheus'] } } },
    };
    writeFileSync(join(directory, 'udscope.yaml'), stringify(configuration));
  }

  const fail = (how: string) => writeFileSync(join(directory, `relay-${how}`), '');

  async function connect(path = listen): Promise<EchoClient> {
    const client = await EchoClient.connect(path);
    cleanup.defer(() => client.destroy());
    return client;
  }

  async function sum(name: string, label = ''): Promise<number> {
    const url = /http:\/\/\S+\/metrics/.exec(agent.output)?.[0] ?? assert.fail(agent.describe());
    const samples = parsePrometheusText(await (await fetch(url)).text()).get(name)?.samples ?? [];
    const labelled = samples.filter(({ labels }) => JSON.stringify(labels).includes(label));
    return labelled.reduce((total, { value }) => total + value, 0);
  }

  for (const how of ['throws', 'exits']) {
    it(`${how} loses its connections, and nothing else`, async () => {
      const descriptors = countDescriptors(agent.pid);
      const lost = await connect();
      await lost.roundTrip(1000);
      fail(how);
      const seen = lost.ended();
      // It comes to that when something wakes it.
      void lost.roundTrip(10).catch(() => {});
      await seen;
      // No thread accepts yet: it waits in the backlog.
      const client = await connect();
      await client.roundTrip(1000);
      await agent.waitForOutput('a relay thread failed; its connections are lost, new threads take over');
      await client.close();
      await waitFor('its connections to be over', async () => (await sum('uds_connections_active')) === 0);
      assert.equal(await sum('uds_connections_opened_total'), 2);
      assert.equal(await sum('uds_connection_errors_total', '_OTHER'), 1);
      assert.equal(await sum('udscope_relay_failures_total'), 1);
      assert.ok((await sum('uds_send_bytes_total')) >= 2000);
      // Of these one is the connection that the page is read over.
      await waitFor('all that it had to be closed', () => countDescriptors(agent.pid) <= descriptors + 1);
      assert.deepEqual(await agent.stop(), { code: 0, signal: null });
    });
  }

  for (const how of ['throws', 'exits']) {
    it(`${how} while clients come and go costs what it had, and nobody who waits or is on another thread`, async () => {
      configure(2);
      agent.signal('SIGHUP');
      await agent.waitForOutput('configuration reloaded');
      const lasting = await Promise.all(repeat(16, (i) => connect(i % 2 === 0 ? listen : beside)));
      const cut = lasting.map((client) => client.ended());
      for (const client of lasting) await client.roundTrip(10);
      const openedBefore = await sum('uds_connections_opened_total');
      const coming = new ComingAndGoing(listen);
      await waitFor('some have been served', () => coming.served > 50);
      fail(how);
      await waitFor('it to fail', async () => (await sum('udscope_relay_failures_total')) === 1);
      const servedBefore = coming.served;
      await waitFor('new threads serve', () => coming.served > servedBefore + 50);
      await coming.end();
      const alive = await Promise.all(lasting.map((client, i) => isAlive(client, cut[i])));
      const lost = coming.lost + alive.filter((is) => !is).length;
      assert.ok(alive.includes(true), 'connections of the other thread go on');
      const errors = await sum('uds_connection_errors_total', '_OTHER');
      // Of some that were lost their client had all that it wanted.
      assert.ok(
        lost <= errors && errors <= 16 + COMING,
        `${lost} clients lost a connection, ${errors} are counted`,
      );
      const openedAfter = await sum('uds_connections_opened_total');
      assert.equal(openedAfter - openedBefore, coming.served + coming.lost, 'whoever has waited is let in');
    });
  }

  for (const how of ['throws', 'exits']) {
    it(`${how} while descriptors wait for their receiver keeps none of them`, async () => {
      const upstream = RawListener.listen(join(directory, 'mute.sock'), cleanup);
      configure(1, 'mute.sock');
      agent.signal('SIGHUP');
      await agent.waitForOutput('configuration reloaded');
      const client = await RawStream.connectInTime(listen, cleanup);
      await upstream.accept(cleanup);
      const marked = cleanup.directory();
      const fd = openSync(join(marked, 'file'), 'w');
      cleanup.defer(() => closeSync(fd));
      const kept = () => descriptorsIn(marked, agent.pid);
      const byte = Buffer.from('!');
      await waitFor('a message with two of them to wait', () => {
        while (trySendWithDescriptors(client, byte, [fd, fd]) === 1);
        return kept() === 2;
      });
      fail(how);
      RawStream.connect(listen, cleanup);
      await agent.waitForOutput('a relay thread failed');
      await waitFor('them to be closed', () => kept() === 0);
    });
  }
});
