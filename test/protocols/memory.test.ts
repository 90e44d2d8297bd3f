import assert from 'node:assert/strict';
import { type Direction, RECV, SEND } from '../../src/protocols/direction.js';
import { PROTOCOLS } from '../../src/protocols/index.js';
import type { Decoder, DecoderMemory, MessageSink, Protocol } from '../../src/protocols/protocol.js';
import { liveBytes } from '../support/heap.js';
import { call as dbusCall } from './dbus/wire.js';
import { ask as grpcAsk, PREFACE } from './grpc/wire.js';
import { call as msgpackCall } from './msgpack-rpc/wire.js';
import * as postgresql from './postgresql/wire.js';
import { command as redisCommand } from './redis/wire.js';
import { REMOTE_OPEN, request as ttrpcRequest } from './ttrpc/wire.js';
import { call as varlinkCall } from './varlink/wire.js';

const DECODERS = 24;
const WARM_UP = 4;
/** Of some protocols, more of them are not remembered. */
const REQUESTS = 1000;

/** Beside what they have taken: less than a pointer for each request. */
const UNCOUNTED_OF_ALL = DECODERS * 6 * REQUESTS;

interface Asked {
  readonly protocol: Protocol;
  readonly carriers?: readonly string[];
  /** All directions that ask. */
  readonly directions?: readonly Direction[];
  /** The request with a number, as short as it can be. */
  request(number: number): Uint8Array | string;
}

/** Requests that nobody answers. */
const CASES: Readonly<Record<string, Asked>> = {
  'JSON-RPC': {
    protocol: PROTOCOLS.jsonrpc,
    directions: [SEND, RECV],
    request: (id) => `{"id":${id},"method":"a"}\n`,
  },
  'JSON-RPC over HTTP': { protocol: PROTOCOLS.jsonrpc, request: (id) => post(`{"id":${id},"method":"a"}`) },
  'JSON-RPC in batches over HTTP': { protocol: PROTOCOLS.jsonrpc, request: (id) => post(batch(id)) },
  'JSON-RPC beside HTTP': {
    protocol: PROTOCOLS.jsonrpc,
    carriers: ['http'],
    request: (id) => (id % 2 === 0 ? post(`{"id":${id},"method":"a"}`) : 'GET / HTTP/1.1\r\n\r\n'),
  },
  HTTP: { protocol: PROTOCOLS.http, request: () => 'GET / HTTP/1.1\r\n\r\n' },
  'D-Bus': {
    protocol: PROTOCOLS.dbus,
    directions: [SEND, RECV],
    request: (id) => dbusCall(id + 1, 'Hello', { sender: ':1.5' }),
  },
  'MessagePack-RPC': {
    protocol: PROTOCOLS.msgpack_rpc,
    directions: [SEND, RECV],
    request: (id) => msgpackCall(id, 'a', []),
  },
  gRPC: {
    protocol: PROTOCOLS.grpc,
    request: (id) => (id === 0 ? PREFACE : grpcAsk(2 * id + 1, '/a/b')),
  },
  'HTTP/2': {
    protocol: PROTOCOLS.grpc,
    carriers: ['http'],
    request: (id) => (id === 0 ? PREFACE : grpcAsk(2 * id + 1, `/a/${id}`, { 'content-type': 'a' })),
  },
  Redis: { protocol: PROTOCOLS.redis, request: () => redisCommand('GET', 'a') },
  PostgreSQL: {
    protocol: PROTOCOLS.postgresql,
    request: (id) => (id === 0 ? postgresql.startup({ user: 'a' }) : postgresql.query('BEGIN')),
  },
  'PostgreSQL, statements that are prepared': {
    protocol: PROTOCOLS.postgresql,
    request: (id) => (id === 0 ? postgresql.startup({ user: 'a' }) : postgresql.parse('BEGIN', `s${id}`)),
  },
  ttrpc: {
    protocol: PROTOCOLS.ttrpc,
    request: (id) => ttrpcRequest(2 * id + 1, 'a', 'b', { flags: REMOTE_OPEN }),
  },
  Varlink: {
    protocol: PROTOCOLS.varlink,
    request: (id) => varlinkCall('a.b.C', id % 2 === 0 ? {} : { more: true }),
  },
};

describe('Memory of decoders', () => {
  for (const [name, asked] of Object.entries(CASES)) {
    it(`takes all that it needs for requests that have no answer: ${name}`, () => {
      const [first, rest] = [pieceOf(asked, 0, 1), pieceOf(asked, 1, REQUESTS)];
      // What is compiled, and kept once for all, is there then.
      ask(asked, rest, createDecoders(WARM_UP, asked, new CountedMemory()));
      const memory = new CountedMemory();
      const decoders = createDecoders(DECODERS, asked, memory);
      ask(asked, first, decoders);
      const before = liveBytes() - memory.held;
      ask(asked, rest, decoders);
      const uncounted = liveBytes() - memory.held - before;
      assert.ok(uncounted < UNCOUNTED_OF_ALL, `${uncounted} bytes beside the ${memory.held} that were taken`);
      for (const decoder of decoders) decoder.release();
      assert.equal(memory.held, 0);
      assert.equal(decoders.filter(({ hasGivenUp }) => hasGivenUp).length, 0);
    });
  }
});

/** Some of the requests, and a byte more. */
function pieceOf({ request }: Asked, from: number, to: number): Buffer {
  const numbers = Array.from({ length: to - from }, (_, index) => from + index);
  return Buffer.concat([...numbers.map((number) => Buffer.from(request(number) as string)), Buffer.alloc(1)]);
}

function createDecoders(count: number, asked: Asked, memory: DecoderMemory): Decoder[] {
  const { protocol, carriers = [] } = asked;
  const settings = { keepPayload: true, carriers, memory };
  return Array.from({ length: count }, () => protocol.createDecoder(new Deaf(), settings));
}

function ask({ directions = [SEND] }: Asked, piece: Buffer, decoders: readonly Decoder[]): void {
  for (const decoder of decoders)
    for (const direction of directions) decoder.data(direction, piece, 0, piece.length - 1, 0);
}

const post = (body: string) => `POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

function batch(number: number): string {
  const calls = Array.from({ length: 3 }, (_, index) => `{"id":"${number} ${index}","method":"a"}`);
  return `[${calls.join()}]`;
}

/** As much as is asked for. */
class CountedMemory implements DecoderMemory {
  held = 0;
  readonly isScarce = false;

  take(bytes: number): boolean {
    this.held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.held -= bytes;
  }
}

class Deaf implements MessageSink {
  request(): void {}
  response(): void {}
  undecodable(): void {}
}
