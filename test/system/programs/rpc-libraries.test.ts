import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { IpcSocketProvider } from 'ethers';
import jayson from 'jayson/promise/index.js';
import {
  CancellationTokenSource,
  type Message,
  type MessageConnection,
  ResponseError,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import { CapturingAgent } from '../../support/capturing-agent.js';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { answer, type LineRequest, LineService } from '../../support/line-service.js';
import { messageConnection } from '../../support/message-connection.js';
import { repeat } from '../../support/repeat.js';
import { Tally } from '../../support/tally.js';

const METHOD_NOT_FOUND = -32_601;
const REQUEST_CANCELLED = -32_800;

/** An ethers provider that counts what it asks. */
class TalliedProvider extends IpcSocketProvider {
  readonly asked = new Tally();

  override async _write(message: string): Promise<void> {
    this.asked.add((JSON.parse(message) as LineRequest).method);
    await super._write(message);
  }
}

describe('ethers through a relay that decodes', () => {
  const cleanup = useCleanup();

  it('has every call counted by its method, with its duration', async () => {
    const agent = await new CapturingAgent(cleanup).start();
    const results: Record<string, unknown> = {
      eth_chainId: '0x1',
      eth_blockNumber: '0x10',
      eth_gasPrice: '0x7',
    };
    const service = await LineService.listen(cleanup, agent.upstream, (request) =>
      request.method in results
        ? JSON.stringify({ jsonrpc: '2.0', id: request.id, result: results[request.method] })
        : answer(request),
    );
    const provider = new TalliedProvider(agent.listen);
    cleanup.defer(() => provider.destroy());
    await provider.getNetwork();
    const blocks = await Promise.all(repeat(40, () => provider.send('eth_blockNumber', [])));
    assert.deepEqual(new Set(blocks), new Set(['0x10']));
    await Promise.all(repeat(25, () => provider.send('eth_gasPrice', [])));
    await Promise.all(
      repeat(9, (i) => assert.rejects(provider.send('fail_call', [i]), /fail_call cannot be/)),
    );
    const { fail_call: failures, ...others } = provider.asked.counts;
    assert.equal(failures, 9);
    const expected = { ...others, 'fail_call -32000': 9 };
    assert.deepEqual(service.calls, expected);
    await agent.assertCalls(expected);
  });
});

/** Counts what is said through a connection, by method, and requests that were refused, with the code. */
class TalliedWriter extends StreamMessageWriter {
  readonly asked = new Tally();
  readonly refused = new Tally();

  override async write(message: Message): Promise<void> {
    const { method, error } = message as { method?: string; error?: { code: number } };
    if (method !== undefined) this.asked.add(method);
    if (error !== undefined) this.refused.add(String(error.code));
    await super.write(message);
  }
}

describe('vscode-jsonrpc through a relay that decodes', () => {
  const cleanup = useCleanup();

  function speak(socket: Socket): { connection: MessageConnection; writer: TalliedWriter } {
    const writer = new TalliedWriter(socket);
    return { connection: messageConnection(cleanup, socket, writer), writer };
  }

  async function open(agent: CapturingAgent) {
    const server = createServer().listen(agent.upstream);
    cleanup.defer(() => server.close());
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = speak(connect(agent.listen));
    const [socket] = await accepted;
    return { client, host: speak(socket) };
  }

  it('counts calls of either side, notifications, failures and cancelled calls', async () => {
    const agent = await new CapturingAgent(cleanup).start();
    const { client, host } = await open(agent);
    const logged: number[] = [];
    host.connection.onRequest('text/hover', ({ line }: { line: number }) => ({ line }));
    let isAsked = false;
    host.connection.onRequest('text/slow', (_, token) => {
      isAsked = true;
      const refusal = new ResponseError(REQUEST_CANCELLED, 'given up');
      return new Promise((_resolve, reject) => token.onCancellationRequested(() => reject(refusal)));
    });
    client.connection.onRequest('workspace/configuration', () => ({ tabs: 2 }));
    client.connection.onNotification('window/log', (value: number) => void logged.push(value));
    client.connection.listen();
    host.connection.listen();

    await Promise.all(repeat(30, (line) => client.connection.sendRequest('text/hover', { line })));
    await Promise.all(repeat(7, () => host.connection.sendRequest('workspace/configuration', {})));
    for (let i = 0; i < 12; i++) await host.connection.sendNotification('window/log', i);
    const unknown = repeat(3, () => client.connection.sendRequest('text/unknown', {}));
    for (const call of unknown) await assert.rejects(call, /Unhandled method/);
    const source = new CancellationTokenSource();
    const slow = client.connection.sendRequest('text/slow', {}, source.token);
    await eventually('the slow call is heard', () => isAsked);
    source.cancel();
    await assert.rejects(slow, /given up/);
    await eventually('all notifications are heard', () => logged.length === 12);

    assert.deepEqual(host.writer.refused.counts, { [METHOD_NOT_FOUND]: 3, [REQUEST_CANCELLED]: 1 });
    const answered = {
      'text/hover': 30,
      'workspace/configuration': 7,
      [`text/unknown ${METHOD_NOT_FOUND}`]: 3,
      [`text/slow ${REQUEST_CANCELLED}`]: 1,
    };
    assert.deepEqual(client.writer.asked.counts, {
      'text/hover': 30,
      'text/unknown': 3,
      'text/slow': 1,
      '$/cancelRequest': 1,
    });
    await agent.assertCalls({ ...answered, 'window/log': 12, '$/cancelRequest': 1 }, answered);
  });

  it('counts large messages and small ones alike', async () => {
    const agent = await new CapturingAgent(cleanup).start({ receiver: { buffer_size: '4KiB' } });
    const { client, host } = await open(agent);
    host.connection.onRequest('echo', ({ text }: { text: string }) => ({ text }));
    client.connection.listen();
    host.connection.listen();
    const texts = repeat(60, (i) => 'grüße 🧦'.repeat(i % 10 === 0 ? 20_000 : i));
    const answers = await Promise.all(texts.map((text) => client.connection.sendRequest('echo', { text })));
    assert.deepEqual(
      answers.map((value) => (value as { text: string }).text),
      texts,
    );
    await agent.assertCalls({ echo: 60 });
  });
});

describe('jayson through a relay that decodes', () => {
  const cleanup = useCleanup();

  /** A service, and what it has been asked. */
  function serve() {
    const heard = new Tally();
    const server = new jayson.Server({
      add: async ([a, b]: number[]) => {
        heard.add('add');
        return a + b;
      },
      fail: async () => {
        heard.add('fail 7');
        throw { code: 7, message: 'no' };
      },
    });
    return { server, heard };
  }

  async function listen(server: Server, path: string): Promise<void> {
    server.listen(path);
    cleanup.defer(() => server.close());
    await once(server, 'listening');
  }

  /** Single calls and batches; what of it fails is asked for, too. */
  async function converse(client: jayson.Client): Promise<void> {
    const sums = await Promise.all(repeat(20, (i) => client.request('add', [i, 1])));
    assert.deepEqual(
      sums.map(({ result }) => result),
      repeat(20, (i) => i + 1),
    );
    for (let i = 0; i < 5; i++) {
      const batch = [
        client.request('add', [1, 2], undefined, false),
        client.request('fail', [], undefined, false),
        client.request('missing', [], undefined, false),
        client.request('add', [3, 4], undefined, false),
      ];
      const answers = (await client.request(batch)) as { result?: number; error?: { code: number } }[];
      assert.deepEqual(
        answers.map(({ result, error }) => result ?? error?.code),
        [3, 7, METHOD_NOT_FOUND, 7],
      );
    }
  }

  const ANSWERED = { add: 30, 'fail 7': 5 };
  const EXPECTED = { ...ANSWERED, [`missing ${METHOD_NOT_FOUND}`]: 5 };

  it('has calls and batches of text counted', async () => {
    const agent = await new CapturingAgent(cleanup).start();
    const { server, heard } = serve();
    await listen(server.tcp() as unknown as Server, agent.upstream);
    // Its types know ports only; what it does with the options is net.connect(options).
    const options = { path: agent.listen } as unknown as Parameters<typeof jayson.Client.tcp>[0];
    await converse(jayson.Client.tcp(options));
    assert.deepEqual(heard.counts, ANSWERED);
    await agent.assertCalls(EXPECTED);
  });

  it('has calls and batches in HTTP counted', async () => {
    const agent = await new CapturingAgent(cleanup).start();
    const { server, heard } = serve();
    await listen(server.http() as unknown as Server, agent.upstream);
    await converse(jayson.Client.http({ socketPath: agent.listen, path: '/rpc' }));
    assert.deepEqual(heard.counts, ANSWERED);
    await agent.assertCalls(EXPECTED);
  });
});
