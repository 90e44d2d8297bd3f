import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { registerContainer } from '../../src/runtime/agent-client.js';
import { PrepareError } from '../../src/runtime/failure.js';
import { useCleanup } from '../support/cleanup.js';
import { Agent, type Answer } from './support/control-socket.js';

const registration = {
  id: 'c+1',
  namespace: '/run/runc',
  sockets: [{ path: '/s', upstream: '/h', within: '/h' }],
  annotations: { k: 'v' },
  mounts: [{ destination: '/s', source: '/h', type: 'bind', options: ['ro'] }],
  bundle: '/b',
  livenessPath: '/run/runc/c+1',
};
const container = { id: 'c+1', sockets: [{ path: '/s', upstream: '/h', listen: '/l' }], refused: [] };

describe('Asking the agent', () => {
  const cleanup = useCleanup();
  let control = '';
  beforeEach(() => {
    control = join(cleanup.directory(), 'control.sock');
  });

  const uid = process.geteuid?.() ?? 0;
  const trust = { agentUid: uid, unknownUid: undefined };
  const ask = (deadlineMs = 10_000, more = {}) =>
    registerContainer(registration, { control, deadlineMs, trust: { ...trust, ...more } });
  const refuses = (asking: Promise<unknown>, reason: RegExp) =>
    assert.rejects(asking, (error) => error instanceof PrepareError && reason.test(error.message));

  it('puts the container and returns its sockets, however the answer comes', async () => {
    const agent = await Agent.start(cleanup, control);
    const text = JSON.stringify(container);
    const answers: Answer[] = [
      (_, response) => response.writeHead(200, { 'content-length': text.length }).end(text),
      (_, response) => {
        response.writeHead(201);
        for (const character of text) response.write(character);
        response.end();
      },
    ];
    for (const answer of answers) {
      agent.answer = answer;
      assert.deepEqual(await ask(), { ...container, agentUid: uid });
    }
    const { id: _, namespace: __, livenessPath: marker, ...rest } = registration;
    const body = { ...rest, marker };
    const url = '/v1/containers/c%2B1?namespace=%2Frun%2Frunc';
    assert.deepEqual(agent.asked[0], { method: 'PUT', url, body });
  });

  it('tells what the agent says against it', async () => {
    const agent = await Agent.start(cleanup, control);
    agent.answer = (_, response) =>
      response.writeHead(422).end('{"error":"the id is\\u001b[1m odd\\nand more"}');
    await refuses(ask(), /^the agent refuses the container: the id is\\u\{1b\}\[1m odd$/);
    agent.answer = (_, response) => response.writeHead(503).end('<html>');
    await refuses(ask(), /refuses the container: HTTP status 503$/);
  });

  const garbage = [
    '',
    'ok',
    'null',
    '{}',
    '{"id":"c","sockets":{},"refused":[]}',
    '{"id":"c","sockets":[{"path":"/s","upstream":"/h"}],"refused":[]}',
    '{"id":"c","sockets":[],"refused":[{"path":1,"reason":""}]}',
    `{"id":"c","sockets":[${'{},'.repeat(100)}{}],"refused":[]}`,
  ];
  for (const text of garbage) {
    it(`does not take ${JSON.stringify(text.slice(0, 60))} for an answer`, async () => {
      const agent = await Agent.start(cleanup, control);
      agent.answer = (_, response) => response.end(text);
      await refuses(ask(), /is not an agent of udscope, or one of another version/);
    });
  }

  it('asks nobody of whom a user namespace cannot say who it is', async () => {
    const agent = await Agent.start(cleanup, control);
    await refuses(ask(10_000, { unknownUid: uid }), /served by a user without an id in this user namespace/);
    assert.deepEqual(agent.asked, []);
  });

  it('reads no answer without end', async () => {
    const agent = await Agent.start(cleanup, control);
    agent.answer = (_, response) => response.end(Buffer.alloc(2 ** 20 + 1, 0x20));
    await refuses(ask(), /its answer is longer than 1048576 bytes/);
  });

  it('does not wait for ever, wherever the agent stops', async () => {
    const agent = await Agent.start(cleanup, control);
    const answers: Answer[] = [
      () => {},
      (_, response) => response.writeHead(200).flushHeaders(),
      (_, response) => response.write('{'),
    ];
    for (const answer of answers) {
      agent.answer = answer;
      await refuses(ask(50), /has not answered within 50 ms/);
    }
  });

  it('says that the agent ends the connection', async () => {
    const agent = await Agent.start(cleanup, control);
    agent.answer = (_, response) => response.destroy();
    await refuses(ask(), /cannot ask the agent at .*control\.sock: /);
    agent.answer = (_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{', () => response.destroy());
    };
    await refuses(ask(), /cannot ask the agent at .*control\.sock: /);
  });

  it('says that it is no HTTP that comes', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {}).end('SSH-2.0\r\n');
    });
    server.listen(control);
    await once(server, 'listening');
    cleanup.defer(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await refuses(ask(), /cannot ask the agent at .*control\.sock: /);
  });

  it('says that there is no agent', async () => {
    await refuses(ask(), /there is no such socket; start udscope with the control extension/);
    writeFileSync(control, '');
    await refuses(ask(), /nobody listens there; start udscope/);
  });
});
