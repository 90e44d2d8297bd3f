import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { pino } from 'pino';
import { ControlServer } from '../../../src/extensions/control/control-server.js';
import { createRoutes } from '../../../src/extensions/control/routes.js';
import { soon } from '../../exporters/support/exporter-fixture.js';
import { type Cleanup, useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { RawStream } from '../../support/raw-stream.js';
import { AgentInMemory } from './agent-in-memory.js';
import { ask, askJson, open, startControl } from './fixture.js';

const MIB = 2 ** 20;
const PATH = '/v1/containers/c1';
const BODY = '{"sockets":[{"path":"/tmp/x","upstream":"/run/x"}]}';

describe('a request with a body', () => {
  const cleanup = useCleanup();
  let agent: AgentInMemory;
  let control: string;
  let log: string[];

  beforeEach(async () => {
    agent = new AgentInMemory();
    ({ socket: control, log } = await startControl(cleanup, undefined, { agent }));
  });

  const put = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
    ask(control, PATH, 'PUT', { body, headers });

  function assertRefused(
    { status, body }: { status: number | undefined; body: string },
    code: number,
    error: RegExp,
  ) {
    assert.equal(status, code);
    assert.match((JSON.parse(body) as { error: string }).error, error);
    assert.deepEqual(agent.registered, []);
    assert.equal(log.length, 1, 'what clients do wrong is not for the log');
  }

  it('is read whatever it calls itself that may be JSON', async () => {
    for (const type of [
      'application/json',
      'Application/JSON; charset=utf-8',
      'application/merge-patch+json',
      'text/json',
      'application/x-www-form-urlencoded',
    ]) {
      assert.equal((await put(BODY, { 'content-type': type })).status, 200, type);
    }
    assert.equal((await put(BODY)).status, 200, 'no type at all');
    assert.equal((await put(BODY, { 'content-encoding': 'identity' })).status, 200);
  });

  it('is refused when it says that it is something else', async () => {
    for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/yaml', 'json', '']) {
      assertRefused(
        await put(BODY, { 'content-type': type }),
        415,
        /^content-type: ".*" is not JSON; send appl/,
      );
    }
    assertRefused(
      await put(BODY, { 'content-encoding': 'gzip' }),
      415,
      /^content-encoding: "gzip" is not acc/,
    );
  });

  it('is refused when it is no JSON, in words that quote nothing of it', async () => {
    for (const body of ['{', '{"a":1,}', 'secret', '{"sockets"', `${BODY}x`, 'NaN', '\ufeff{}x', '[1,2']) {
      assertRefused(await put(body), 400, /^the body is not JSON in UTF-8$/);
    }
    assertRefused(await put(Uint8Array.of(0x22, 0xff, 0x22)), 400, /^the body is not JSON in UTF-8$/);
    assertRefused(await put(''), 400, /^the body is empty; send JSON$/);
  });

  it('is refused, and never understood, when it is anything', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), async (body) => {
        const { status, body: answer } = await put(body);
        assert.equal(status, 400, body);
        assert.doesNotMatch(answer.trimEnd(), /[\p{Cc}\p{Cf}]/u);
      }),
      { numRuns: 200 },
    );
    assert.equal(log.length, 1);
  });

  it('may be nested as deep as it is long', async () => {
    const depth = MIB / 2;
    assertRefused(await put('['.repeat(MIB)), 400, /^the body is not JSON/);
    assertRefused(await put('['.repeat(depth) + ']'.repeat(depth)), 400, /^the body is not an object$/);
    const deep = `{"sockets":${'['.repeat(depth - 50)}${']'.repeat(depth - 50)}}`;
    assertRefused(await put(deep), 400, /^sockets\[0\]: a list is not an object$/);
  });

  it('has at most 1 MiB', async () => {
    const padded = (bytes: number) => BODY + ' '.repeat(bytes - BODY.length);
    assert.equal((await put(padded(MIB))).status, 200);
    agent.registered.length = 0;
    assert.match(log.pop() ?? '', /^PUT ".*" by uid \d+, gid \d+, pid \d+.*: 200$/);
    assertRefused(await put(padded(MIB + 1)), 413, /^the body is longer than 1048576 bytes$/);
    assertRefused(await put(padded(2 * MIB)), 413, /^the body is longer than 1048576 bytes$/);
  });

  it('has at most 1 MiB, too, when it does not say how long it is', async () => {
    const sent = request({ socketPath: control, path: PATH, method: 'PUT', agent: false });
    const answered = once(sent, 'response');
    sent.on('error', () => {});
    cleanup.defer(() => sent.destroy());
    for (let i = 0; i < 33; i++) sent.write(Buffer.alloc(64 * 1024, ' '));
    const [response] = await answered;
    assert.equal(response.statusCode, 413, 'before the end of it');
    sent.end();
  });

  it('that was refused leaves the connection fit for the next', async () => {
    const client = await dial(cleanup, control);
    const answers = textOf(client);
    client.write(`PUT ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: ${2 * MIB}\r\n\r\n`);
    client.write(Buffer.alloc(2 * MIB, 'x'));
    client.write('GET /v1/status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await once(client, 'close');
    assert.match(answers(), /^HTTP\/1\.1 413 .*HTTP\/1\.1 200 OK.*"version":"1\.2\.3"/s);
  });

  it('that never comes to its end is forgotten with its client', async () => {
    const client = await dial(cleanup, control);
    client.write(`PUT ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"sock`);
    await askJson(control, 'GET', '/v1/status');
    client.destroy();
    const { status } = await askJson(control, 'GET', '/v1/status');
    assert.equal(status, 200);
    assert.deepEqual(agent.registered, []);
    assert.equal(log.length, 1);
  });

  it('is ended by the server when it comes too slowly', async () => {
    const socket = `${cleanup.directory()}/control.sock`;
    const routes = createRoutes({ agent, events: undefined });
    const patience = { requestMs: 200, stallMs: 30_000 };
    const logger = pino({ enabled: false });
    const server = new ControlServer({
      socket,
      mode: 0o600,
      group: null,
      allow: [],
      routes,
      logger,
      patience,
    });
    await server.start();
    cleanup.defer(() => server.close(soon()));
    // Not one of Node's, which forgets what it was answered when it cannot write any more.
    const client = RawStream.connect(socket, cleanup);
    const drip = setInterval(() => client.send(Buffer.from(' ')), 10);
    cleanup.defer(() => clearInterval(drip));
    client.send(Buffer.from(`PUT ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n{`));
    const { bytes } = await client.receiveAll();
    assert.match(bytes.toString(), /^HTTP\/1\.1 408 /);
    assert.deepEqual(agent.registered, []);
  });

  it('is thrown away where none is wanted', async () => {
    const { status } = await ask(control, '/v1/status', 'GET', { body: 'x'.repeat(2 * MIB) });
    assert.equal(status, 200);
    const { status: missing } = await ask(control, '/v1/nothing', 'POST', { body: 'x'.repeat(2 * MIB) });
    assert.equal(missing, 404);
  });

  it('is done once while the agent is busy with it, and 503 is said when it stops', async () => {
    let finish = () => {};
    agent.registerContainer = (request) =>
      new Promise((_, reject) => {
        agent.registered.push(request);
        finish = () => reject(new Error('stopped'));
      });
    const { socket, extension } = await startControl(cleanup, undefined, { agent });
    const answered = open(socket, PATH, 'PUT', { body: BODY });
    await eventually('the agent has been asked', () => agent.registered.length === 1);
    const closed = extension.shutdown(Date.now() + 10_000);
    finish();
    assert.equal((await answered).resume().statusCode, 503);
    await closed;
  });
});

async function dial(cleanup: Cleanup, path: string): Promise<Socket> {
  const client = connect(path);
  cleanup.defer(() => client.destroy());
  client.on('error', () => {});
  await once(client, 'connect');
  return client;
}

function textOf(client: Socket): () => string {
  let text = '';
  client.setEncoding('latin1').on('data', (part: string) => {
    text += part;
  });
  return () => text;
}
