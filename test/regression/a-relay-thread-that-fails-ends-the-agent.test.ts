import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { useCleanup } from '../support/cleanup.js';
import { countDescriptors } from '../support/descriptors.js';
import { type RealProcess, waitFor } from '../support/process.js';
import { parsePrometheusText } from '../support/prometheus-text.js';
import { EchoClient, EchoServer, startCommand } from '../support/udscope.js';

const FAILING = fileURLToPath(new URL('../support/failing-thread.js', import.meta.url));

/** Stopping in good order, a thread that has to be made to end, and some more. */
const END_MS = 12_000;

describe('an agent with a relay thread that', function () {
  this.timeout(30_000);
  const cleanup = useCleanup();
  let directory: string;
  let listen: string;
  let agent: RealProcess;

  beforeEach(async () => {
    directory = cleanup.directory();
    listen = join(directory, 'relay', 'echo.sock');
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

  function configure(threads: number): void {
    const sockets = [{ name: 'echo', listen, upstream: join(directory, 'up.sock'), container: { id: 'c1' } }];
    const configuration = {
      receivers: { uds: { threads, sockets } },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      service: { pipelines: { metrics: { receivers: ['uds'], exporters: ['prometheus'] } } },
    };
    writeFileSync(join(directory, 'udscope.yaml'), stringify(configuration));
  }

  const fail = (how: string) => writeFileSync(join(directory, `relay-${how}`), '');

  async function connect(): Promise<EchoClient> {
    const client = await EchoClient.connect(listen);
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
      await agent.waitForOutput('a relay thread failed; its connections are lost, new threads take over');
      // A connection that no thread has accepted yet ends with the listener.
      const client = await waitFor('it to relay again', async () => {
        const next = await connect();
        await next.roundTrip(1000);
        return next;
      });
      await client.close();
      await waitFor('its connections to be over', async () => (await sum('uds_connections_active')) === 0);
      assert.equal(await sum('uds_connections_opened_total'), 2);
      assert.equal(await sum('uds_connection_errors_total', '_OTHER'), 1);
      assert.ok((await sum('uds_send_bytes_total')) >= 2000);
      // An epoll instance and what /proc is read with are all that is left of it.
      assert.ok(countDescriptors(agent.pid) < descriptors + 6);
      assert.deepEqual(await agent.stop(), { code: 0, signal: null });
    });
  }

  it('loops for ever is made to end when it does not answer, and a reload goes on', async () => {
    fail('loops');
    // It is cut when the agent ends, as a rule with a reset.
    void (await connect()).ended();
    configure(2);
    agent.signal('SIGHUP');
    await agent.waitForOutput('configuration reloaded');
    const client = await connect();
    await client.roundTrip(1000);
    configure(1);
    agent.signal('SIGHUP');
    await waitFor('another reload', () => agent.output.split('configuration reloaded').length === 3);
    await client.roundTrip(1000);
    await client.close();
    assert.deepEqual(await agent.stop(), { code: 0, signal: null });
  });

  it('loops for ever ends all the same', async () => {
    fail('loops');
    // It is cut when the agent ends, as a rule with a reset.
    void (await connect()).ended();
    const startMs = performance.now();
    await agent.stop(END_MS);
    assert.ok(performance.now() - startMs < END_MS);
  });
});
