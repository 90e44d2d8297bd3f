import assert from 'node:assert/strict';
import { UNFRAMED } from '../../../src/protocols/framing/framer.js';
import { Meter } from '../../../src/protocols/framing/meter.js';
import { unwrapTail } from '../../../src/protocols/http/body-data.js';
import { HEADERS, JsonRpcFramer } from '../../../src/protocols/jsonrpc/framing/framer.js';
import { frame, splits, withRoom } from '../jsonrpc/framing/frame.js';

const OK = 'HTTP/1.1 200 OK\r\n';
const EVENTS = `${OK}Content-Type: text/event-stream\r\n`;
const IN_CHUNKS = `${EVENTS}Transfer-Encoding: chunked\r\n\r\n`;
const NEXT = [`${OK}Content-Length: 2\r\n\r\n`, '{}'];

const cases: { title: string; units: string[] }[] = [
  {
    title: 'a body with the coding identity',
    units: [`${OK}Transfer-Encoding: Identity\r\nContent-Length: 2\r\n\r\n`, '{}'],
  },
  {
    title: 'a body with chunks and other codings',
    units: [`${OK}Transfer-Encoding: identity , gzip,chunked\r\n\r\n`, '2;a="\r\n{}\r\n00\r\nX: y\r\n\r\n'],
  },
  {
    title: 'a type that only begins like that of events',
    units: [`${OK}Content-Type: text/event-streams\r\nContent-Length: 4\r\n\r\n`, 'a\n\nb'],
  },
  {
    title: 'a request that has the type of events',
    units: ['POST / HTTP/1.1\r\nContent-Type: text/event-stream\r\nContent-Length: 4\r\n\r\n', 'a\n\nb'],
  },
  {
    title: 'events in a body with a length',
    units: [`${EVENTS}Content-Length: 13\r\n\r\n`, 'a\n\n', 'bb\r\r', 'c\r\n\r\n', 'd'],
  },
  {
    title: 'events in chunks of their own',
    units: [IN_CHUNKS, '3\r\na\n\n', '\r\n3\r\nb\n\n', '\r\n0\r\n\r\n'],
  },
  {
    title: 'several events in a chunk',
    units: [IN_CHUNKS, '9\r\na\n\n', 'bb\r\n\r\n', '\r\n0\r\n\r\n'],
  },
  {
    title: 'events across chunks',
    units: [IN_CHUNKS, '2\r\na\n\r\n1\r\n\n', '\r\n5;x\r\nb\r\n\r\n', '\r\n2\r\nc\n\r\n0\r\nT: x\r\n\r\n'],
  },
];

describe('JsonRpcFramer, of HTTP,', () => {
  for (const { title, units } of cases) {
    it(`finds ${title}, however they are cut`, () => {
      const all = [...units, ...NEXT];
      const text = all.join('');
      for (const pieces of [[Buffer.from(text)], ...splits(text)]) {
        const { units: found, framing, rest } = frame(pieces);
        assert.deepEqual(
          found.map((unit) => unit.trim()),
          all.map((unit) => unit.trim()),
        );
        assert.deepEqual([framing, rest], [HEADERS, '']);
      }
    });
  }

  it('is between two events as long as only empty lines and the framing of chunks have come', () => {
    const framer = new JsonRpcFramer();
    frame([IN_CHUNKS], framer);
    for (const blank of ['5', '\r\n', '\n', '\r', '\n']) {
      frame([blank], framer);
      assert.equal(framer.isBetween, true, JSON.stringify(blank));
    }
    frame(['a'], framer);
    assert.equal(framer.isBetween, false);
  });

  it('is UNFRAMED by a chunk that begins like a response and is none, however it is cut', () => {
    for (const block of [`${OK}Transfer-Encoding: chunked\r\n\r\n`, IN_CHUNKS]) {
      const text = `${block}H9\r\n{}`;
      for (const pieces of [[text], ...splits(text)]) assert.equal(frame(pieces).framing, UNFRAMED);
    }
  });

  it('goes on behind the mark of a unit that it has found the end of', () => {
    for (const [block, body] of [NEXT, [IN_CHUNKS, '3\r\na\n\n'], [IN_CHUNKS, '1\r\na\r\n0\r\n\r\n']]) {
      const framer = new JsonRpcFramer();
      frame([block, body], framer);
      framer.skip(0, true);
      assert.equal(framer.framing, HEADERS);
      assert.equal(framer.isBetween, true);
    }
  });

  it('looks at a long event as fast as at a long line', () => {
    const framer = new JsonRpcFramer();
    frame([`${EVENTS}\r\n`], framer);
    const bytes = withRoom(`data: ${'x'.repeat(4 * 2 ** 20)}\n\n`);
    const startMs = performance.now();
    assert.equal(framer.next(bytes, 0, bytes.length - 1), bytes.length - 1);
    assert.ok(performance.now() - startMs < 100);
  });
});

describe('what it takes to find events', () => {
  const BYTES = 2 ** 16;

  /** Steps for each byte of events that all come at once. */
  function stepsOf(text: string, before = `${EVENTS}\r\n`): number {
    const meter = new Meter();
    const framer = new JsonRpcFramer(meter);
    frame([before], framer);
    frame([text.repeat(BYTES / text.length)], framer);
    return meter.steps / BYTES;
  }

  it('does not grow with the number of events in a piece, however their lines end', () => {
    for (const text of ['x\n\n\n', 'x\r\r\r', 'x\r', 'x\n', 'x\r\n\n'])
      assert.ok(stepsOf(text) < 50, JSON.stringify(text));
  });

  it('is counted for empty lines, too, and for blanks where a line goes on', () => {
    for (const text of ['\n', '\r']) assert.ok(stepsOf(text) >= 1, JSON.stringify(text));
    assert.ok(stepsOf(' ', '{}\n{"a":') >= 1);
  });
});

describe('unwrapTail', () => {
  const unwrap = (text: string) => {
    const bytes = Buffer.from(text);
    return bytes.toString('utf8', 0, unwrapTail(bytes, bytes.length));
  };

  it('takes out what frames chunks, wherever the tail begins', () => {
    assert.equal(unwrap('"id":61}\r\n0\r\n\r\n'), '"id":61}');
    assert.equal(unwrap('"i\r\nA;x=y\r\nd":6\r\n2\r\n1}\r\n0\r\nX: y\r\n\r\n'), '"id":61}');
    assert.equal(unwrap('\n1f\r\n,"id":1}\r\n0\r\n\r\n'), ',"id":1}');
    assert.equal(unwrap('3\r\né}\r\n000\r\n\r\n'), 'é}');
  });

  it('leaves alone what frames none', () => {
    for (const text of ['', '"id":1}', '{\r\n  "id": 1\r\n}\r\n', '"a\\r\\n1\\r\\n"}'])
      assert.equal(unwrap(text), text);
  });
});
