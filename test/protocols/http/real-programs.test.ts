/** What node's own client and server, and undici, say to each other is told as they know it, however it is cut. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, Agent as HttpAgent, request, type Server } from 'node:http';
import { connect, createServer as createRelay, type Socket } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { Client } from 'undici';
import { type Direction, RECV, SEND } from '../../../src/protocols/direction.js';
import { PROTOCOLS } from '../../../src/protocols/index.js';
import { Cleanup } from '../../support/cleanup.js';
import { runs } from '../../support/runs.js';
import { Ear } from '../listen.js';

/** A request, and what the server is to do with it. */
interface Exchange {
  readonly method: string;
  readonly id: number;
  readonly sends: number;
  readonly status: number;
  readonly answers: number;
  readonly isChunked: boolean;
}

interface Piece {
  readonly direction: Direction;
  readonly bytes: Buffer;
}

const exchange: fc.Arbitrary<Exchange> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS'),
  id: fc.nat(1_000_000),
  sends: fc.constantFrom(0, 1, 100, 3000),
  status: fc.constantFrom(200, 201, 204, 304, 404, 409, 500, 503),
  answers: fc.constantFrom(0, 1, 500, 20_000),
  isChunked: fc.boolean(),
});

describe('what real programs say in HTTP', () => {
  const cleanup = new Cleanup();
  after(() => cleanup.run());
  let wire: Piece[] = [];
  let server: Server;
  let path: string;

  before(async () => {
    const directory = cleanup.directory();
    const upstream = join(directory, 'upstream.sock');
    path = join(directory, 'relay.sock');
    server = createServer((asked, answer) => {
      const wanted = JSON.parse(String(asked.headers['x-wanted'])) as Exchange;
      asked.resume().on('end', () => {
        answer.statusCode = wanted.status;
        const hasBody = wanted.status !== 204 && wanted.status !== 304;
        const body = 'x'.repeat(hasBody ? wanted.answers : 0);
        if (hasBody && !wanted.isChunked) answer.setHeader('Content-Length', body.length);
        if (body !== '') answer.write(body);
        answer.end();
      });
    }).listen(upstream);
    await once(server, 'listening');
    const relay = createRelay((client) => {
      const remote = connect(upstream);
      pass(client, remote, SEND);
      pass(remote, client, RECV);
    }).listen(path);
    await once(relay, 'listening');
    cleanup.defer(() => {
      relay.close();
      server.closeAllConnections();
      server.close();
    });
  });

  function pass(from: Socket, to: Socket, direction: Direction): void {
    from.on('data', (bytes) => {
      wire.push({ direction, bytes });
      to.write(bytes);
    });
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
  }

  const clients: Readonly<Record<string, (exchanges: readonly Exchange[]) => Promise<void>>> = {
    'node:http, one request after the other': (exchanges) => askInTurn(path, exchanges),
    'undici, pipelined': (exchanges) => askPipelined(path, exchanges),
  };

  for (const [name, ask] of Object.entries(clients)) {
    it(`is told as ${name}, knows it`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(exchange, { minLength: 1, maxLength: 6 }),
          fc.integer(),
          async (exchanges, seed) => {
            wire = [];
            await ask(exchanges);
            for (const tellsCarrier of [false, true])
              assert.deepEqual(told(wire, seed, tellsCarrier), exchanges.map(known));
          },
        ),
        { numRuns: runs(15) },
      );
    });
  }
});

/** As the client knows it: what it asked, and how that ended. */
const known = ({ method, status }: Exchange) => `${method} /orders/{id} ${status}`;

/** As it is told of what was seen on the wire, cut anew. */
function told(wire: readonly Piece[], seed: number, tellsCarrier: boolean): string[] {
  const protocol = tellsCarrier ? PROTOCOLS.jsonrpc : PROTOCOLS.http;
  const ear = new Ear(protocol, { keepPayload: false, carriers: tellsCarrier ? ['http'] : [] });
  let random = Math.abs(seed) + 1;
  for (const { direction, bytes } of wire) {
    for (let from = 0; from < bytes.length; ) {
      random = (random * 48_271) % 2_147_483_647;
      const to = Math.min(bytes.length, from + 1 + (random % 700));
      ear.data(direction, bytes.subarray(from, to));
      from = to;
    }
  }
  const { requests, responses, reasons } = ear.listener;
  assert.deepEqual(reasons, []);
  return requests.map(({ method, id }) => {
    const [response, another] = responses.filter((each) => each.id === id);
    assert.equal(another, undefined);
    return `${method} ${response?.statusCode ?? response?.error?.code}`;
  });
}

const headersOf = (wanted: Exchange) => ({ 'x-wanted': JSON.stringify(wanted) });
const mayHaveBody = ({ method }: Exchange) => method !== 'GET' && method !== 'HEAD';

async function askInTurn(socketPath: string, exchanges: readonly Exchange[]): Promise<void> {
  const agent = new HttpAgent({ keepAlive: true, maxSockets: 1 });
  for (const wanted of exchanges) {
    const { method, id } = wanted;
    const asking = request({
      socketPath,
      agent,
      method,
      path: `/orders/${id}?q=1`,
      headers: headersOf(wanted),
    });
    // Without a header, node sends a body of DELETE that nothing frames.
    if (mayHaveBody(wanted)) asking.setHeader('Transfer-Encoding', 'chunked').write('a'.repeat(wanted.sends));
    asking.end();
    const [answer] = await once(asking, 'response');
    answer.resume();
    await once(answer, 'end');
  }
  agent.destroy();
}

async function askPipelined(socketPath: string, exchanges: readonly Exchange[]): Promise<void> {
  const client = new Client('http://localhost', { socketPath, pipelining: 4 });
  const answers = exchanges.map(async (wanted) => {
    const { method, id, sends } = wanted;
    const body = mayHaveBody(wanted) ? 'a'.repeat(sends) : null;
    const path = `/orders/${id}?q=1`;
    const { body: answer } = await client.request({
      method: method as 'GET',
      path,
      headers: headersOf(wanted),
      body,
    });
    await answer.dump();
  });
  await Promise.all(answers);
  await client.close();
}
