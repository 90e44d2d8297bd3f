import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants, createServer, type Http2Server } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { useCleanup } from '../../../support/cleanup.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

const CONNECTIONS = 30;
const CHUNK = Buffer.alloc(1000);

/** What gRPC is made of: frames that either end may send at any time, and that the other one may never read. */
describe('HTTP/2 clients and servers', () => {
  const cleanup = useCleanup();

  function serve(path: string): Http2Server {
    const server = createServer();
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      stream.respond({ ':status': 200 });
      if (headers[':path'] !== '/stream') {
        stream.end('done');
        return;
      }
      const writing = setInterval(() => stream.write(CHUNK), 1);
      stream.on('close', () => clearInterval(writing));
    });
    server.on('session', (session) => session.on('error', () => {}));
    server.listen(path);
    cleanup.defer(() => server.close());
    return server;
  }

  function open(path: string): ClientHttp2Session {
    const session = connect('http://relayed', { createConnection: () => connectSocket(path) });
    session.on('error', () => {});
    return session;
  }

  async function call(session: ClientHttp2Session): Promise<void> {
    const request = session.request({ ':path': '/call' });
    await once(request.resume(), 'end');
  }

  /** Has a stream under way, and ends it as `end` does. */
  async function stream(session: ClientHttp2Session): Promise<() => void> {
    const request = session.request({ ':path': '/stream' });
    request.on('error', () => {});
    for (let i = 0; i < 3; i++) await once(request, 'data');
    return () => request.close(constants.NGHTTP2_CANCEL);
  }

  const manners: Record<string, (session: ClientHttp2Session) => Promise<void>> = {
    async 'close after a call'(session) {
      await call(session);
      session.close();
    },
    async 'break off after a call'(session) {
      await call(session);
      session.destroy();
    },
    async 'close at once'(session) {
      await once(session, 'connect');
      session.close();
    },
    async 'cancel a stream and close'(session) {
      const cancel = await stream(session);
      cancel();
      session.close();
    },
    async 'break off in the middle of a stream'(session) {
      await stream(session);
      session.destroy();
    },
    async 'answer a ping with their farewell'(session) {
      await call(session);
      session.ping(() => {});
      session.close();
    },
  };

  for (const [manner, end] of Object.entries(manners)) {
    it(`are in order when the clients ${manner}`, async () => {
      const relay = await RelayFixture.start(cleanup, { serve: false });
      const server = serve(relay.upstreamPath);
      await once(server, 'listening');
      for (let i = 0; i < CONNECTIONS; i++) await end(open(relay.path));
      assert.deepEqual((await relay.settled()).errors, {});
    });
  }

  it('are in order when the server says farewell to its clients', async () => {
    const relay = await RelayFixture.start(cleanup, { serve: false });
    const server = serve(relay.upstreamPath);
    await once(server, 'listening');
    server.on('session', (session) => {
      session.on('stream', (stream) => stream.on('close', () => session.close()));
    });
    const sessions = Array.from({ length: CONNECTIONS }, () => open(relay.path));
    await Promise.all(sessions.map(call));
    await Promise.all(sessions.map((session) => session.closed || once(session, 'close')));
    assert.deepEqual((await relay.settled()).errors, {});
  });
});
