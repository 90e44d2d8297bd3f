import { type Conversation, conversations } from './support/conversation.js';
import {
  answer,
  ask,
  bare,
  c,
  chunk,
  chunked,
  get,
  json,
  long,
  loss,
  note,
  pause,
  post,
  reply,
  s,
  times,
} from './support/steps.js';

const ID = '4c01db0b339c4d1e5a3c1a7ec7b6a9a1f1f2a3b4c5d6e7f8091a2b3c4d5e6f70';
const BOTH = ['jsonrpc', 'http'];
const created = { Id: ID, Warnings: [] };
const upgrading = `Connection: Upgrade\r\nUpgrade: tcp\r\n`;
const RAW = 'Content-Type: application/vnd.docker.raw-stream\r\n';

/** Each with HTTP alone, beside JSON-RPC, and behind it. */
const everywhere = (table: Readonly<Record<string, Conversation>>) => {
  for (const protocols of [['http'], BOTH, ['http', 'jsonrpc']]) {
    describe(`where ${protocols.join(' and ')} is tried`, () => {
      conversations(
        Object.fromEntries(Object.entries(table).map(([name, one]) => [name, { ...one, protocols }])),
      );
    });
  }
};

describe('what clients and servers say in HTTP', () => {
  everywhere({
    'docker ps, on one connection': {
      steps: [
        [
          c(`HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\n`),
          s(bare('200 OK', 'Api-Version: 1.41\r\nContent-Length: 0\r\n')),
        ],
        [c(get('/v1.41/containers/json')), s(reply([{ Id: ID, Names: ['/a'] }]))],
      ],
      told: '1 HEAD:/_ping:200, 1 GET:/containers/json:200',
    },
    'a HEAD with the length of what is not sent': {
      steps: [
        [
          c(`HEAD /v1.41/containers/a/archive?path=/x HTTP/1.1\r\nHost: docker\r\n\r\n`),
          s(bare('200 OK', 'Content-Length: 500\r\n')),
        ],
        [c(get('/info')), s(reply({ ID: 'a' }))],
      ],
      told: '1 HEAD:/containers/{id}/archive:200, 1 GET:/info:200',
    },
    'statuses: of these only those from 500 on are errors of a server': {
      steps: [
        '204 No Content',
        '304 Not Modified',
        '404 Not Found',
        '409 Conflict',
        '500 Internal Server Error',
        '503 Busy',
      ].map((status) => [
        c(`POST /v1.41/containers/${ID}/start HTTP/1.1\r\nHost: docker\r\n\r\n`),
        s(bare(status, /^(204|304)/.test(status) ? '' : 'Content-Length: 0\r\n')),
      ]),
      told: '1 POST:/containers/{id}/start:204, 1 POST:/containers/{id}/start:304, 1 POST:/containers/{id}/start:404, 1 POST:/containers/{id}/start:409, 1 POST:/containers/{id}/start 500, 1 POST:/containers/{id}/start 503',
    },
    'creating a container, with a body longer than what is captured': {
      steps: [
        c(post({ Image: 'busybox', Env: [long(2000)] }, { path: '/v1.41/containers/create?name=secret' })),
        s(reply(created, { status: '201 Created' })),
      ],
      told: '1 POST:/containers/create:201',
    },
    'a body after 100 Continue': {
      steps: [
        c(
          `PUT /v1.41/containers/a/archive HTTP/1.1\r\nHost: docker\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`,
        ),
        s(bare('100 Continue')),
        c('ustar'),
        s(bare('200 OK', 'Content-Length: 0\r\n')),
      ],
      ms: [30],
      told: '1 PUT:/containers/{id}/archive:200',
    },
    'pipelined requests': {
      steps: [
        c(get('/a') + get('/b') + get('/c')),
        s(reply('1'), reply('2', { status: '404 Not Found' })),
        s(reply('3')),
      ],
      ms: 'any',
      told: '1 GET:/a:200, 1 GET:/b:404, 1 GET:/c:200',
    },
    'chunks, in both directions': {
      steps: [
        c(
          'POST /build HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding: chunked\r\n\r\n',
          chunk(long(3000)),
          '0\r\n\r\n',
        ),
        s(chunked({ stream: long(3000) })),
        [c(get('/v1.41/events')), s(chunked({ status: 'start' }))],
      ],
      told: '1 POST:/build:200, 1 GET:/events:200',
    },
    'HTTP/1.0, and a body up to the end': {
      steps: [c('GET /version HTTP/1.0\r\n\r\n'), s('HTTP/1.0 200 OK\r\n\r\nabc'), s(long(3000))],
      ms: [30],
      isLate: true,
      told: '1 GET:/version:200',
    },
    'logs -f: one answer, for as long as it takes': {
      steps: [
        c(get(`/v1.41/containers/${ID}/logs?follow=1`)),
        s('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
        times(3, () => [pause(1000), s(chunk('a line\n'))]),
        pause(500),
        s('0\r\n\r\n'),
      ],
      ms: [3550],
      told: '1 GET:/containers/{id}/logs:200',
    },
    'logs -f that the client breaks off': {
      steps: [
        c(get(`/v1.41/containers/${ID}/logs?follow=1`)),
        s('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
        [pause(1000), s(chunk('a line\n'))],
        pause(2000),
      ],
      ms: [3030],
      isLate: true,
      told: '1 GET:/containers/{id}/logs:200',
    },
    'attach: what follows the upgrade is not decoded': {
      steps: [
        c(`POST /v1.41/containers/${ID}/attach?stream=1 HTTP/1.1\r\nHost: docker\r\n${upgrading}\r\n`),
        s(bare('101 UPGRADED', `${RAW}${upgrading}`)),
        s('\u0001\0\0\0\0\0\0\u0005hello'),
        c('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
        s('HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n'),
        c('{"jsonrpc":"2.0","id":1,"method":"a"}\n'),
      ],
      ms: [60],
      isLate: true,
      told: '1 POST:/containers/{id}/attach:101',
    },
    'exec as older clients begin it: without an upgrade': {
      steps: [
        c(post({ Detach: false, Tty: true }, { path: `/v1.20/exec/${ID}/start` })),
        s(bare('200 OK', RAW)),
        s('# '),
        c('curl x\n'),
        c('GET / HTTP/1.1\r\n\r\n'),
        s('done\n'),
      ],
      ms: [60],
      isLate: true,
      told: '1 POST:/exec/{id}/start:200',
    },
    'a tunnel': {
      steps: [
        c('CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n'),
        s(bare('200 Connected')),
        c('\x16\x03\x01'),
        s('\x16\x03\x03'),
      ],
      ms: [40],
      isLate: true,
      told: '1 CONNECT:200',
    },
    'requests that nobody answers': {
      steps: [[c(get('/a')), s(reply('1'))], c(get('/b')), c(post('{}', { path: '/c' }))],
      told: '1 GET:/a:200, 1 GET:/b no_response, 1 POST:/c no_response',
    },
    'a request that breaks off': {
      steps: [c('POST /v1.41/images/load HTTP/1.1\r\nHost: docker\r\nContent-Length: 5000\r\n\r\nustar')],
      isLate: true,
      told: '1 POST:/images/load no_response',
    },
    'an answer before all of the request': {
      steps: [
        c('POST /v1.41/images/load HTTP/1.1\r\nHost: docker\r\nContent-Length: 50\r\n\r\nustar'),
        s(reply('too much', { status: '413 Content Too Large' })),
        c(long(45)),
      ],
      told: '1 POST:/images/load:413',
    },
    'an answer that breaks off behind its block': {
      steps: [c(get('/a')), s('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n')],
      isLate: true,
      told: '1 GET:/a unknown',
    },
    'chunks that break off': {
      steps: [c(get('/a')), s('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na')],
      isLate: true,
      ms: [20],
      told: '1 GET:/a:200',
    },
    'a request line in small letters': {
      steps: [c(get('/a')), s(reply('1')), c('get /b HTTP/1.1\r\n\r\n'), s(reply('2'))],
      told: '1 GET:/a:200, [1 malformed], [1 unmatched]',
    },
    'a body that is a response': {
      steps: ['/a', '/b', '/c'].map((path) => [
        c(get(path)),
        s(reply(`HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n`)),
      ]),
      told: '1 GET:/a:200, 1 GET:/b:200, 1 GET:/c:200',
    },
    'a body that begins as a response, and is long': {
      steps: ['/a', '/b'].map((path) => [
        c(get(path)),
        s(reply(`HTTP/1.1 500 X\r\nX: ${'x'.repeat(20_000)}`)),
      ]),
      // Its end is not known where capture takes it for a block.
      needsAll: true,
      ms: 'any',
      told: '1 GET:/a:200, 1 GET:/b:200',
    },
    'JSON that has members of JSON-RPC': {
      steps: [
        c(post('{"id":7,"method":"4111 1111","amount":1}', { path: '/payments' })),
        s(reply('{"id":7,"result":"ok"}')),
      ],
      told: '1 POST:/payments:200',
    },
    'what a rule makes of paths': {
      steps: [
        '/v2/changes/17',
        '/v2/snaps/firefox',
        `/a/${ID}`,
        '/users/550e8400-e29b-41d4-a716-446655440000/x',
        '/files/a%20b',
        '/',
        '/x?token=secret',
      ].map((path) => [c(get(path)), s(reply('1'))]),
      told: '1 GET:/v2/changes/{id}:200, 1 GET:/v2/snaps/{id}:200, 1 GET:/a/{id}:200, 1 GET:/users/{id}/x:200, 1 GET:/files/{id}:200, 1 GET:/:200, 1 GET:/x:200',
    },
    'names of images with slashes, and the API of Podman': {
      steps: [
        '/v1.41/images/docker.io/library/busybox:latest/json',
        '/v1.41/images/json',
        '/images/a/b/history',
        '/v1.41/distribution/ghcr.io/a/b/json',
        '/v5.0.0/libpod/containers/a/json',
        '/v5.0.0/libpod/images/quay.io/x/y/exists',
        '/v5.0.0/libpod/manifests/a/b/registry/c/d',
      ].map((path) => [c(get(path)), s(reply('1'))]),
      told: '1 GET:/images/{name}/json:200, 1 GET:/images/json:200, 1 GET:/images/{name}/history:200, 1 GET:/distribution/{name}/json:200, 1 GET:/libpod/containers/{name}/json:200, 1 GET:/libpod/images/{name}/exists:200, 1 GET:/libpod/manifests/{name}/registry/{destination}:200',
    },
    'methods that are none, in other spellings': {
      steps: [
        [c('PURGE /a HTTP/1.1\r\n\r\n'), s(reply('1'))],
        [c('OPTIONS * HTTP/1.1\r\n\r\n'), s(bare('204 No Content'))],
        [c('GET http://docker/info HTTP/1.1\r\n\r\n'), s(reply('1'))],
      ],
      told: '1 _OTHER:/a:200, 1 OPTIONS:204, 1 GET:/info:200',
    },
    'events, as servers of the web send them': {
      steps: [
        c(get('/stream')),
        s('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'),
        times(2, (i) => s(chunk(`data: {"n":${i}}\n\n`))),
        s('0\r\n\r\n'),
        [c(get('/a')), s(reply('1'))],
      ],
      ms: 'any',
      told: '1 GET:/stream:200, 1 GET:/a:200',
    },
    'bodies that are compressed': {
      steps: [
        [
          c(post(Buffer.from([0x1f, 0x8b, 8, 0]), { path: '/a', headers: 'Content-Encoding: gzip\r\n' })),
          s(reply(Buffer.from([0x1f, 0x8b]), { headers: 'Content-Encoding: gzip\r\n' })),
        ],
      ],
      told: '1 POST:/a:200',
    },
    'a loss: what waits has no outcome, and what follows has': {
      isLossy: true,
      steps: [c(get('/a')), loss, times(2, () => [c(get('/b')), s(reply('1'))])],
      told: '1 GET:/a:200, 2 GET:/b:200',
    },
    'a loss among pipelined requests': {
      isLossy: true,
      steps: [
        c(get('/a') + get('/b')),
        loss,
        s(reply('1')),
        s(reply('2', { status: '404 Not Found' })),
        [c(get('/c')), s(reply('3'))],
      ],
      told: '1 GET:/a:200, 1 GET:/b:404, 1 GET:/c:200',
    },
    'what is no HTTP behind a response': {
      steps: [c(get('/a')), s(reply('1')), c('\0\0\0\0\0\0'), c(get('/b'))],
      told: '1 GET:/a:200, [1 malformed]',
    },
  });
});

describe('a connection that has JSON-RPC in some of its bodies', () => {
  const mixed = (table: Readonly<Record<string, Conversation>>) =>
    conversations(
      Object.fromEntries(Object.entries(table).map(([name, one]) => [name, { ...one, protocols: BOTH }])),
    );
  mixed({
    'tells each exchange as what it is': {
      steps: [
        [c(get('/health')), s(reply('ok', { type: 'text/plain' }))],
        [c(post(ask(1, 'a'))), s(reply(answer(1, 1)))],
        [c(post({ name: 'x' }, { path: '/orders' })), s(reply({ id: 1 }, { status: '201 Created' }))],
        [c(post(ask(1, 'a'))), s(reply('busy', { status: '503 Busy', type: 'text/plain' }))],
        [c(get('/metrics')), s(chunked(long(1000), { type: 'text/plain' }))],
      ],
      told: '1 GET:/health:200, 1 a, 1 POST:/orders:201, 1 a 503, 1 GET:/metrics:200',
    },
    pipelined: {
      steps: [
        c(get('/a'), post(ask(7, 'x')), get('/b')),
        s(reply({ result: 1, id: 9 }), reply(answer(7, 1)), reply('1', { status: '500 No' })),
      ],
      ms: 'any',
      told: '1 GET:/a:200, 1 x, 1 GET:/b 500',
    },
    'counts neither notifications nor batches twice': {
      steps: [
        [c(post(note('n'))), s(bare('204 No Content'))],
        [c(post([ask(1, 'a'), ask(2, 'b')])), s(reply([answer(1, 1), answer(2, 1)]))],
      ],
      told: '1 n noted, 1 a, 1 b',
    },
    'the stream of events of MCP, which is an exchange with calls of the server in it': {
      steps: [
        [c(post(ask(0, 'initialize'))), s(reply(answer(0, {})))],
        c(get('/mcp', 'Accept: text/event-stream\r\n')),
        s('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'),
        s(chunk(`event: message\ndata: ${json(note('notifications/message'))}\n\n`)),
        s('0\r\n\r\n'),
      ],
      ms: 'any',
      told: '1 initialize, 1 GET:/mcp:200, 1 notifications/message noted',
    },
  });
});
