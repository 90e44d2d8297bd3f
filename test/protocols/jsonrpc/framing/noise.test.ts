import assert from 'node:assert/strict';
import { UNDECIDED, UNFRAMED } from '../../../../src/protocols/framing/framer.js';
import {
  HEADERS,
  JSON_TEXTS,
  JsonRpcFramer,
  LINES,
} from '../../../../src/protocols/jsonrpc/framing/framer.js';
import { frame, splits } from './frame.js';

/** As servers of MCP, language servers and their runtimes print them. */
const banners = [
  'STDIO MCP Server started\n',
  '[info] loaded 3 tools\r\n',
  '[2024-01-01 12:00:00] INFO {started}\n',
  '\u001b[32m✓ ready\u001b[0m\n',
  '{ debug }\n',
  '[debug] {\n',
  'GET ready for start\n',
  'HTTP/1.1 is not spoken here\n',
  'Content-Length is missing\n',
  'Content-Length: none\n',
  '42\n',
  '"text"\n',
  'EHLO there\r\n',
];

const framings: [string, string[], number][] = [
  ['lines', ['{"a":1}\n', '{"b":2}\n'], LINES],
  ['texts', ['{"a":1}', '{"b":2}'], JSON_TEXTS],
  ['pretty texts', ['{\n  "a": 1\n}', '[\n  {\n  "b": 2\n}\n]'], JSON_TEXTS],
  ['header blocks', ['Content-Length: 2\r\n\r\n', '{}', 'Content-Length: 0\r\n\r\n'], HEADERS],
];

const trimmed = (units: readonly string[]) => units.map((unit) => unit.trimEnd());
const latin1 = (text: string) => Buffer.from(text).toString('latin1');

describe('JsonRpcFramer with noise', () => {
  for (const [name, units, framing] of framings) {
    it(`finds ${name} behind it and between them, however they are cut`, () => {
      for (const banner of banners) {
        // A text may end where a line of noise begins.
        const between = framing === HEADERS ? units.length - 1 : 1;
        const all = [banner, ...units.slice(0, between), banner, banner, ...units.slice(between)];
        const text = all.join('');
        for (const pieces of [[Buffer.from(text)], ...splits(text)]) {
          const framed = frame(pieces);
          assert.deepEqual(trimmed(framed.units), trimmed(all.map(latin1)));
          assert.deepEqual(trimmed(framed.noise), trimmed(Array(3).fill(latin1(banner))));
          assert.equal(framed.framing, framing);
        }
      }
    });
  }

  it('is not UNFRAMED by any amount of it once messages are known', () => {
    for (const [, units, framing] of framings) {
      const framed = frame([units.join(''), 'log\n'.repeat(10_000), units.join('')]);
      assert.equal(framed.framing, framing);
      assert.equal(framed.units.length, 10_000 + 2 * units.length);
    }
  });

  it('is UNFRAMED by more of it than a banner has', () => {
    assert.equal(frame(['line\n'.repeat(32)]).framing, UNDECIDED);
    assert.equal(frame(['line\n'.repeat(33)]).framing, UNFRAMED);
    assert.equal(frame(['x'.repeat(16 * 1024)]).framing, UNDECIDED);
    assert.equal(frame(['x'.repeat(16 * 1024), 'x']).framing, UNFRAMED);
    assert.equal(frame(['line\n', 'x'.repeat(16 * 1024)]).framing, UNFRAMED);
  });

  it('ends among texts where one may begin, once it is longer than a line, however it is cut', () => {
    const noise = `x{"z":1}${'x'.repeat(20_000)}`;
    const all = ['{}', '{}', noise, '{"a":1}', '{"b":1}'];
    const text = all.join('');
    for (const size of [text.length, 10_000, 999, 7]) {
      const pieces = text.match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
      const framed = frame([...pieces]);
      assert.deepEqual(framed.units, all);
      assert.deepEqual(framed.noise, [noise]);
    }
  });

  it('counts what is missing of it', () => {
    for (const [, units] of framings) {
      for (const before of ['', ...units.slice(-1)]) {
        const framer = new JsonRpcFramer();
        frame(before === '' ? [] : [...units.slice(0, -1), before], framer);
        frame(['[info] a long '], framer);
        framer.skip(100, true);
        assert.deepEqual(trimmed(frame([units.join('')], framer).units), trimmed(units));
      }
    }
  });
});

