import { conversations } from './support/conversation.js';
import { answer, ask, bare, c, get, long, loss, post, refusal, reply, s, times } from './support/steps.js';

const asked = (id: unknown, method: string, params: unknown = []) => c(post(ask(id, method, params)));
const answered = (id: unknown, result: unknown = 1) => s(reply(answer(id, result)));
const HTML = { type: 'text/html' };
const proxyError = (status: string, size = 150) =>
  s(
    reply(`<html><head><title>${status}</title></head>${long(size, '<br>\r\n')}</html>\r\n`, {
      ...HTML,
      status,
    }),
  );

describe('what servers and clients of JSON-RPC say over HTTP', () => {
  conversations({
    'nginx: refusals in HTML, longer than what is captured, and calls with equal ids behind them': {
      steps: [
        [asked(1, 'a'), proxyError('502 Bad Gateway')],
        [asked(1, 'a'), proxyError('504 Gateway Time-out', 3000)],
        times(2, () => [asked(1, 'b'), answered(1)]),
      ],
      told: '1 a 502, 1 a 504, 2 b, [? not_a_message]',
    },
    'a limit on requests: 429 with JSON that is no JSON-RPC': {
      steps: [
        [
          asked(1, 'a'),
          s(reply({ message: 'API rate limit exceeded' }, { status: '429 Too Many Requests' })),
        ],
        [asked(1, 'a'), answered(1)],
      ],
      told: '1 a, 1 a 429, [? not_a_message]',
    },
    'a limit on requests: 429 with an error of JSON-RPC': {
      steps: [
        [asked(1, 'a'), s(reply(refusal(1, -32005, 'limit exceeded'), { status: '429 Too Many Requests' }))],
        [asked(1, 'a'), answered(1)],
      ],
      told: '1 a, 1 a -32005',
    },
    'an error without an id at status 400': {
      steps: [
        [asked(7, 'a'), s(reply(refusal(null, -32700, 'Parse error'), { status: '400 Bad Request' }))],
        [asked(8, 'a'), answered(8)],
      ],
      told: '1 a, 1 a -32700',
    },
    'a redirect': {
      steps: [
        asked(1, 'a'),
        s(bare('308 Permanent Redirect', 'Location: /rpc/\r\nContent-Length: 0\r\n')),
        [asked(1, 'a'), answered(1)],
      ],
      told: '1 a, 1 a 308',
    },
    'aria2: status 400, and the error in the body': {
      steps: [
        [
          c(post(ask('qwer', 'aria2.addUri'))),
          s(
            reply(
              { id: 'qwer', jsonrpc: '2.0', result: '2089b05ecca3d829' },
              { type: 'application/json-rpc' },
            ),
          ),
        ],
        [
          c(post(ask('qwer', 'aria2.remove'))),
          s(
            reply(
              { id: 'qwer', jsonrpc: '2.0', error: { code: 1, message: 'GID is not found' } },
              { status: '400 Bad Request' },
            ),
          ),
        ],
      ],
      told: '1 aria2.addUri, 1 aria2.remove 1',
    },
    'a client that always says 1, pipelined, its calls refused and answered in turn': {
      steps: [
        times(4, (i) => asked(1, `m${i}`)),
        answered(1, long(900)),
        proxyError('503 Service Unavailable'),
        s(reply(refusal(1, -32601))),
        answered(1),
      ],
      told: '1 m0, 1 m1 503, 1 m2 -32601, 1 m3, [? not_a_message]',
      ms: [40, 40, 40, 40],
    },
    'a request that is refused before it has been sent': {
      steps: [
        c(post(ask(1, 'upload', [long(2000)])).subarray(0, 1000)),
        s(reply('too large', { status: '413 Payload Too Large', type: 'text/plain' })),
        c(post(ask(1, 'upload', [long(2000)])).subarray(1000)),
        [asked(1, 'a'), answered(1)],
      ],
      told: '1 upload 413, 1 a, [? not_a_message]',
    },
    'curl: the server says 100 first': {
      steps: [
        c(post(ask(1, 'upload', [long(2000)]), { headers: 'Expect: 100-continue\r\n' })),
        s(bare('100 Continue')),
        answered(1),
        c(post(ask(1, 'b'))),
        s(bare('103 Early Hints', 'Link: </a>; rel=preload\r\n')),
        answered(1),
      ],
      told: '1 upload, 1 b',
      ms: [20, 20],
    },
    'HEAD with the length of what is not sent, between two calls': {
      steps: [
        [asked(1, 'a'), answered(1)],
        [
          c('HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n'),
          s(bare('200 OK', 'Content-Type: application/json\r\nContent-Length: 120\r\n')),
        ],
        times(2, () => [asked(1, 'b'), answered(1, long(700))]),
      ],
      told: '1 a, 2 b',
    },
    'HEAD pipelined with calls': {
      steps: [
        c(
          Buffer.concat([
            Buffer.from('HEAD / HTTP/1.1\r\nHost: x\r\n\r\n'),
            post(ask(1, 'a')),
            post(ask(1, 'b')),
          ]),
        ),
        s(
          Buffer.concat([
            Buffer.from(bare('200 OK', 'Content-Length: 50\r\n')),
            reply(answer(1, 0)),
            reply(refusal(1, -32000)),
          ]),
        ),
      ],
      told: '1 a, 1 b -32000',
    },
    'HEAD, and nothing behind it': {
      steps: [
        [asked(1, 'a'), answered(1)],
        [c('HEAD / HTTP/1.1\r\nHost: x\r\n\r\n'), s(bare('200 OK', 'Content-Length: 50\r\n'))],
      ],
      told: '1 a',
    },
    'a page that has not changed, with the length that it has': {
      steps: [
        [c(get('/x', 'If-None-Match: "a"\r\n')), s(bare('304 Not Modified', 'Content-Length: 500\r\n'))],
        [asked(1, 'a'), answered(1)],
      ],
      told: '1 a',
    },
    'two pipelined calls, and a server that closes behind the first': {
      steps: [
        c(Buffer.concat([post(ask(1, 'a')), post(ask(2, 'b'))])),
        s(reply('bad', { status: '400 Bad Request', headers: 'Connection: close\r\n', type: 'text/plain' })),
      ],
      told: '1 a 400, 1 b no_response, [? not_a_message]',
    },
    'a server that says that it waited too long for the next call': {
      steps: [
        [asked(1, 'a'), answered(1)],
        s(
          reply('timeout', {
            status: '408 Request Timeout',
            headers: 'Connection: close\r\n',
            type: 'text/plain',
          }),
        ),
      ],
      told: '1 a, [? not_a_message], [? unmatched]',
    },
    'answers whose ids are not those of their calls: 0 for every error, text for numbers': {
      steps: [
        [asked(5, 'a'), s(reply(refusal(0, -32700)))],
        [asked(4294967296, 'b'), s(reply(answer('4294967296', 1)))],
        [asked(7, 'c'), answered(7)],
      ],
      told: '1 a -32700, 1 b, 1 c',
    },
    'HTTP/1.0: a refusal that ends with the connection': {
      steps: [
        c('POST / HTTP/1.0\r\nContent-Length: 33\r\n\r\n{"id":1,"method":"a","params":[]}'),
        s('HTTP/1.0 503 Busy\r\n\r\nbusy'),
      ],
      told: '1 a 503, [? not_a_message]',
      ms: [20],
      isLate: true,
    },
    'two hundred pipelined calls with one id': {
      steps: [
        times(200, (i) => asked(1, `m${i % 2}`)),
        times(200, (i) => s(reply(i % 2 === 0 ? answer(1, i) : refusal(1, -1)))),
      ],
      told: '100 m0, 100 m1 -1',
      ms: Array.from({ length: 200 }, () => 2000),
    },
    'a record is lost with an answer in it': {
      steps: [asked(1, 'a'), loss, [asked(1, 'b'), answered(1)], [asked(1, 'c'), s(reply(refusal(1, -1)))]],
      told: '1 a unknown, 1 b, 1 c -1',
    },
  });
});
