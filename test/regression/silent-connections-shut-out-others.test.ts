import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { useCleanup } from '../support/cleanup.js';
import { waitFor } from '../support/process.js';
import { startUdscope } from '../support/udscope.js';

const MANY = 200;
/** Less than any of the servers' own timeouts, after which those connections are gone by themselves. */
const PROMPT_MS = 8000;

describe('connections that do not say what they want', () => {
  const cleanup = useCleanup();
  let scrape: { host: string; port: number };
  let control: string;

  beforeEach(async () => {
    const directory = cleanup.directory();
    control = `${directory}/private/control.sock`;
    const sockets = [{ name: 'a', listen: `${directory}/a/a.sock`, upstream: `${directory}/up.sock` }];
    const agent = await startUdscope(
      {
        receivers: { uds: { threads: 1, sockets } },
        exporters: { prometheus: { endpoint: '127.0.0.1:0' } },
        extensions: { control: { socket: control } },
        service: {
          extensions: ['control'],
          pipelines: { metrics: { receivers: ['uds'], exporters: ['prometheus'] } },
        },
      },
      directory,
    );
    cleanup.defer(() => agent.kill());
    const port = Number(/127\.0\.0\.1:(\d+)\/metrics/.exec(agent.output)?.[1]);
    scrape = { host: '127.0.0.1', port };
  });

  async function occupy(where: NetConnectOpts, sent: string): Promise<void> {
    const sockets: Socket[] = Array.from({ length: MANY }, () => connect(where));
    for (const socket of sockets) {
      cleanup.defer(() => socket.destroy());
      socket.on('error', () => {});
      if (sent !== '') socket.write(sent);
    }
    await Promise.all(sockets.map((socket) => socket.closed || once(socket, 'connect').catch(() => {})));
  }

  async function statusOf(where: { host?: string; port?: number; socketPath?: string }, path: string) {
    const sent = request({ ...where, path, agent: false, timeout: PROMPT_MS }).end();
    sent.once('timeout', () => sent.destroy(new Error('no answer came')));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return response.resume().statusCode;
  }

  /** Once more, perhaps: answers that have begun a moment ago are not cut for who comes next. */
  async function assertAnswers(where: Parameters<typeof statusOf>[0], path: string) {
    assert.equal(await waitFor('an answer', () => statusOf(where, path), { timeoutMs: PROMPT_MS }), 200);
  }

  const cases: readonly [what: string, sent: string][] = [
    ['nothing at all', ''],
    ['half a request', 'GET /v1/status HTTP/1.1\r\nHost: localhost\r\nX-Slow: '],
    [
      'a body that does not come',
      'PUT /v1/containers/c1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n',
    ],
    ['one request, and no other', 'GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ];
  for (const [what, sent] of cases) {
    it(`keep nobody from scraping, or from the control API: ${what}`, async () => {
      await occupy(scrape, sent);
      await occupy({ path: control }, sent);
      for (let i = 0; i < 3; i++) {
        await assertAnswers(scrape, '/metrics');
        await assertAnswers({ socketPath: control }, '/v1/status');
      }
    });
  }
});
