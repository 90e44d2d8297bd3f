import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import {
  Client,
  StreamableHTTPClientTransport,
  type VersionNegotiationMode,
} from '@modelcontextprotocol/client';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { acceptedContent, createMcpHandler, inputRequired, McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { repeat } from '../../support/repeat.js';
import { fetchThrough } from '../../support/socket-fetch.js';
import { CAPTURES, TellingAgent } from '../../support/telling-agent.js';
import { TransportRecord } from '../../support/transport-record.js';

const LONG = 'word '.repeat(4000);
const PERMISSION = z.object({ may: z.boolean() });

/** Made anew for each request, as the protocol of 2026 has no sessions. */
function createMcpServer(): McpServer {
  const server = new McpServer({ name: 'tools', version: '2' });
  const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });
  server.registerTool('echo', { inputSchema: z.object({ value: z.string() }) }, ({ value }) => text(value));
  server.registerTool('fail', {}, () => {
    throw new Error(`it has failed: ${LONG}`);
  });
  server.registerTool('work', {}, async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken ?? assert.fail('the client wants no progress');
    for (let progress = 1; progress <= 3; progress++) {
      const params = { progressToken, progress, message: LONG };
      await mcpReq.notify({ method: 'notifications/progress', params });
    }
    return text('worked');
  });
  // What a server must know it says in its result, and the client calls again.
  server.registerTool('ask', {}, ({ mcpReq }) => {
    const given = acceptedContent(mcpReq.inputResponses, 'permission', PERMISSION);
    if (given !== undefined) return text(`${given.may}`);
    const permission = inputRequired.elicit({ message: LONG, requestedSchema: PERMISSION });
    return inputRequired({ inputRequests: { permission } });
  });
  server.registerResource('book', 'file:///book', {}, (uri) => ({
    contents: [{ uri: uri.href, text: LONG }],
  }));
  return server;
}

for (const [kept, capture] of Object.entries(CAPTURES)) {
  describe(`clients and servers of the second generation of MCP's SDK for TypeScript, with ${kept} captured`, () => {
    const cleanup = useCleanup();

    async function open(agent: TellingAgent, mode: VersionNegotiationMode) {
      const handler = createMcpHandler(createMcpServer);
      cleanup.defer(() => handler.close());
      // Its types are stricter than those of Node.js about what may be undefined.
      const http = createServer(toNodeHandler(handler) as unknown as RequestListener);
      cleanup.defer(() => http.close());
      await once(http.listen(agent.upstream), 'listening');
      const fetch = fetchThrough(cleanup, agent.listen);
      const transport = new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), { fetch });
      const record = new TransportRecord(transport, ['server']);
      const capabilities = { elicitation: {} };
      const client = new Client(
        { name: 'client', version: '2' },
        { versionNegotiation: { mode }, capabilities },
      );
      cleanup.defer(() => client.close());
      client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { may: true } }));
      await client.connect(transport);
      return { client, handler, record };
    }

    async function converse(client: Client): Promise<void> {
      const call = (name: string, args = {}) => client.callTool({ name, arguments: args });
      await client.listTools();
      for (const value of ['short', LONG, 'short again']) {
        assert.deepEqual((await call('echo', { value })).content, [{ type: 'text', text: value }]);
      }
      await Promise.all(repeat(10, (i) => call('echo', { value: i % 3 === 0 ? LONG : 'short' })));
      assert.equal((await call('fail')).isError, true);
      await client.callTool({ name: 'work' }, { onprogress: () => undefined });
      await client.readResource({ uri: 'file:///book' });
      await assert.rejects(client.readResource({ uri: 'file:///none' }));
      await assert.rejects(client.getPrompt({ name: 'none' }));
    }

    it('are told as the client knows it in the protocol of 2025', async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const { client, record } = await open(agent, 'legacy');
      await converse(client);
      await agent.assertTrue({ client: record.calls, identities: record.identities });
    });

    it('are told as the client knows it in the protocol of 2026', async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const { client, handler, record } = await open(agent, 'auto');
      let changes = 0;
      client.setNotificationHandler('notifications/tools/list_changed', () => void changes++);
      const subscription = await client.listen({ toolsListChanged: true });
      await converse(client);
      assert.deepEqual((await client.callTool({ name: 'ask' })).content, [{ type: 'text', text: 'true' }]);
      for (let i = 0; i < 5; i++) handler.notify.toolsChanged();
      await eventually('the changes are heard', () => changes === 5);
      // A subscription is one long call, which the server ends.
      await agent.waitForSum('udscope_enrich_active_calls', 1);
      await handler.close();
      assert.equal(await subscription.closed, 'graceful');
      await agent.assertTrue({ client: record.calls, identities: record.identities });
    });
  });
}
