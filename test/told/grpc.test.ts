import * as wire from '../protocols/grpc/wire.js';
import { conversations } from './support/conversation.js';
import { c, loss, s, times } from './support/steps.js';

const PROTOCOLS = ['grpc', 'jsonrpc', 'http'];
const opening = [c(Buffer.concat([wire.PREFACE, wire.settings()])), s(wire.settings())];
const MORE = { authorization: 'x'.repeat(700), 'user-agent': 'a program' };

/** An upgrade to another protocol, which is agreed on. */
function upgrading(request: string, protocol: string) {
  const headers = `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;
  return [c(`${request} HTTP/1.1\r\nHost: a\r\n${headers}`), s(`HTTP/1.1 101 UPGRADED\r\n${headers}`)];
}

/** Both ends of a connection, with tables of their own. */
function ends(): [(headers: wire.Headers) => Buffer, (headers: wire.Headers) => Buffer] {
  return [wire.compressing(), wire.compressing()];
}

function unary() {
  const [ask, answer] = ends();
  return (stream: number, path: string, status = '0', bytes = 3000) => [
    c(
      Buffer.concat([
        wire.block(stream, ask(wire.requestHeaders(path, MORE))),
        wire.data(stream, bytes, wire.END_STREAM),
      ]),
    ),
    s(
      wire.block(stream, answer(wire.RESPONSE_HEADERS)),
      wire.data(stream, bytes),
      wire.block(stream, answer({ 'grpc-status': status, 'grpc-message': 'x'.repeat(400) }), wire.END_STREAM),
    ),
  ];
}

describe('what is said over gRPC is told as both ends know it', () => {
  const [first, second, third] = [unary(), unary(), unary()];
  const [fourth, fifth, sixth] = [unary(), unary(), unary()];

  conversations({
    'calls with one answer, some of which fail': {
      protocols: PROTOCOLS,
      steps: [
        opening,
        times(6, (i) => first(2 * i + 1, '/a.B/C')),
        times(2, (i) => first(2 * i + 21, '/a.B/D', '13')),
        first(31, '/a.B/C', '5'),
      ],
      told: '6 a.B/C, 2 a.B/D INTERNAL, 1 a.B/C',
    },
    'streams side by side, one of which its client leaves and one of which its server refuses': {
      protocols: PROTOCOLS,
      steps: [
        opening,
        c(wire.ask(1, '/a.B/Watch'), wire.ask(3, '/a.B/Put')),
        times(9, () => [s(wire.data(1, 9000)), c(wire.data(3, 9000))]),
        c(wire.ask(5, '/a.B/Watch'), wire.ask(7, '/a.B/Wait')),
        s(wire.reset(5, wire.REFUSED_STREAM), wire.opened(3), wire.trailers(3)),
        c(wire.reset(1, wire.CANCEL)),
      ],
      told: '1 a.B/Watch, 1 a.B/Put, 1 a.B/Watch UNAVAILABLE, 1 a.B/Wait no_response',
      ms: 'any',
    },
    'HTTP/2 that is no gRPC, beside some that is': {
      protocols: PROTOCOLS,
      steps: [
        opening,
        c(
          wire.block(
            1,
            wire.plain({ ':method': 'GET', ':path': '/orders/17', ':scheme': 'http' }),
            wire.END_STREAM,
          ),
        ),
        s(wire.block(1, wire.plain({ ':status': '200' })), wire.data(1, 5000, wire.END_STREAM)),
        second(3, '/a.B/C'),
      ],
      told: '1 GET:/orders/{id}:200, 1 a.B/C',
    },
    'calls whose headers refer to others that were lost': {
      protocols: PROTOCOLS,
      steps: [
        opening,
        times(3, (i) => third(2 * i + 1, '/a.B/C')),
        loss,
        times(3, (i) => third(2 * i + 11, '/a.B/C')),
      ],
      isLossy: true,
    },
    'what follows an upgrade, where the server is the client of HTTP/2': {
      protocols: PROTOCOLS,
      steps: [
        upgrading('POST /session', 'h2c'),
        s(Buffer.concat([wire.PREFACE, wire.settings(), wire.ask(1, '/a.B/C')])),
        c(wire.settings(), wire.refused(1, '12')),
        s(wire.ask(3, '/a.B/D')),
        times(3, () => c(wire.data(3, 9000))),
      ],
      told: '1 POST:/session:101, 1 a.B/C UNIMPLEMENTED, 1 a.B/D unknown',
      ms: 'any',
    },
    'what follows one, where it is the server': {
      protocols: ['http', 'grpc'],
      steps: [
        upgrading('POST /grpc', 'h2c'),
        opening,
        times(6, (i) => fourth(2 * i + 1, '/a.B/C', i === 3 ? '13' : '0')),
      ],
      told: '1 POST:/grpc:101, 5 a.B/C, 1 a.B/C INTERNAL',
      ms: 'any',
    },
    'what follows one of a request that is answered on the first stream': {
      protocols: PROTOCOLS,
      steps: [
        c('GET /containers/json HTTP/1.1\r\nHost: a\r\n\r\n'),
        s('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]'),
        upgrading('GET /orders/17', 'h2c'),
        s(
          Buffer.concat([
            wire.settings(),
            wire.block(1, wire.plain({ ':status': '200', 'content-type': 'text/plain' })),
            wire.data(1, 5000, wire.END_STREAM),
          ]),
        ),
        c(Buffer.concat([wire.PREFACE, wire.settings()])),
        fifth(3, '/a.B/C'),
      ],
      told: '1 GET:/containers/json:200, 1 GET:/orders/{id}:101, 1 a.B/C',
      ms: 'any',
    },
    'an upgrade to something else, which looks like it': {
      protocols: PROTOCOLS,
      steps: [upgrading('POST /exec/a1/start', 'tcp'), opening, sixth(1, '/a.B/C')],
      told: '1 POST:/exec/{id}/start:101',
      isLate: true,
      ms: 'any',
    },
    'an upgrade where gRPC is not tried': {
      protocols: ['jsonrpc', 'http'],
      steps: [upgrading('POST /grpc', 'h2c'), opening, sixth(1, '/a.B/C')],
      told: '1 POST:/grpc:101',
      ms: 'any',
    },
    'an upgrade that is refused': {
      protocols: PROTOCOLS,
      steps: [
        c('GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'),
        s('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
        c('GET /b HTTP/1.1\r\nHost: a\r\n\r\n'),
        s('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
      ],
      told: '1 GET:/a:200, 1 GET:/b:200',
    },
  });
});
