import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { flowsSchema, methodsSchema } from '../../src/api/usage/schema.js';
import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { fetchThrough } from '../support/socket-fetch.js';

describe('who calls what, as an agent tells it', () => {
  const cleanup = useCleanup();

  it('is what has been called', async () => {
    const agent = await new CapturingAgent(cleanup).start();
    const server = createServer((socket) => {
      cleanup.defer(() => socket.destroy());
      socket.on('error', () => socket.destroy());
      socket.on('data', (data) => {
        const { id, method } = JSON.parse(String(data)) as { id: number; method: string };
        const answer =
          method === 'fails' ? { error: { code: -1, message: 'no' } } : { result: 'x'.repeat(100) };
        socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`);
      });
    });
    server.listen(agent.upstream);
    await once(server, 'listening');
    cleanup.defer(() => server.close());
    const client = connect(agent.listen);
    cleanup.defer(() => client.destroy());
    for (const [id, method] of ['works', 'fails', 'works'].entries()) {
      client.write(`${JSON.stringify({ jsonrpc: '2.0', id, method })}\n`);
      await once(client, 'data');
    }
    await agent.assertCalls({ works: 2, 'fails -1': 1 });

    const ask = fetchThrough(cleanup, agent.control);
    const { methods } = methodsSchema.parse(await (await ask('http://localhost/v1/methods')).json());
    assert.deepEqual(
      methods.map(({ container, socket, protocol, method, from, counts, durations }) => ({
        ...{ container, socket, protocol, method, from },
        ...{ calls: counts.calls, errors: counts.errors, known: durations?.count },
      })),
      [
        { method: 'works', calls: 2, errors: 0, known: 2 },
        { method: 'fails', calls: 1, errors: 1, known: 1 },
      ].map((each) => ({
        container: { 'container.id': 'c1', 'container.name': 'wallet' },
        ...{ socket: 'rpc', protocol: 'jsonrpc', from: 'container' },
        ...each,
      })),
    );
    const { flows } = flowsSchema.parse(await (await ask('http://localhost/v1/flows')).json());
    // Ends of lines are no part of messages.
    const bytes = methods.reduce((sum, { counts }) => sum + counts.sendBytes + counts.calls, 0);
    assert.deepEqual(
      flows.map(({ socket, counts, calls }) => [socket, counts.active, counts.sendBytes, calls.calls]),
      [['rpc', 1, bytes, 3]],
    );
  });
});
