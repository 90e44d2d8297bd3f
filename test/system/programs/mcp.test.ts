import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { InMemoryEventStore } from '@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { repeat } from '../../support/repeat.js';
import { fetchThrough } from '../../support/socket-fetch.js';
import { CAPTURES, TellingAgent } from '../../support/telling-agent.js';
import { TransportRecord } from '../../support/transport-record.js';

const LONG = 'word '.repeat(4000);

/**
 * Has a tool for everything a server may do while a call of it goes on. `asksInStream`: what it asks goes on the stream that ends
 * with the answer of the call, else on that of a GET request.
 */
function createMcpServer(asksInStream: boolean): McpServer {
  const server = new McpServer({ name: 'tools', version: '1' }, { capabilities: { logging: {} } });
  const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });
  server.registerTool('echo', { inputSchema: { value: z.string() } }, ({ value }) => text(value));
  server.registerTool('fail', {}, () => {
    throw new Error(`it has failed: ${LONG}`);
  });
  server.registerTool('work', {}, async ({ sendNotification, _meta }) => {
    const progressToken = _meta?.progressToken ?? assert.fail('the client wants no progress');
    for (let progress = 1; progress <= 3; progress++) {
      await sendNotification({
        method: 'notifications/progress',
        params: { progressToken, progress, message: LONG },
      });
    }
    return text('worked');
  });
  server.registerTool('ask', {}, async ({ requestId }) => {
    const options = asksInStream ? { relatedRequestId: requestId } : {};
    const { roots } = await server.server.listRoots({}, options);
    const message = { role: 'user' as const, content: { type: 'text' as const, text: LONG } };
    const { model } = await server.server.createMessage({ messages: [message], maxTokens: 10 }, options);
    const form = { type: 'object' as const, properties: { may: { type: 'boolean' as const } } };
    const { action } = await server.server.elicitInput({ message: 'May I?', requestedSchema: form }, options);
    return text(`${roots.length} ${model} ${action}`);
  });
  server.registerResource('book', 'file:///book', {}, (uri) => ({
    contents: [{ uri: uri.href, text: LONG }],
  }));
  return server;
}

/** Does with a connected client what clients do. */
async function converse(client: Client, log: (data: string) => Promise<void>): Promise<void> {
  const logged: unknown[] = [];
  client.setNotificationHandler(
    LoggingMessageNotificationSchema,
    ({ params }) => void logged.push(params.data),
  );
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///home' }] }));
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'decline' }));
  client.setRequestHandler(CreateMessageRequestSchema, () => ({
    role: 'assistant',
    model: 'm1',
    content: { type: 'text', text: LONG },
  }));
  const call = (name: string, args = {}) => client.callTool({ name, arguments: args });

  await client.listTools();
  for (const value of ['short', LONG, 'short again']) {
    assert.deepEqual((await call('echo', { value })).content, [{ type: 'text', text: value }]);
  }
  await Promise.all(repeat(10, (i) => call('echo', { value: i % 3 === 0 ? LONG : 'short' })));
  assert.equal((await call('fail')).isError, true);
  await client.callTool({ name: 'work' }, undefined, { onprogress: () => undefined });
  assert.deepEqual((await call('ask')).content, [{ type: 'text', text: '1 m1 decline' }]);
  await client.readResource({ uri: 'file:///book' });
  await assert.rejects(client.readResource({ uri: `file:///${LONG}` }));
  await assert.rejects(client.getPrompt({ name: 'none' }), /-32601/);
  await client.ping();
  for (const data of ['first', LONG, 'last']) await log(data);
  await eventually('the log is heard', () => logged.length === 3);
}

/** A client may come back for what it has missed where events are stored: a stream begins with an event that says nothing. */
const ANSWERS = {
  'event streams': {},
  'event streams that can be resumed': { eventStore: new InMemoryEventStore(), retryInterval: 1000 },
  JSON: { enableJsonResponse: true },
};

