import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import { CapturingAgent, type Counts } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { messageConnection } from '../support/message-connection.js';
import { waitFor } from '../support/process.js';
import { repeat } from '../support/repeat.js';
import { Tally } from '../support/tally.js';

const REQUEST_FAILED = -32_803;

/** One end of a conversation, and what was asked of it: its own record. */
class End {
  readonly answered = new Tally();

  constructor(readonly connection: MessageConnection) {
    connection.onRequest((method) => {
      const fails = method === 'workspace/applyEdit' || method === 'textDocument/rename';
      this.answered.add(fails ? `${method} ${REQUEST_FAILED}` : method);
      return fails ? new ResponseError(REQUEST_FAILED, 'no') : null;
    });
    connection.listen();
  }

  /** Asks the other end; errors are answers too. */
  async ask(method: string, times: number): Promise<void> {
    await Promise.allSettled(repeat(times, (i) => this.connection.sendRequest(method, { i })));
  }
}

describe('calls that both ends make', () => {
  const cleanup = useCleanup();
  let agent: CapturingAgent;
  let client: End;
  let server: End;

  beforeEach(async () => {
    agent = await new CapturingAgent(cleanup).start();
    const listener = createServer().listen(agent.upstream);
    cleanup.defer(() => listener.close());
    await once(listener, 'listening');
    const accepted = once(listener, 'connection') as Promise<[Socket]>;
    client = new End(messageConnection(cleanup, connect(agent.listen)));
    server = new End(messageConnection(cleanup, (await accepted)[0]));
  });

  /** What the page says of the calls by method and error. */
  async function told(name: string, suffix?: string, direction?: string): Promise<Counts> {
    const counts = new Map<string, number>();
    for (const { labels, value, suffix: own } of (await agent.metrics()).get(name)?.samples ?? []) {
      if (own !== suffix || labels['uds_direction'] !== direction) continue;
      const { rpc_method: method, error_type: error } = labels;
      const key = error === undefined ? String(method) : `${method} ${error}`;
      assert.ok(!counts.has(key), `${key} is there twice`);
      counts.set(key, value);
    }
    return Object.fromEntries(counts);
  }

  const total = (counts: Counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);

  /** Compares calls and durations of each side with what the other has answered. */
  async function assertTold(): Promise<void> {
    const [asked, answered] = [server.answered.counts, client.answered.counts];
    await waitFor('all calls to be counted', async () => {
      const counts = [await told('uds_method_calls_total', undefined, 'send')];
      counts.push(await told('uds_method_calls_total', undefined, 'recv'));
      return counts.reduce((sum, each) => sum + total(each), 0) >= total(asked) + total(answered);
    });
    assert.deepEqual(
      {
        calls: await told('uds_method_calls_total', undefined, 'send'),
        durations: await told('rpc_server_call_duration_seconds', '_count'),
        back: await told('uds_method_calls_total', undefined, 'recv'),
        backDurations: await told('rpc_client_call_duration_seconds', '_count'),
      },
      { calls: asked, durations: asked, back: answered, backDurations: answered },
    );
  }

  it('are told apart between a language server and its client', async () => {
    await client.ask('initialize', 1);
    await Promise.all([
      client.ask('textDocument/hover', 30),
      client.ask('textDocument/rename', 3),
      server.ask('workspace/configuration', 20),
      server.ask('client/registerCapability', 2),
      server.ask('workspace/applyEdit', 4),
    ]);
    await assertTold();
  });

  it('are told apart where both use the same methods, and the same ids at once', async () => {
    await Promise.all([client.ask('ping', 40), server.ask('ping', 25), server.ask('list', 5)]);
    await Promise.all([server.ask('sample', 6), client.ask('run', 7)]);
    await assertTold();
  });

  it('have no duration of a kind that was not made', async () => {
    await server.ask('list', 3);
    await assertTold();
  });
});
