import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import type { Server } from '@grpc/grpc-js';
import { Cleanup } from '../../support/cleanup.js';
import { isListening } from '../../support/listening.js';
import { startProcess, waitFor } from '../../support/process.js';
import { CAPTURES, TellingAgent } from '../../support/telling-agent.js';
import { statusCounts } from './grpc-counts.js';
import { failing, GreeterClient, type StatusCounts, serveGreeter, WAIT } from './grpc-greeter.js';

const SERVER = fileURLToPath(new URL('./grpc-server.js', import.meta.url));
const STREAMS = 1000;
const CONNECTIONS = 50;

const message = (bytes: number) => Buffer.alloc(bytes, 'm');

describe('a client and a server of @grpc/grpc-js', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  async function serve(agent: TellingAgent): Promise<Server> {
    const server = await serveGreeter(agent.upstream);
    cleanup.defer(() => server.forceShutdown());
    return server;
  }

  function clientOf(agent: TellingAgent): GreeterClient {
    const client = new GreeterClient(agent.listen);
    cleanup.defer(() => client.close());
    return client;
  }

  async function assertTold(agent: TellingAgent, expected: StatusCounts, doubts = {}): Promise<void> {
    const isTold = async () => JSON.stringify(await statusCounts(agent)) === JSON.stringify(sorted(expected));
    await waitFor('all calls to be told', isTold, { timeoutMs: 8000 }).catch(() => {});
    assert.deepEqual(await statusCounts(agent), sorted(expected));
    assert.deepEqual(await agent.doubts(), doubts);
    assert.equal(await agent.sum('udscope_enrich_active_calls'), 0);
  }

  for (const [kept, capture] of Object.entries(CAPTURES)) {
    it(`are told as the client knows it, with ${kept} captured`, async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      await serve(agent);
      const client = clientOf(agent);
      for (let i = 0; i < 20; i++) await client.sayHello(message(10 + 700 * i));
      await Promise.all(Array.from({ length: 16 }, (_, i) => client.sayHello(failing(i + 1))));
      await Promise.all([1, 2, 3].map((n) => client.list(message(20_000 * n))));
      await Promise.all(
        [1, 2, 3].map((n) => client.sum(Array.from({ length: 20 }, () => message(1000 * n)))),
      );
      await Promise.all(
        [1, 2, 3].map((n) => client.chat(Array.from({ length: 20 }, () => message(1000 * n)))),
      );
      await client.call('/helloworld.Greeter/None');
      await assertTold(agent, client.counts);
      assert.equal(client.counts['helloworld.Greeter/SayHello NOT_FOUND'], 1);
    });
  }

  it('are told when calls are cancelled, or exceed their deadline', async () => {
    const agent = await new TellingAgent(cleanup).start({});
    await serve(agent);
    const client = clientOf(agent);
    await client.sayHello(message(10));
    await Promise.all([
      ...Array.from({ length: 5 }, () => client.sayHello(WAIT, {}, 100)),
      ...Array.from({ length: 5 }, () => client.sayHello(WAIT, { deadline: Date.now() + 200 })),
      ...Array.from({ length: 5 }, () => client.list(WAIT, 300)),
    ]);
    assert.equal(client.counts['helloworld.Greeter/SayHello CANCELLED'], 5);
    assert.equal(client.counts['helloworld.Greeter/SayHello DEADLINE_EXCEEDED'], 5);
    await assertTold(agent, client.counts);
  });

  it(`are told of ${STREAMS} streams at once, and of ${CONNECTIONS} connections`, async () => {
    const agent = await new TellingAgent(cleanup).start({});
    await serve(agent);
    const clients = Array.from({ length: CONNECTIONS }, () => clientOf(agent));
    const [first] = clients;
    await Promise.all(Array.from({ length: STREAMS }, () => first.chat([message(50), message(5000)])));
    await Promise.all(clients.flatMap((client) => [1, 2, 3, 4].map((n) => client.sayHello(message(n)))));
    const total = {
      'helloworld.Greeter/Chat OK': STREAMS,
      'helloworld.Greeter/SayHello OK': 4 * CONNECTIONS,
    };
    assert.equal(first.counts['helloworld.Greeter/Chat OK'], STREAMS);
    await assertTold(agent, total);
  });

  it('are told apart where the server is killed: what was answered in part, and what was not at all', async () => {
    const agent = await new TellingAgent(cleanup).start({});
    const server = await startProcess({ command: process.execPath, args: [SERVER, agent.upstream] });
    cleanup.defer(() => server.kill());
    await waitFor('the server to listen', () => isListening(agent.upstream), { process: server });
    const client = clientOf(agent);
    const streams = [1, 2, 3].map(() => client.list(WAIT));
    const calls = [1, 2].map(() => client.sayHello(WAIT));
    await waitFor('the calls to be open', async () => (await agent.sum('udscope_enrich_active_calls')) === 5);
    await waitFor('an answer', async () => (await agent.sum('uds_recv_bytes_total')) > 500);
    await server.kill();
    await Promise.all([...streams, ...calls]);
    assert.equal(client.counts['helloworld.Greeter/SayHello UNAVAILABLE'], 2);
    const expected = { 'helloworld.Greeter/List unknown': 3, 'helloworld.Greeter/SayHello no_response': 2 };
    const doubts = { 'unanswered_calls connection_ended': 2, 'unknown_outcomes unfinished': 3 };
    await assertTold(agent, expected, doubts);
  });
});

function sorted(counts: StatusCounts): StatusCounts {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
