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

const crlf = (value: unknown): string => `${json(value)}\r\n`;

const STRANGE = '[1 unknown_protocol]';

describe('what is no JSON-RPC is an unknown protocol, once', () => {
  conversations({
    'a log shipper: records with ids, results and errors, which nobody answers': {
      steps: times(70, (i) =>
        c(line({ id: i, ...(i % 2 === 0 ? { result: 'ok' } : { error: `no disk ${i}` }), level: 'info' })),
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
    'a WebSocket, which may carry anything': {
      steps: [
        c(get('/', 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: a\r\n')),
        s('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
        c(Buffer.from([0x81, 0x85, 1, 2, 3, 4, 5, 6, 7, 8, 9])),
        s(Buffer.from([0x81, 2, 0x5b, 0x5d])),
      ],
      told: STRANGE,
    },
  });
});
