import assert from 'node:assert/strict';
import { BODY, HEADER_BLOCK, UNFRAMED } from '../../../../src/protocols/framing/framer.js';
import {
  HEADERS,
  JSON_TEXTS,
  JsonRpcFramer,
  LINES,
} from '../../../../src/protocols/jsonrpc/framing/framer.js';
import { frame, splits, withRoom } from './frame.js';

interface Case {
  title: string;
  units: string[];
  framing: number;
}

const chunked = '4\r\n{"a"\r\n3;x=y\r\n:1}\r\n0\r\nTrailer: 1\r\n\r\n';
const ok = 'HTTP/1.1 200 OK\r\n';

const cases: Case[] = [
  { title: 'lines', units: ['{"a":1}\n', '{"b":"}\\""}\r\n', '[1]\n'], framing: LINES },
  {
    title: 'lines that are no JSON',
    units: ['{"a":1}\n', 'hello\n', '[debug] {\n', '[1]\n'],
    framing: LINES,
  },
  {
    title: 'long lines with closing brackets before opening ones in strings',
    units: ['{"a":1}\n', `{"a":"${'x'.repeat(200)}}{}[{}[]}[ { ]{","b":["}{","}[{"]}\n`, '{"a":1}\n'],
    framing: LINES,
  },
  { title: 'texts without space', units: ['{"a":1}', '{"b":2}', '[{"c":[{}]}]', '{}'], framing: JSON_TEXTS },
  { title: 'texts over several lines', units: ['{\n"a":1\n}', '{\n"b":2}', '{}'], framing: JSON_TEXTS },
  { title: 'texts with brackets in strings', units: ['{"}":"[{\\"}"}', '{"\\\\":"]"}'], framing: JSON_TEXTS },
  {
    title: 'the framing of LSP',
    units: [
      'Content-Length: 2\r\n\r\n',
      '{}',
      'content-type: x\r\nCONTENT-LENGTH:3 \r\n\r\n',
      '[1]',
      'Content-Length: 1\n\n',
      '1',
    ],
    framing: HEADERS,
  },
  {
    title: 'requests',
    units: ['POST /a b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n', '{}', 'GET / HTTP/1.0\r\n\r\n'],
    framing: HEADERS,
  },
  {
    title: 'chunked bodies',
    units: [
      `${ok}Transfer-Encoding: gzip, Chunked\r\nContent-Length: 5\r\n\r\n`,
      chunked,
      `${ok}Content-Length: 0\r\n\r\n`,
    ],
    framing: HEADERS,
  },
  {
    title: 'responses that have no body',
    units: [
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.1 204 \r\n\r\n',
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n',
      `${ok}Content-Length: 2\r\n\r\n`,
      'HT',
      'HTTP/1.1 204\r\n\r\n',
    ],
    framing: HEADERS,
  },
  {
    title: 'responses to HEAD',
    units: [
      `${ok}Content-Length: 99\r\n\r\n`,
      `${ok}Transfer-Encoding: chunked\r\n\r\n`,
      `${ok}\r\n`,
      'HTTP/1.1 204 x\r\n\r\n',
    ],
    framing: HEADERS,
  },
];

const TIMES = 2000;
/** For the compiler to have compiled. */
const PATIENCE_MS = 5000;
const ROUNDS_MAX = 500;

function grownBytes(work: () => void): number {
  const before = process.memoryUsage().heapUsed;
  work();
  return process.memoryUsage().heapUsed - before;
}

/**
 * Whether so little is allocated each time in one round, which is so only once the code is compiled: that is done by threads
 * beside this one, which may have to wait for a processor.
 */
function soon(bytesEach: () => number, patienceMs: number): boolean {
  const deadlineMs = performance.now() + patienceMs;
  for (let round = 0; round < ROUNDS_MAX || performance.now() < deadlineMs; round++) {
    const bytes = bytesEach();
    // Less than before means that the collector has been there.
    if (bytes >= 0 && bytes < 2) return true;
  }
  return false;
}