describe('JsonRpcFramer with another protocol', () => {
  const strangers: [string, string][] = [
    ['PostgreSQL', '\0\0\0\x08\x04\xd2\x16\x2f'],
    ['HTTP/2, as clients of gRPC begin', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\x04\0\0\0\0\0'],
    ['HTTP/2, as servers begin', '\0\0\x06\x04\0\0\0\0\0\0\x05\0\0\x40\0'],
    ['Redis', '*1\r\n$4\r\nPING\r\n'],
    ['D-Bus', '\0AUTH EXTERNAL 31303030\r\n'],
    ['MySQL', 'J\0\0\0\x0a8.0.36\0'],
    ['TLS', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'],
    ['ssh-agent', '\0\0\0\x01\x0b'],
    ['X11', 'l\0\x0b\0\0\0'],
    ['Neovim', '\x94\0\x01\xb3nvim_get_api_info\x90'],
    ['Wayland', '\x01\0\0\0\x01\0\x0c\0'],
  ];
  for (const [name, opening] of strangers) {
    it(`is UNFRAMED by the first bytes of ${name}, however they are cut`, () => {
      const bytes = Buffer.from(opening, 'latin1');
      for (const pieces of [[bytes], ...splits(bytes)]) {
        const framed = frame(pieces);
        assert.equal(framed.framing, UNFRAMED);
        assert.deepEqual(framed.noise, []);
      }
    });
  }
});

describe('JsonRpcFramer with header blocks', () => {
  it('is UNFRAMED by binary bytes behind one, however they are cut', () => {
    const stream = 'Content-Length: 2\r\n\r\n{}\0\nGET';
    for (const pieces of [[stream], ...splits(stream)]) assert.equal(frame(pieces).framing, UNFRAMED);
  });
});

describe('JsonRpcFramer with a stream that changes', () => {
  const LSP = 'Content-Length: 10\r\n\r\n';
  const streams: [string, string[], number][] = [
    [
      'header blocks behind lines that a server logs as JSON',
      ['{"level":"info"}\n', LSP, '{"id":  1}'],
      HEADERS,
    ],
    ['header blocks behind pretty texts', ['{\n"level":"info"\n}\n', LSP, '{"id":  1}'], HEADERS],
    [
      'lines behind one that says a length, as a program under development does',
      ['{"id":1}\n', 'Content-Length: 9\n', '{"id":2}\n', '{"id":3}\n'],
      LINES,
    ],
    [
      'lines behind ones that are no block',
      [
        '{"id":1}\n',
        'Content-Type: a\n\n',
        '{"id":2}\n',
        'Content-Length: 1\nContent-Length: x\n',
        '{"id":3}\n',
      ],
      LINES,
    ],
    [
      'messages behind one whose length was counted in characters',
      [LSP, '{"id":  1}', LSP, '{"a":"ää', '"}Content-Length: 10\r\n', '{"id":  2}', LSP, '{"id":  3}'],
      HEADERS,
    ],
  ];
  for (const [name, units, framing] of streams) {
    it(`finds ${name}, however they are cut`, () => {
      const text = units.join('');
      for (const pieces of [[Buffer.from(text)], ...splits(text)]) {
        const framed = frame(pieces);
        assert.deepEqual(trimmed(framed.units), trimmed(units.map(latin1)));
        assert.equal(framed.framing, framing);
      }
    });
  }

  it('is UNFRAMED by what is no block behind HTTP, as behind an upgrade that only the other direction tells', () => {
    for (const line of ['ls -l\n', 'get / HTTP/1.1\r\n\r\n', '\x82\x01a']) {
      const { framing, noise } = frame(['GET / HTTP/1.1\r\nUpgrade: tcp\r\n\r\n', line]);
      assert.deepEqual([framing, noise], [UNFRAMED, []]);
    }
  });

  it('does not take texts behind HTTP for messages, which would answer nothing', () => {
    const { framing, noise } = frame(['HTTP/1.1 204 No Content\r\n\r\n{"id":1}\n']);
    assert.deepEqual([framing, noise], [UNFRAMED, []]);
  });

  it('sees a carriage return that came before as the one it is', () => {
    for (const pieces of [['{}\r\r\n{}'], ['{}\r', '\r\n{}'], ['{}', '\r\r\n{}']])
      assert.equal(frame(pieces).framing, JSON_TEXTS);
    for (const pieces of [['{}\r\n{}'], ['{}\r', '\n{}'], ['{}', '\r\n{}'], ['{}', '\r', '\n{}']])
      assert.equal(frame(pieces).framing, LINES);
  });
});

describe('JsonRpcFramer with broken texts', () => {
  const broken = [
    '{"a":1',
    '{"a":"b',
    '{"a":',
    '{',
    '[{"a":1},',
    '{"a":{"b":1}',
    '{"a" "b"}',
    '{"a":1}}',
    '{"a":1} x',
  ];

  it('finds the next line but one, or the next', () => {
    for (const text of broken) {
      const stream = `{}\n${text}\n{"n":1}\n{"n":2}\n{"n":3}\n`;
      for (const pieces of [[stream], [...stream.split(/(?<=\n)/)]]) {
        assert.deepEqual(trimmed(frame(pieces).units).slice(-2), ['{"n":2}', '{"n":3}'], text);
      }
    }
  });

  it('finds the next texts that begin a line', () => {
    for (const text of broken) {
      const framed = frame([`{}{}${text}\n{"n":1}\n{"n":2}\n{"n":3}`]);
      assert.deepEqual(trimmed(framed.units).slice(-2), ['{"n":2}', '{"n":3}'], text);
    }
  });
});
