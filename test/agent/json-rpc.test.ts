import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import jayson from 'jayson/promise/index.js';
import { type MessageConnection, NotificationType, RequestType } from 'vscode-jsonrpc/node';
import { type Cleanup, useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { messageConnection } from '../support/message-connection.js';
import { ReceiverFixture } from '../support/receiver-fixture.js';

const PIPELINED = 300;

const echo = new RequestType<{ text: string }, { text: string }, void>('echo');
const ask = new RequestType<number, number, void>('ask');
const note = new NotificationType<number>('note');

/** A receiver with one socket whose upstream is `server`. */
async function relayed(
  cleanup: Cleanup,
  server: Server,
): Promise<{ path: string; fixture: ReceiverFixture }> {
  const fixture = new ReceiverFixture(cleanup);
  server.listen(fixture.path('rpc'));
  cleanup.defer(() => server.close());
  await once(server, 'listening');
  await fixture.apply([fixture.socket('rpc')]);
  return { path: fixture.path('rpc.relay'), fixture };
}

describe('vscode-jsonrpc through a relay', () => {
  const cleanup = useCleanup();

  const speak = (socket: Socket) => messageConnection(cleanup, socket);

  /** Both ends; `serve` gives the server its handlers before it listens. */
  async function open(serve: (connection: MessageConnection) => void) {
    const server = createServer();
    const { path, fixture } = await relayed(cleanup, server);
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = speak(connect(path));
    const [socket] = await accepted;
    const host = speak(socket);
    serve(host);
    host.listen();
    return { client, host, fixture };
  }

  it('makes requests in both directions', async () => {
    const { client, host } = await open((connection) => {
      connection.onRequest(echo, ({ text }) => ({ text: text.toUpperCase() }));
    });
    client.onRequest(ask, (value) => value + 1);
    client.listen();
    assert.deepEqual(await client.sendRequest(echo, { text: 'grüße 🧦' }), { text: 'GRÜSSE 🧦' });
    assert.equal(await host.sendRequest(ask, 41), 42);
  });

  it('has errors of the server arrive as errors', async () => {
    const { client } = await open((connection) => {
      connection.onRequest(ask, () => {
        throw new Error('not today');
      });
    });
    client.listen();
    await assert.rejects(client.sendRequest(ask, 1), /not today/);
    await assert.rejects(client.sendRequest(echo, { text: 'unknown' }), /Unhandled method echo/);
  });

  it('has notifications arrive in order', async () => {
    const heard: number[] = [];
    const { client } = await open((connection) => {
      connection.onNotification(note, (value) => void heard.push(value));
    });
    client.listen();
    for (let i = 0; i < PIPELINED; i++) void client.sendNotification(note, i);
    await eventually('all are heard', () => heard.length === PIPELINED);
    assert.deepEqual(
      heard,
      Array.from({ length: PIPELINED }, (_, i) => i),
    );
  });

  it('gets each of 300 pipelined requests its own answer, large ones among them', async () => {
    const { client, fixture } = await open((connection) => {
      connection.onRequest(echo, ({ text }) => ({ text: `${text}!` }));
    });
    client.listen();
    const texts = Array.from(
      { length: PIPELINED },
      (_, i) => `${i} ${'x'.repeat(i % 10 === 0 ? 100_000 : i)}`,
    );
    const answers = await Promise.all(texts.map((text) => client.sendRequest(echo, { text })));
    assert.deepEqual(
      answers.map(({ text }) => text),
      texts.map((text) => `${text}!`),
    );
    const sent = fixture.total('uds.send_bytes', 'rpc');
    assert.equal(fixture.total('uds.recv_bytes', 'rpc') > 0, true);
    assert.ok(sent > texts.join('').length);
  });
});

describe('jayson through a relay', () => {
  const cleanup = useCleanup();

  async function open() {
    const methods = {
      add: async ([a, b]: number[]) => a + b,
      fail: async () => {
        throw { code: 7, message: 'no' };
      },
    };
    const server = new jayson.Server(methods);
    const { path } = await relayed(cleanup, server.tcp() as unknown as Server);
    // Its types know ports only; what it does with the options is net.connect(options).
    return jayson.Client.tcp({ path } as unknown as Parameters<typeof jayson.Client.tcp>[0]);
  }

  it('answers a call, each on a connection of its own', async () => {
    const client = await open();
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => client.request('add', [i, 1])));
    assert.deepEqual(
      answers.map(({ result }) => result),
      Array.from({ length: 50 }, (_, i) => i + 1),
    );
  });

  it('answers a batch, with errors where they belong', async () => {
    const client = await open();
    const batch = [
      client.request('add', [1, 2], undefined, false),
      client.request('fail', [], undefined, false),
      client.request('missing', [], undefined, false),
    ];
    const answers = (await client.request(batch)) as { result?: number; error?: { code: number } }[];
    assert.deepEqual(
      answers.map(({ result, error }) => result ?? error?.code),
      [3, 7, -32601],
    );
  });
});