describe('JsonRpcFramer', () => {
  for (const { title, units, framing } of cases) {
    it(`finds ${title}, however they are cut`, () => {
      const text = units.join('');
      const whole = frame([text]);
      assert.deepEqual(
        { ...whole, kinds: [], noise: [] },
        { framing, units, kinds: [], noise: [], rest: '' },
      );
      for (const pieces of splits(text)) {
        const framed = frame(pieces);
        // The end of the first line may come after the line has been found to end.
        assert.deepEqual(
          framed.units.map((unit) => unit.trimEnd()),
          units.map((unit) => unit.trimEnd()),
        );
        assert.equal(framed.framing, framing);
      }
    });

    it(`finds ${title} behind blanks and a byte order mark`, () => {
      const { units: found } = frame([Buffer.from(`\ufeff \r\n\t${units.join('')}`)]);
      assert.equal(found.length, units.length);
    });
  }

  it('tells header blocks from bodies', () => {
    const framer = new JsonRpcFramer();
    const bytes = withRoom('Content-Length: 2\r\n\r\n{}');
    const end = framer.next(bytes, 0, bytes.length - 1);
    assert.equal(framer.kind, BODY);
    assert.equal(framer.next(bytes, end, bytes.length - 1), bytes.length - 1);
    assert.equal(framer.kind, HEADER_BLOCK);
    assert.equal(framer.isBetween, true);
  });

  it('is between two units as long as there are only blanks', () => {
    for (const before of ['', '{}\n', '{}', 'Content-Length: 1\r\n\r\n1']) {
      const framer = new JsonRpcFramer();
      frame([before], framer);
      for (const blank of [' ', '\r', '\n']) {
        frame([blank], framer);
        assert.equal(framer.isBetween, true, JSON.stringify(before));
      }
    }
  });

  it('lets a response without a length go on to the end of the stream', () => {
    const { units, rest, framing } = frame([`${ok}\r\nHTTP/2 {"a":1}\n`, 'GET / HTTP/1.1\r\n\r\n']);
    assert.deepEqual(units, [`${ok}\r\n`]);
    assert.equal(rest, 'HTTP/2 {"a":1}\nGET / HTTP/1.1\r\n\r\n');
    assert.equal(framing, HEADERS);
  });

  const unframed: [string, string][] = [
    ['binary', '\x00\x01\x02'],
    ['another version', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n{}'],
    ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\n\r\n{}'],
    ['a negative length', 'GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n{}'],
    ['a length that is no number', 'GET / HTTP/1.1\r\nContent-Length: 1 2\r\n\r\n{}'],
    ['no length', 'GET / HTTP/1.1\r\nContent-Length:\r\n\r\n{}'],
    ['an unsafe length', 'GET / HTTP/1.1\r\nContent-Length: 9007199254740993\r\n\r\n{}'],
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    ['no length in LSP', 'Content-Type: x\r\n\r\n{}'],
    ['an unknown coding of a request', 'POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n{}'],
    ['a chunk without a size', `${ok}Transfer-Encoding: chunked\r\n\r\n\r\n`],
    ['an endless chunk size', `${ok}Transfer-Encoding: chunked\r\n\r\n${'0'.repeat(99)}`],
    ['an endless chunk extension', `${ok}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(70_000)}`],
    ['endless headers', `GET / HTTP/1.1\r\n${'X-A: b\r\n'.repeat(10_000)}`],
    ['an endless request line', `GET ${'x'.repeat(70_000)}`],
  ];
  for (const [what, text] of unframed) {
    it(`takes ${what} for unframed`, () => {
      const framer = new JsonRpcFramer();
      assert.equal(frame([text], framer).framing, UNFRAMED);
      assert.deepEqual(frame(['{}\n{}'], framer).units, ['{}\n{}'], 'units end where pieces do');
      framer.lose();
      framer.skip(3, true);
      assert.equal(framer.framing, UNFRAMED);
      if (text.length < 1000)
        for (const pieces of splits(text)) assert.equal(frame(pieces).framing, UNFRAMED);
    });
  }

  it('counts down a body of 10^15 bytes', () => {
    const framer = new JsonRpcFramer();
    frame(['Content-Length: 1000000000000000\r\n\r\n', 'x'], framer);
    framer.skip(999_999_999_999_998, false);
    assert.equal(framer.isBetween, false);
    assert.deepEqual(frame(['y', 'Content-Length: 1\r\n\r\n'], framer).units, [
      'y',
      'Content-Length: 1\r\n\r\n',
    ]);
  });

  it('does not mind a million brackets', () => {
    assert.equal(frame([`{"a":${'['.repeat(1e6)}`]).rest.length, 1e6 + 5);
    assert.equal(frame([']'.repeat(1e6)]).framing, UNFRAMED);
    assert.deepEqual(frame([`{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}{}`]).units.length, 2);
  });

  it('allocates nothing', () => {
    const kept = { last: {} };
    const allocate = () => {
      for (let i = 0; i < TIMES; i++) kept.last = { i };
    };
    assert.ok(!soon(() => grownBytes(allocate) / TIMES, 0), 'what does allocate is noticed');
    const chunk = `${ok}Transfer-Encoding: chunked\r\n\r\n${chunked}`;
    const streams = ['{"a":"b"}\n'.repeat(9), '{"a":["b"]}'.repeat(9), chunk, 'Content-Length: 2\r\n\r\n{}'];
    for (const stream of streams) {
      const framer = new JsonRpcFramer();
      const bytes = withRoom(stream);
      const to = bytes.length - 1;
      const show = (times: number) => {
        for (let i = 0; i < times; i++) {
          for (let at = 0; at < to; ) at = framer.next(bytes, at, to);
          framer.skip(9, true);
        }
      };
      assert.ok(
        soon(() => grownBytes(() => show(TIMES)) / TIMES, PATIENCE_MS),
        JSON.stringify(stream.slice(0, 20)),
      );
    }
  });

  it('finds the end of long texts, with nothing behind them', () => {
    for (const inside of ['{"b":[1,{}]},'.repeat(100_000), 'x\\"'.repeat(200_000)]) {
      const text = inside.startsWith('{') ? `{"a":[${inside}1]}` : `{"a":"${inside}"}`;
      const pieces =
        Buffer.from(`${text}${text}{}`)
          .toString('latin1')
          .match(/.{1,65536}/g) ?? [];
      assert.deepEqual(
        frame(pieces).units.map(({ length }) => length),
        [text.length, text.length, 2],
      );
    }
  });
});
