import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { conversations } from './support/conversation.js';
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
  post,
  refusal,
  reply,
  s,
  times,
} from './support/steps.js';

const asked = (id: unknown, method: string, params: unknown = []) => c(post(ask(id, method, params)));
const answered = (id: unknown, result: unknown = 1) => s(reply(answer(id, result)));
const HTML = { type: 'text/html' };

const gzip = (value: unknown) => gzipSync(json(value));
const encoded = (coding: string) => ({ headers: `Content-Encoding: ${coding}\r\n` });

describe('what bodies of HTTP hold', () => {
  conversations({
    'Transfer-Encoding: identity': {
      steps: times(3, () => [
        asked(1, 'a'),
        s(reply(answer(1, long(900)), { headers: 'Transfer-Encoding: identity\r\n' })),
      ]),
      told: '3 a',
    },
    'chunks of 200 bytes, the id in the last one, or cut in two': {
      steps: times(6, (i) => [
        asked(i, 'a'),
        s(chunked({ jsonrpc: '2.0', result: long(960 + 6 * i), id: i })),
      ]),
      told: '6 a',
    },
    'chunks with extensions and a trailer': {
      steps: times(2, (i) => [
        asked(i, 'a'),
        s(
          `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n24;a=b\r\n{"jsonrpc":"2.0","id":${i},"result":1}\r\n0\r\nX-Sum: 5\r\n\r\n`,
        ),
      ]),
      told: '2 a',
    },
    'Node: the last chunk is written by itself': {
      steps: times(3, (i) => {
        const whole = chunked({ jsonrpc: '2.0', result: long(3000), id: i }, { size: 4000 });
        return [asked(i, 'a'), s(whole.subarray(0, whole.length - 5), whole.subarray(whole.length - 5))];
      }),
      told: '3 a',
    },
    'gzip, deflate and br, and calls in plain text behind them': {
      steps: [
        [asked(1, 'a'), s(reply(gzip(answer(1, long(5000))), encoded('gzip')))],
        [asked(1, 'a'), s(chunked(deflateSync(json(answer(1, long(90)))), encoded('deflate')))],
        [asked(1, 'a'), s(reply(brotliCompressSync(json(answer(1, long(5000)))), encoded('br')))],
        [asked(1, 'b'), answered(1)],
      ],
      told: '3 a, 1 b, [3 encoded]',
    },
    'gzip of a refusal': {
      steps: [
        [
          asked(1, 'a'),
          s(reply(gzip({ error: 'busy' }), { ...encoded('gzip'), status: '503 Service Unavailable' })),
        ],
        [asked(1, 'b'), answered(1)],
      ],
      told: '1 a 503, 1 b, [1 encoded]',
    },
    'gzip of the answer to a batch': {
      steps: [
        [c(post([ask(1, 'a'), ask(2, 'b')])), s(reply(gzip([answer(1, 1), answer(2, 2)]), encoded('gzip')))],
        [asked(1, 'c'), answered(1)],
      ],
      told: '1 a, 1 b, 1 c, [1 encoded]',
    },
    'a call that is answered by 200 and nothing': {
      steps: [
        [asked(1, 'a'), s(bare('200 OK', 'Content-Length: 0\r\n'))],
        [asked(1, 'b'), answered(1)],
      ],
      told: '1 a unknown, 1 b',
    },
    'a call that is answered by a page': {
      steps: [
        [asked(1, 'a'), s(reply('<html>hello</html>', HTML))],
        [asked(1, 'b'), answered(1)],
      ],
      told: '1 a unknown, 1 b, [? not_a_message]',
    },
    'an answer without a length, up to the end of the connection': {
      steps: [
        asked(1, 'a'),
        s(`HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n${json(answer(1, long(900)))}`),
      ],
      told: '1 a',
      ms: [20],
      isLate: true,
    },
    'a byte order mark before each body': {
      steps: times(2, (i) => [
        c(post(`\ufeff${json(ask(i, 'a'))}`)),
        s(reply(`\ufeff${json(answer(i, long(i * 900)))}`)),
      ]),
      told: '2 a',
    },
    'PHP: a warning before the JSON': {
      steps: [
        [asked(1, 'a'), s(reply(`<br />\n<b>Warning</b>: x in y\n${json(answer(1, 1))}`))],
        [asked(1, 'b'), answered(1)],
      ],
      told: '1 a unknown, 1 b, [1 not_a_message]',
    },
    'viem: batches of which answers come in another order': {
      steps: [
        c(
          post(
            Array.from({ length: 20 }, (_, i) =>
              ask(i, i % 2 === 0 ? 'eth_call' : 'eth_getCode', [long(80)]),
            ),
          ),
        ),
        s(
          reply(
            Array.from({ length: 20 }, (_, i) =>
              i === 3 ? refusal(19 - i, -32000) : answer(19 - i, long(90)),
            ),
          ),
        ),
      ],
      told: '9 eth_call, 1 eth_call -32000, 10 eth_getCode',
    },
    'a batch of which the server answers one call only': {
      steps: [c(post([ask(1, 'a'), ask(2, 'b')])), s(reply([answer(1, 1)])), [asked(1, 'c'), answered(1)]],
      told: '1 a, 1 b unknown, 1 c',
    },
    'a batch that is answered by one error without an id': {
      steps: [
        c(post([ask(1, 'a'), ask(2, 'b')])),
        s(reply(refusal(null, -32600, 'batch too large'))),
        [asked(1, 'c'), answered(1)],
      ],
      told: '1 a -32600, 1 b -32600, 1 c',
    },
    'a batch of notifications': {
      steps: [c(post([note('a'), note('b')])), s(bare('204 No Content')), [asked(1, 'c'), answered(1)]],
      told: '1 a noted, 1 b noted, 1 c',
    },
    'checks of health between calls': {
      steps: times(3, () => [
        [c(get('/healthz')), s(reply('ok', { type: 'text/plain' }))],
        [asked(1, 'a'), answered(1)],
      ]),
      told: '3 a, [? not_a_message]',
    },
    'a client that leaves before the answer': {
      steps: [[asked(1, 'a'), answered(1)], asked(1, 'b')],
      told: '1 a, 1 b no_response',
    },
    'a server that leaves in the middle of an answer': {
      steps: [asked(1, 'a'), s(reply(answer(1, long(3000))).subarray(0, 1500))],
      isLate: true,
    },
    'a record is lost between two calls with the same id': {
      steps: [asked(1, 'a'), loss, answered(1), times(2, () => [asked(1, 'b'), answered(1)])],
    },
    'gzip in chunks, by either header': {
      steps: [
        [asked(1, 'a'), s(chunked(gzip(answer(1, long(900))), { ...encoded('gzip'), size: 10 }))],
        [
          asked(1, 'a'),
          s(
            'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
            chunk(gzip(answer(1, 1))),
            '0\r\n\r\n',
          ),
        ],
        [asked(1, 'b'), answered(1)],
      ],
      told: '2 a, 1 b, [2 encoded]',
    },
    'a request in gzip is not understood, and neither is what answers it': {
      steps: [
        [c(post(gzip(ask(1, 'a')), encoded('gzip'))), answered(1)],
        [asked(1, 'b'), answered(1)],
      ],
      told: '1 b, [1 encoded], [1 unmatched]',
    },
    'equal ids within a batch': {
      steps: [
        [c(post([ask(1, 'a'), ask(1, 'b')])), s(reply([answer(1, 1), refusal(1, -3)]))],
        [asked(1, 'c'), answered(1)],
      ],
      told: '1 a, 1 b -3, 1 c',
    },
    'the id lies between two long members': {
      steps: [
        [asked(1, 'a'), s(reply({ jsonrpc: '2.0', result: long(900), id: 1, x: long(900) }))],
        [
          asked(1, 'b'),
          s(reply({ error: { code: -4, message: long(900) }, jsonrpc: '2.0', id: 1, x: long(900) })),
        ],
      ],
      told: '1 a, 1 b -4',
    },
  });
});
