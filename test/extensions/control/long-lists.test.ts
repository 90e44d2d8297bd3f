import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { pino } from 'pino';
import type { ContainerStatus } from '../../../src/api/agent.js';
import { ControlServer } from '../../../src/extensions/control/control-server.js';
import type { Route } from '../../../src/extensions/control/router.js';
import { createRoutes } from '../../../src/extensions/control/routes.js';
import { soon } from '../../exporters/support/exporter-fixture.js';
import { useCleanup } from '../../support/cleanup.js';
import { countDescriptors } from '../../support/descriptors.js';
import { eventually } from '../../support/eventually.js';
import { repeat } from '../../support/repeat.js';
import { AgentInMemory, container, peerSocket } from './agent-in-memory.js';
import { EventLog } from './event-log.js';
import { ask, askJson, Follower, open } from './fixture.js';

const MANY = 10_000;

const GET_CONTAINERS = 'GET /v1/containers HTTP/1.1\r\nHost: a\r\n\r\n';

describe('a list of ten thousand', () => {
  const cleanup = useCleanup();
  let agent: AgentInMemory;
  let seen: ContainerStatus[];
  let log: EventLog;
  let logged: string[];

  before(() => {
    seen = Array.from({ length: MANY }, (_, i) =>
      container({
        id: i.toString(16).padStart(64, '0'),
        attributes: { 'k8s.pod.name': `pod-${i}`, 'container.image.name': 'registry.example/app:1' },
        sockets: [peerSocket({ name: 'a' }), peerSocket({ name: 'b' })],
      }),
    );
  });

  beforeEach(() => {
    agent = new AgentInMemory();
    agent.seen = seen;
    log = new EventLog();
    logged = [];
  });

  /** A server that does not wait for clients as long as the real one does. */
  async function start(stallMs = 30_000, change = (route: Route) => route): Promise<string> {
    const socket = `${cleanup.directory()}/control.sock`;
    const logger = pino({ base: null }, { write: (line: string) => void logged.push(line) });
    const routes = createRoutes({ agent, events: log }).map(change);
    const patience = { requestMs: 10_000, stallMs };
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
    return socket;
  }

  async function openUnread(socket: string, path = '/v1/containers'): Promise<IncomingMessage> {
    const response = await open(socket, path);
    cleanup.defer(() => response.destroy());
    return response.on('error', () => {});
  }

  /** A client that asks and then does nothing more, whether it gets through or not. */
  async function dialUnread(path: string, request = GET_CONTAINERS): Promise<void> {
    const client = connect(path);
    cleanup.defer(() => client.destroy());
    client.on('error', () => {});
    client.pause();
    await once(client, 'connect');
    client.write(request);
  }

  it('comes whole', async () => {
    const { status, value } = await askJson(await start(), 'GET', '/v1/containers');
    assert.equal(status, 200);
    assert.deepEqual(value, JSON.parse(JSON.stringify(seen)));
  });

  it('lets others have their turn', async () => {
    let sinceTurn = 0;
    let most = 0;
    agent.containers = () =>
      seen.map((each) => ({
        ...each,
        get origin() {
          most = Math.max(most, ++sinceTurn);
          return each.origin;
        },
      }));
    const socket = await start();
    let isOver = false;
    const turn = () => {
      sinceTurn = 0;
      if (!isOver) setImmediate(turn);
    };
    turn();
    for await (const _ of await open(socket, '/v1/containers'));
    isOver = true;
    assert.ok(most > 0 && most <= 256, `${most} items were written in one turn`);
  });

  it('is broken off for those that do not read it, who make room for others', async () => {
    const socket = await start(1000);
    await Promise.all(repeat(70, () => dialUnread(socket)));
    let most = 0;
    // On a slow machine they may not have been accepted yet.
    await eventually('many are broken off', () => {
      const descriptors = countDescriptors();
      most = Math.max(most, descriptors);
      return descriptors < most - 32;
    });
    assert.equal((await ask(socket, '/v1/status')).status, 200);
    assert.deepEqual(logged, [], 'what clients do wrong is not for the log');
  });

  it('is made few times at a time, and others that wait get their turn', async () => {
    let running = 0;
    let most = 0;
    agent.containers = () => {
      running++;
      most = Math.max(most, running);
      return seen;
    };
    const socket = await start(30_000, ({ path, answer, ...route }) => ({
      ...route,
      path,
      answer: async (exchange) => {
        try {
          await answer(exchange);
        } finally {
          if (path === '/v1/containers') running--;
        }
      },
    }));
    for (let i = 0; i < 60; i++) await dialUnread(socket);
    // Those before it do not read, and have to give way one after the other.
    assert.deepEqual((await askJson(socket, 'GET', '/v1/sockets')).value, []);
    // The next may begin before the test learns of the end of one.
    assert.ok(most > 0 && most <= 16, `${most} were made at a time`);
  });

  it('goes on for who reads slowly', async () => {
    const socket = await start(1000);
    const response = await openUnread(socket);
    const startMs = performance.now();
    let bytes = 0;
    response.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length;
      response.pause();
      setTimeout(() => response.resume(), 8);
    });
    await once(response, 'close');
    assert.equal(response.complete, true);
    assert.ok(bytes > 4e6, `${bytes} bytes`);
    assert.ok(performance.now() - startMs > 1000, 'it took longer than one may stand still');
  });

  it('is not even made for requests that wait for their turn', async () => {
    const socket = await start();
    await dialUnread(socket, GET_CONTAINERS.repeat(2000));
    await eventually('the first is answered', () => agent.looks > 0);
    for (let i = 0; i < 5; i++) assert.equal((await ask(socket, '/v1/status')).status, 200);
    assert.equal(agent.looks, 1);
  });

  it('is answered in order to who does not wait for answers', async () => {
    const socket = await start();
    const client = connect(socket);
    cleanup.defer(() => client.destroy());
    const get = (path: string, last = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${last}\r\n`;
    client.write(get('/v1/containers') + get('/v1/status') + get('/v1/nothing'));
    client.write(get('/v1/sockets', 'Connection: close\r\n'));
    let text = '';
    for await (const part of client.setEncoding('latin1')) text += part;
    const heads = Array.from(text.matchAll(/^HTTP\/1\.1 (\d+)/gm), ([, status]) => status);
    assert.deepEqual(heads, ['200', '200', '404', '200']);
    assert.ok(text.endsWith('\r\n\r\n3\r\n[]\n\r\n0\r\n\r\n'), text.slice(-100));
  });

  it('is no reason to end those that wait for events', async () => {
    const socket = await start(100);
    const follower = await Follower.start(cleanup, socket);
    await openUnread(socket);
    const descriptors = countDescriptors();
    await eventually('the other is broken off', () => countDescriptors() < descriptors);
    log.pushCalls(1);
    await follower.read(1);
  });
});
