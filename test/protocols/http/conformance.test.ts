import { RECV, SEND } from '../../../src/protocols/direction.js';
import { PROTOCOLS } from '../../../src/protocols/index.js';
import type { Protocol } from '../../../src/protocols/protocol.js';
import { conformsToProtocol, type Sample, type SampleMessage } from '../conformance.js';

/** A request and the response to it, each as the units that it is made of. */
type Exchange = readonly [request: string[], response: string[]];

const messages = (exchanges: readonly Exchange[]): SampleMessage[] =>
  exchanges.flatMap(([request, response]) => [
    { direction: SEND, units: request },
    { direction: RECV, units: response },
  ]);

const post = (path: string, body: string) => [
  `POST ${path} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
  body,
];
const reply = (status: string, body: string) => [
  `HTTP/1.1 ${status}\r\nServer: docker\r\nContent-Length: ${body.length}\r\n\r\n`,
  body,
];
const chunked = (body: string) => [
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
  `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
];

const withLengths: Sample = {
  name: 'bodies with lengths',
  messages: messages([
    [
      post('/v1.43/containers/create?name=a', '{"Image":"busybox"}'),
      reply('201 Created', '{"Id":"4c01db0b339c"}'),
    ],
    [
      post('/v1.43/containers/4c01db0b339c/wait', '{}'),
      reply('404 Not Found', '{"message":"no such container"}'),
    ],
    [
      post('/v1.43/exec/e90e34656806/start', '{"Detach":true}'),
      reply('500 Internal Server Error', '{"message":"x"}'),
    ],
    [post('/orders/17', 'a=b&c=d'), reply('200 OK', 'done')],
  ]),
};

const withChunks: Sample = {
  name: 'chunks',
  messages: messages([
    [post('/v1.43/images/create?fromImage=busybox', 'x'), chunked('{"status":"Pulling"}\r\n')],
    [post('/v1.43/build', 'ustar'), chunked('{"stream":"Step 1"}')],
    [post('/v1.43/containers/a/update', '{"Memory":1}'), chunked('{"Warnings":[]}')],
    [post('/auth', '{"a":1}'), chunked('a')],
  ]),
};

/** As the protocol that HTTP carries tells it. */
const carried: Protocol = {
  ...PROTOCOLS.http,
  name: 'jsonrpc with http',
  createDecoder: (sink, settings) =>
    PROTOCOLS.jsonrpc.createDecoder(sink, { ...settings, carriers: ['http'] }),
};

conformsToProtocol(PROTOCOLS.http, [withLengths, withChunks]);
describe('HTTP beside JSON-RPC', () => conformsToProtocol(carried, [withLengths, withChunks]));