const CAPABILITIES = { capabilities: { roots: {}, sampling: {}, elicitation: {} } };

for (const [kept, capture] of Object.entries(CAPTURES)) {
  describe(`clients and servers of MCP's SDK for TypeScript, with ${kept} captured`, () => {
    const cleanup = useCleanup();

    for (const [answers, options] of Object.entries(ANSWERS)) {
      it(`over HTTP, answered with ${answers}`, async () => {
        const agent = await new TellingAgent(cleanup).start({ capture });
        const server = createMcpServer(!('enableJsonResponse' in options));
        const served = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, ...options });
        await server.connect(served as Transport);
        cleanup.defer(() => server.close());
        const http = createHttpServer((request, response) => void served.handleRequest(request, response));
        cleanup.defer(() => http.close());
        await once(http.listen(agent.upstream), 'listening');

        const fetch = fetchThrough(cleanup, agent.listen);
        const transport = new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), { fetch });
        const record = new TransportRecord(transport, ['server']);
        const client = new Client({ name: 'client', version: '1' }, CAPABILITIES);
        cleanup.defer(() => client.close());
        await client.connect(transport as Transport);
        // What belongs to no call comes on the stream of a GET request.
        await converse(client, (data) => server.sendLoggingMessage({ level: 'info', data }));
        await transport.terminateSession();
        await agent.assertTrue({
          client: record.calls,
          identities: record.identities,
          doubts: { 'unknown_outcomes answered_elsewhere': record.answered.server },
        });
      });
    }

    it('over the HTTP of 2024, whose answers come on the stream of another request', async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const server = createMcpServer(true);
      let served: SSEServerTransport | undefined;
      const http = createHttpServer(async (request, response) => {
        if (request.method === 'POST') return served?.handlePostMessage(request, response);
        served = new SSEServerTransport('/messages', response);
        await server.connect(served);
      });
      cleanup.defer(() => http.close());
      await once(http.listen(agent.upstream), 'listening');

      const fetch = fetchThrough(cleanup, agent.listen);
      const transport = new SSEClientTransport(new URL('http://localhost/sse'), {
        fetch,
        eventSourceInit: { fetch },
      });
      const record = new TransportRecord(transport, ['client', 'server']);
      const client = new Client({ name: 'client', version: '1' }, CAPABILITIES);
      cleanup.defer(() => client.close());
      await client.connect(transport as Transport);
      await converse(client, (data) => server.sendLoggingMessage({ level: 'info', data }));
      // The answer to a POST says nothing, and what the server asks is answered by one.
      await agent.assertTrue({
        client: { calls: record.calls.calls, answers: {}, seconds: {} },
        identities: record.identities,
        waiting: 1,
        doubts: {
          'unknown_outcomes answered_elsewhere': record.answered.server + record.answered.client,
          'unmatched_responses unknown_id': record.answered.client,
        },
      });
    });

    it('over lines', async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const net = createServer();
      cleanup.defer(() => net.close());
      await once(net.listen(agent.upstream), 'listening');
      const accepted = once(net, 'connection') as Promise<[Socket]>;
      const socket = connect(agent.listen);
      cleanup.defer(() => socket.destroy());
      const [serverSocket] = await accepted;
      cleanup.defer(() => serverSocket.destroy());
      const server = createMcpServer(true);
      await server.connect(new StdioServerTransport(serverSocket, serverSocket));

      // The client's own starts a process; its framing is the same.
      const transport: Transport = new StdioServerTransport(socket, socket);
      const record = new TransportRecord(transport, []);
      const client = new Client({ name: 'client', version: '1' }, CAPABILITIES);
      await client.connect(transport);
      await converse(client, (data) => server.sendLoggingMessage({ level: 'info', data }));
      assert.equal(record.pending, 0);
      await agent.assertTrue({ client: record.calls, identities: record.identities });
    });
  });
}
