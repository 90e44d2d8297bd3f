import { conversations } from './support/conversation.js';
import {
  answer,
  ask,
  bare,
  c,
  chunk,
  get,
  json,
  line,
  long,
  lsp,
  post,
  reply,
  s,
  times,
  turn,
} from './support/steps.js';

const nul = (value: unknown): string => `${json(value)}\0`;
const crlf = (value: unknown): string => `${json(value)}\r\n`;
const redis = (...words: string[]) =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;

/** PostgreSQL: version 3.0 and parameters, and what a server says to it. */
const POSTGRES_START = Buffer.from('\0\0\0\x29\0\x03\0\0user\0postgres\0database\0postgres\0\0', 'latin1');
const POSTGRES_READY = Buffer.from('R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I', 'latin1');
const MYSQL_GREETING = Buffer.from('\x4a\0\0\0\x0a8.0.36\0\x08\0\0\0abcdefgh\0\xff\xff', 'latin1');
const HTTP2 = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const SETTINGS = Buffer.from('\0\0\0\x04\0\0\0\0\0', 'latin1');

const STRANGE = '[1 unknown_protocol]';

describe('what is no JSON-RPC is an unknown protocol, once', () => {
  conversations({
    'systemd: Varlink': {
      steps: times(20, (i) =>
        turn(
          {
            method: 'io.systemd.UserDatabase.GetUserRecord',
            parameters: { userName: `u${i}`, service: 'x' },
          },
          i % 2 === 0
            ? { parameters: { record: {} } }
            : { error: 'io.systemd.UserDatabase.NoRecordFound', parameters: {} },
          nul,
        ),
      ),
      told: STRANGE,
    },
    'systemd: Varlink with more answers than one, and calls without parameters': {
      steps: [
        c(nul({ method: 'io.systemd.Resolve.Monitor.SubscribeQueryResults', more: true })),
        times(5, () => s(nul({ parameters: { state: long(700) }, continues: true }))),
        c(nul({ method: 'org.varlink.service.GetInfo' })),
        s(nul({ parameters: { vendor: 'x' } })),
      ],
      told: STRANGE,
    },
    'podman: one call of Varlink': {
      steps: turn(
        { method: 'io.podman.GetVersion', oneway: false, parameters: {} },
        { parameters: { version: '1' } },
        nul,
      ),
      told: STRANGE,
    },
    'QEMU: QMP greets, answers by return and tells of events': {
      steps: [
        s(
          crlf({
            QMP: { version: { qemu: { micro: 0, minor: 2, major: 8 }, package: '' }, capabilities: ['oob'] },
          }),
        ),
        turn({ execute: 'qmp_capabilities' }, { return: {} }, crlf),
        turn(
          { execute: 'query-status', id: 1 },
          { return: { status: 'running', running: true }, id: 1 },
          crlf,
        ),
        s(crlf({ timestamp: { seconds: 1, microseconds: 2 }, event: 'STOP' })),
        turn(
          { execute: 'nope', id: 'libvirt-2' },
          { id: 'libvirt-2', error: { class: 'CommandNotFound', desc: 'not found' } },
          crlf,
        ),
        turn({ execute: 'query-qmp-schema', arguments: {}, id: 3 }, { return: [long(9000)], id: 3 }, crlf),
      ],
      told: STRANGE,
    },
    'QEMU: pretty QMP': {
      steps: [
        s(`${JSON.stringify({ QMP: { version: {}, capabilities: [] } }, undefined, 4)}\r\n`),
        c('{ "execute": "qmp_capabilities" }'),
        s(`${JSON.stringify({ return: {} }, undefined, 4)}\r\n`),
      ],
      told: STRANGE,
    },
    'the guest agent of QEMU, which is asked to synchronise': {
      steps: times(3, (i) =>
        turn(
          { execute: 'guest-sync', arguments: { id: i } },
          i === 2 ? { error: { class: 'GenericError', desc: 'x' } } : { return: i },
          line,
        ),
      ),
      told: STRANGE,
    },
    'mpv: commands with a number, and an error that says success': {
      steps: [
        times(5, (i) =>
          turn(
            { command: ['get_property', 'volume'], request_id: i },
            { data: 100, request_id: i, error: 'success' },
          ),
        ),
        s(line({ event: 'property-change', id: 1, name: 'volume', data: 50 })),
        turn({ command: ['nope'] }, { request_id: 0, error: 'invalid parameter' }),
      ],
      told: STRANGE,
    },
    'a debug adapter: framed as a language server, with seq and type': {
      steps: [
        turn(
          {
            seq: 1,
            type: 'request',
            command: 'initialize',
            arguments: { clientID: 'vscode', adapterID: long(600) },
          },
          { seq: 1, type: 'response', request_seq: 1, success: true, command: 'initialize', body: {} },
          lsp,
        ),
        s(lsp({ seq: 2, type: 'event', event: 'initialized' })),
        turn(
          { seq: 2, type: 'request', command: 'launch', arguments: { program: 'a' } },
          {
            seq: 3,
            type: 'response',
            request_seq: 2,
            success: false,
            command: 'launch',
            message: 'no',
            body: { error: { id: 1, format: 'x' } },
          },
          lsp,
        ),
      ],
      told: STRANGE,
    },
    'transmission: a method and arguments, over HTTP, refused once': {
      steps: [
        [
          c(
            post(
              { method: 'torrent-get', arguments: { fields: ['id'] }, tag: 4 },
              { path: '/transmission/rpc' },
            ),
          ),
          s(
            reply('<h1>409: Conflict</h1>', {
              status: '409 Conflict',
              type: 'text/html',
              headers: 'X-Transmission-Session-Id: a\r\n',
            }),
          ),
        ],
        times(3, () => [
          c(
            post(
              { method: 'torrent-get', arguments: { fields: ['id'] }, tag: 4 },
              { path: '/transmission/rpc' },
            ),
          ),
          s(reply({ arguments: { torrents: [long(800)] }, result: 'success', tag: 4 })),
        ]),
      ],
      told: STRANGE,
    },
    'snapd: REST, with results that have a type and a status': {
      steps: times(5, (i) => [
        c(get('/v2/snaps')),
        s(
          reply({
            type: 'sync',
            'status-code': 200,
            status: 'OK',
            result: [{ id: 'x', name: long(i * 300) }],
          }),
        ),
      ]),
      told: STRANGE,
    },
    'snapd: an error, and a change that is asked for': {
      steps: [
        [
          c(post({ action: 'install' }, { path: '/v2/snaps/x' })),
          s(
            reply(
              { type: 'async', 'status-code': 202, status: 'Accepted', change: '1', result: null },
              { status: '202 Accepted' },
            ),
          ),
        ],
        [
          c(get('/v2/snaps/y')),
          s(
            reply(
              {
                type: 'error',
                'status-code': 404,
                status: 'Not Found',
                result: { message: 'no', kind: 'snap-not-found' },
              },
              { status: '404 Not Found' },
            ),
          ),
        ],
      ],
      told: STRANGE,
    },
    'dockerd: REST, with ids and errors in its bodies': {
      steps: [
        [c(get('/v1.43/containers/json')), s(reply([{ Id: long(64), Names: ['/a'] }]))],
        [
          c(post({ Image: 'x', Cmd: ['a'] }, { path: '/v1.43/containers/create' })),
          s(reply({ Id: long(64), Warnings: [] }, { status: '201 Created' })),
        ],
        [c(post('', { path: '/v1.43/containers/a/start' })), s(bare('204 No Content'))],
        [
          c(get('/v1.43/events')),
          s(
            'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
            chunk('{"status":"start","id":"a","Type":"container"}\n'),
          ),
        ],
      ],
      told: STRANGE,
    },
    'dockerd: one GET': {
      steps: [c(get('/_ping')), s(reply('OK', { type: 'text/plain' }))],
      told: STRANGE,
    },
    'Firecracker: PUT and GET of settings': {
      steps: [
        [
          c(`PUT /boot-source HTTP/1.1\r\nHost: x\r\nContent-Length: 25\r\n\r\n{"kernel_image_path":"k"}`),
          s(bare('204 No Content')),
        ],
        [c(get('/')), s(reply({ id: 'anonymous', state: 'Not started', vmm_version: '1' }))],
      ],
      told: STRANGE,
    },
    'containerd and other gRPC: HTTP/2': {
      steps: [c(HTTP2, SETTINGS), s(SETTINGS), c(Buffer.alloc(200, 1)), s(Buffer.alloc(200, 2))],
      told: STRANGE,
    },
    PostgreSQL: {
      steps: [c(POSTGRES_START), s(POSTGRES_READY), c('Q\0\0\0\rSELECT 1\0'), s(POSTGRES_READY)],
      told: STRANGE,
    },
    MySQL: {
      steps: [s(MYSQL_GREETING), c(Buffer.alloc(80, 3)), s(Buffer.from([7, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0]))],
      told: STRANGE,
    },
    Redis: { steps: times(5, () => [c(redis('GET', 'a')), s('$5\r\nhello\r\n')]), told: STRANGE },
    'Redis, values that are JSON': {
      steps: times(5, () => [c(redis('GET', 'a')), s(`$21\r\n{"id":1,"result":"x"}\r\n`)]),
      told: STRANGE,
    },
    'D-Bus': {
      steps: [
        c('\0AUTH EXTERNAL 31303030\r\n'),
        s('OK 1234deadbeef\r\n'),
        c('NEGOTIATE_UNIX_FD\r\nBEGIN\r\n'),
        c(Buffer.from('l\x01\0\x01\0\0\0\0\x01\0\0\0m\0\0\0', 'latin1')),
      ],
      told: STRANGE,
    },
    'Neovim: msgpack': {
      steps: [
        c(Buffer.from('940000b16e76696d5f6765745f6170695f696e666f90', 'hex')),
        s(Buffer.from('940100c0c3', 'hex')),
      ],
      told: STRANGE,
    },
    'ssh-agent': {
      steps: times(2, () => [c(Buffer.from([0, 0, 0, 1, 11])), s(Buffer.from([0, 0, 0, 5, 12, 0, 0, 0, 0]))]),
      told: STRANGE,
    },
    'i3 and sway': {
      steps: [c('i3-ipc\0\0\0\0\x07\0\0\0'), s('i3-ipc\x10\0\0\0\x07\0\0\0{"human_readable"')],
      told: STRANGE,
    },
    'HAProxy: its commands': {
      steps: times(3, () => [c('show info\n'), s('Name: HAProxy\nVersion: 2.8\nUptime: 0d\n\n')]),
      told: STRANGE,
    },
    memcached: {
      steps: times(3, () => [c('get foo\r\n'), s('VALUE foo 0 3\r\nbar\r\nEND\r\n')]),
      told: STRANGE,
    },
    SMTP: {
      steps: [
        s('220 mx ESMTP\r\n'),
        c('EHLO a\r\n'),
        s('250-mx\r\n250 8BITMIME\r\n'),
        c('QUIT\r\n'),
        s('221 bye\r\n'),
      ],
      told: STRANGE,
    },
    syslog: {
      steps: times(8, () => c('<34>Oct 11 22:14:15 host su: failed for root on /dev/pts/8\n')),
      told: STRANGE,
    },
    'lines of JSON that are nothing but records': {
      steps: times(40, (i) => c(line({ level: 30, time: i, msg: 'x', id: i }))),
      told: STRANGE,
    },
    'Fluent Bit and others: lists of JSON': {
      steps: times(20, (i) => c(line(['tag', i, { message: 'x' }]))),
      told: STRANGE,
    },
    'a service of one line each, of its own make': {
      steps: times(10, (i) => turn({ cmd: 'get', id: i }, { id: i, status: 'ok', value: 5 })),
      told: STRANGE,
    },
    'a service of its own make, whose answers have a result and an id': {
      steps: times(10, (i) => turn({ cmd: 'get', id: i }, { id: i, result: { a: 1 } })),
      told: STRANGE,
    },
    'a stranger first, and JSON-RPC behind it': {
      steps: [turn({ hello: 1 }, { hello: 2 }), times(3, (i) => turn(ask(i, 'a'), answer(i, 1)))],
      told: '3 a, [2 not_a_message]',
    },
    'QMP first, and JSON-RPC over the same pipe': {
      steps: [
        s(crlf({ QMP: { version: {}, capabilities: [] } })),
        turn({ execute: 'qmp_capabilities' }, { return: {} }, crlf),
        times(3, (i) => turn(ask(i, 'a'), answer(i, 1))),
      ],
      told: '3 a, [3 not_a_message]',
    },
    'a connection that ends within its first message': { steps: [c('{"jsonrpc":"2.0","met')] },
  });
});
