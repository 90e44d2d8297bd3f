import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { useCleanup } from '../../support/cleanup.js';
import { isListening } from '../../support/listening.js';
import { waitFor } from '../../support/process.js';
import { repeat } from '../../support/repeat.js';
import { fetchThrough } from '../../support/socket-fetch.js';
import { CAPTURES, TellingAgent } from '../../support/telling-agent.js';
import { TransportRecord } from '../../support/transport-record.js';

const require = createRequire(import.meta.url);
/** Servers as their packages have them. */
const EVERYTHING = require.resolve('@modelcontextprotocol/server-everything/dist/index.js');
const FILESYSTEM = require.resolve('@modelcontextprotocol/server-filesystem/dist/index.js');

const LONG = 'word '.repeat(4000);
const NO_RECONNECTION = {
  initialReconnectionDelay: 1000,
  maxReconnectionDelay: 1000,
  reconnectionDelayGrowFactor: 1,
  maxRetries: 0,
};
const CAPABILITIES = { capabilities: { roots: {}, sampling: {}, elicitation: {} } };

function createClient(): Client {
  const client = new Client({ name: 'client', version: '1' }, CAPABILITIES);
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [] }));
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'decline' }));
  client.setRequestHandler(CreateMessageRequestSchema, () => ({
    role: 'assistant',
    model: 'm1',
    content: { type: 'text', text: LONG },
  }));
  return client;
}

for (const [kept, capture] of Object.entries(CAPTURES)) {
  describe(`servers of MCP that others have written, with ${kept} captured`, () => {
    const cleanup = useCleanup();

    /** Serves a program that speaks on its standard streams, one for each connection; connects a client through the agent. */
    async function overLines(agent: TellingAgent, ...args: readonly string[]) {
      const server = createServer((socket) => {
        const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'] });
        cleanup.defer(() => void child.kill());
        socket.pipe(child.stdin);
        child.stdout.pipe(socket);
        for (const each of [socket, child.stdin]) each.on('error', () => socket.destroy());
      });
      cleanup.defer(() => server.close());
      await once(server.listen(agent.upstream), 'listening');
      const socket = connect(agent.listen);
      cleanup.defer(() => socket.destroy());
      // The client's own starts a process; its framing is the same.
      const transport: Transport = new StdioServerTransport(socket, socket);
      const record = new TransportRecord(transport, []);
      const client = createClient();
      await client.connect(transport);
      return { client, record };
    }

    it('are told as the client knows it: files', async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const root = join(agent.directory, 'files');
      mkdirSync(root);
      // It is read as text and as structured content: between two that are long, whether it has failed is not captured.
      writeFileSync(join(root, 'a.txt'), 'strategy' in capture ? LONG : 'short');
      const { client, record } = await overLines(agent, FILESYSTEM, root);
      const call = (name: string, args: Record<string, unknown>) =>
        client.callTool({ name, arguments: args }).catch(() => undefined);
      await client.listTools();
      await call('list_directory', { path: root });
      await call('read_text_file', { path: join(root, 'a.txt') });
      await call('write_file', { path: join(root, 'b.txt'), content: LONG });
      await call('read_text_file', { path: join(root, 'none.txt') });
      await call('read_text_file', { path: '/etc/passwd' });
      await call('read_text_file', {});
      await call('no_such_tool', { path: root });
      await Promise.all(
        repeat(8, (i) => call('get_file_info', { path: join(root, i % 2 === 0 ? 'a.txt' : 'c.txt') })),
      );
      assert.equal(record.pending, 0);
      assert.ok((record.calls.calls['tools/call get_file_info tool_error'] ?? 0) >= 4);
      await agent.assertTrue({ client: record.calls, identities: record.identities });
    });

    it('are told as the client knows it: everything, and what it calls off', async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const { client, record } = await overLines(agent, EVERYTHING, 'stdio');
      await converse(client);
      await callOff(agent, client, 0);
      await client.ping();
      await agent.waitForSum('udscope_enrich_cancelled_calls_total', 1);
      await agent.assertTrue({ client: record.calls, identities: record.identities });
    });

    it('are told as the client knows it: everything, and what it calls off, over HTTP', async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const env = { ...process.env, PORT: agent.upstream };
      const child = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], { stdio: 'ignore', env });
      cleanup.defer(() => void child.kill('SIGKILL'));
      await waitFor('the server to listen', () => isListening(agent.upstream));
      const fetch = fetchThrough(cleanup, agent.listen);
      const transport = new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), {
        fetch,
        // A second after an error it would have a stream resumed, and hear answers again.
        reconnectionOptions: NO_RECONNECTION,
      });
      const record = new TransportRecord(transport, ['server']);
      const client = createClient();
      cleanup.defer(() => client.close());
      await client.connect(transport as Transport);
      await converse(client);
      await callOff(agent, client, 1);
      await transport.terminateSession();
      await agent.assertTrue({
        client: record.calls,
        identities: record.identities,
        doubts: {
          'unknown_outcomes answered_elsewhere': record.answered.server,
          'unknown_outcomes no_outcome': 1,
        },
      });
    });

    /** Calls a tool off that its server is at work on. `open`: exchanges that last beside it. */
    async function callOff(agent: TellingAgent, client: Client, open: number): Promise<void> {
      const abort = new AbortController();
      const work = { name: 'trigger-long-running-operation', arguments: { duration: 60, steps: 1 } };
      await agent.waitForSum('udscope_enrich_active_calls', open);
      const called = client.callTool(work, undefined, { signal: abort.signal });
      await agent.waitForSum('udscope_enrich_active_calls', open + 1);
      abort.abort('enough');
      await assert.rejects(called, /enough/);
    }

    async function converse(client: Client): Promise<void> {
      const call = (name: string, args = {}) =>
        client.callTool({ name, arguments: args }).catch(() => undefined);
      const { tools } = await client.listTools();
      assert.ok(tools.length > 5);
      await call('echo', { message: 'short' });
      await call('echo', { message: LONG });
      await call('echo', {});
      await call('get-sum', { a: 1, b: 2 });
      await call('get-tiny-image');
      await call('get-structured-content', { location: 'Chicago' });
      await call('trigger-sampling-request', { prompt: LONG, maxTokens: 10 });
      await call('trigger-elicitation-request');
      await call('no-such-tool');
      const progress: unknown[] = [];
      await client.callTool(
        { name: 'trigger-long-running-operation', arguments: { duration: 1, steps: 4 } },
        undefined,
        { onprogress: (each) => progress.push(each) },
      );
      assert.ok(progress.length > 0);
      const { prompts } = await client.listPrompts();
      await client.getPrompt({ name: prompts[0].name }).catch(() => undefined);
      await client.getPrompt({ name: 'none' }).catch(() => undefined);
      const { resources } = await client.listResources();
      await client.readResource({ uri: resources[0].uri });
      await client.readResource({ uri: 'test://none' }).catch(() => undefined);
    }
  });
}
