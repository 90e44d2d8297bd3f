import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { HttpServer, type HttpServerSettings, LIMITS } from '../../src/http/http-server.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { waitFor } from '../support/process.js';

const HEAD = 'HTTP/1.1\r\nHost: localhost\r\n\r\n';
const WHOLE = `GET / ${HEAD}`;
/** More than the kernel takes for a client that does not read. */
const LARGE_BYTES = 32 * 2 ** 20;

describe('HttpServer', () => {
  const cleanup = useCleanup();
  let port: number;
  let server: HttpServer<string>;
  /** Whose the next connections are. */
  let client: string;
  /** Paths of the requests so far. */
  let asked: (string | undefined)[];

  beforeEach(async () => {
    asked = [];
    client = 'a';
    await start();
  });

  async function start(settings: Partial<HttpServerSettings<string>> = {}): Promise<void> {
    server = new HttpServer<string>({
      requestMs: 10_000,
      keepAliveMs: 10_000,
      admit: () => ({ client, share: client }),
      hostRefusal: ({ headers }) => (headers.host === 'foreign' ? 'ask otherwise' : undefined),
      toRefusal: (message) => ({ type: 'text/plain', body: message }),
      acceptFailed: assert.fail,
      answer: (request, response, who) => answer(request, response, who),
      ...settings,
    });
    const started = server;
    cleanup.defer(() => started.close(Date.now()));
    port = ((await server.listen({ port: 0, host: '127.0.0.1' })) as AddressInfo).port;
  }

  function answer({ url }: IncomingMessage, response: ServerResponse, who: string): void {
    asked.push(url);
    if (url === '/large') response.end(Buffer.alloc(LARGE_BYTES));
    else if (url === '/stream') response.write('begun');
    else if (url !== '/never') response.end(`hello ${who}`);
  }

  /** A connection that has sent something, or nothing. */
  async function dial(sent = ''): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    cleanup.defer(() => socket.destroy());
    socket.on('error', () => {});
    await once(socket, 'connect');
    if (sent !== '') socket.write(sent);
    return socket;
  }

  async function dialMany(count: number, sent?: string): Promise<Socket[]> {
    const sockets: Socket[] = [];
    for (let i = 0; i < count; i++) sockets.push(await dial(sent));
    return sockets;
  }

  async function get(
    path = '/',
    headers: Record<string, string> = {},
  ): Promise<[number | undefined, string]> {
    const sent = request({ port, host: '127.0.0.1', path, headers, agent: false }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return [response.statusCode, Buffer.concat(await response.toArray()).toString()];
  }

  it('answers with what it knows of the client', async () => {
    client = 'b';
    assert.deepEqual(await get(), [200, 'hello b']);
  });

  it('answers 421 to who asks for another host, and the next request as ever', async () => {
    assert.deepEqual(await get('/', { host: 'foreign' }), [421, 'ask otherwise']);
    const socket = await dial('POST / HTTP/1.1\r\nHost: foreign\r\nContent-Length: 1000000\r\n\r\n');
    socket.write(Buffer.alloc(1_000_000));
    socket.write(`GET / ${HEAD.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')}`);
    const all = Buffer.concat(await socket.toArray()).toString();
    assert.match(all, /^HTTP\/1\.1 421 Misdirected Request\r\n.*HTTP\/1\.1 200 OK\r\n.*hello a/s);
  });

  it('answers some requests that are sent at once, and ends a connection that sends thousands', async () => {
    const some = await dial(WHOLE.repeat(8));
    await waitFor('they are asked', () => asked.length === 8);
    assert.equal(some.destroyed, false);
    const greedy = await dial(`GET /never ${HEAD}${WHOLE.repeat(5000)}`);
    await new Promise((resolve) => greedy.once('close', resolve));
    assert.ok(asked.length < 32, `${asked.length} requests were taken`);
    assert.deepEqual(await get(), [200, 'hello a']);
  });

  describe('turns away', () => {
    beforeEach(() => start({ admit: () => ({ refusal: 'not you' }) }));

    it('with the reason, and without looking at what is sent', async () => {
      assert.deepEqual(await get(), [403, 'not you']);
      for (const sent of [
        '',
        'hello',
        `POST / HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n${' '.repeat(2e6)}`,
      ]) {
        const reply = Buffer.concat(await (await dial(sent)).toArray()).toString();
        assert.match(reply, /^HTTP\/1\.1 403 Forbidden\r\n.*\r\n\r\nnot you$/s);
      }
    });

    it('many at a time, of whom few are told why, and lets go of all', async () => {
      const sockets = await dialMany(100);
      for (const socket of sockets) socket.resume();
      await eventually('all are closed', () => sockets.every(({ closed }) => closed));
    });
  });

  const occupations: readonly [what: string, sent: string][] = [
    ['that say nothing', ''],
    ['that send half a request', 'GET / HTTP/1.1\r\nHost: a'],
    ['that keep their connection after an answer', WHOLE],
    ['that do not read what they asked for', `GET /large ${HEAD}`],
    ['whose answer takes for ever', `GET /never ${HEAD}`],
  ];
  for (const [what, sent] of occupations) {
    it(`has room beside 200 connections of the same client ${what}`, async () => {
      await dialMany(200, sent);
      const startMs = performance.now();
      for (let i = 0; i < 5; i++) assert.deepEqual(await waitFor('an answer', () => get()), [200, 'hello a']);
      assert.ok(performance.now() - startMs < 5000);
    });
  }

  it('keeps streams that are read, and refuses the next of the same client', async () => {
    const streams = await dialMany(LIMITS.perClient, `GET /stream ${HEAD}`);
    await Promise.all(streams.map((socket) => once(socket, 'data')));
    await assert.rejects(get(), /ECONNRESET|EPIPE|socket hang up/);
    assert.ok(streams.every(({ destroyed }) => !destroyed));
    client = 'b';
    assert.deepEqual(await get(), [200, 'hello b']);
  });

  it('takes the room of who has most for who has less', async () => {
    for (client of ['a', 'b']) {
      const streams = await dialMany(LIMITS.perClient, `GET /stream ${HEAD}`);
      await Promise.all(streams.map((socket) => once(socket, 'data')));
    }
    client = 'c';
    assert.deepEqual(await get(), [200, 'hello c']);
  });

  it('dismisses who waits longest first', async () => {
    const [oldest, next] = [await dial(), await dial()];
    const kept = new Agent({ keepAlive: true });
    cleanup.defer(() => kept.destroy());
    await dialMany(LIMITS.perClient - 2);
    const closed = once(oldest, 'close');
    await get();
    await closed;
    assert.ok(!next.destroyed);
  });

  describe('closes', () => {
    it('what waits at once, and what is answered when it has its answer', async () => {
      const [silent, half, idle] = [await dial(), await dial('GET '), await dial(WHOLE)];
      await once(idle, 'data');
      const busy = await dial(`GET /large ${HEAD}`);
      await once(busy, 'readable');
      const startMs = performance.now();
      const closed = server.close(Date.now() + 60_000);
      await Promise.all([silent, half, idle].map((socket) => once(socket.resume(), 'close')));
      let bytes = 0;
      for await (const chunk of busy) bytes += (chunk as Buffer).length;
      assert.ok(bytes > LARGE_BYTES);
      await closed;
      assert.ok(performance.now() - startMs < 30_000);
    });

    it('at the deadline what is still there', async () => {
      const never = await dial(`GET /never ${HEAD}`);
      await eventually('it is asked', () => asked.includes('/never'));
      const startMs = performance.now();
      await server.close(Date.now() + 100);
      assert.ok(performance.now() - startMs < 5000);
      await once(never.resume(), 'close');
    });

    it('without those that are spared, which get their answers later', async () => {
      const spared: ServerResponse[] = [];
      await start({
        answer: (request, response) => {
          asked.push(request.url);
          if (request.url !== '/spared') return;
          server.spare(response);
          spared.push(response);
        },
      });
      const [never, kept] = [await dial(`GET /never ${HEAD}`), await dial(`GET /spared ${HEAD}`)];
      await eventually('both are asked', () => asked.length === 2);
      await server.close(Date.now() + 100);
      await once(never.resume(), 'close');
      assert.ok(!kept.destroyed);
      spared[0]?.end('at last');
      let text = '';
      for await (const chunk of kept) text += String(chunk);
      assert.match(text, /at last$/);
    });

    it('before it listens, and twice', async () => {
      const other = new HttpServer<string>({
        requestMs: 1000,
        keepAliveMs: 1000,
        admit: () => ({ refusal: '' }),
        hostRefusal: () => undefined,
        toRefusal: (message) => ({ type: 'text/plain', body: message }),
        acceptFailed: assert.fail,
        answer: () => {},
      });
      await other.close(Date.now() + 1000);
      await other.close(Date.now() + 1000);
    });
  });
});
