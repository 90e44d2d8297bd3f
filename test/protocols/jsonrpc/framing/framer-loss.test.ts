import assert from 'node:assert/strict';
import { BODY, UNDECIDED, UNFINISHED } from '../../../../src/protocols/framing/framer.js';
import {
  HEADERS,
  JSON_TEXTS,
  JsonRpcFramer,
  LINES,
} from '../../../../src/protocols/jsonrpc/framing/framer.js';
import { frame, withRoom } from './frame.js';

const ok = 'HTTP/1.1 200 OK\r\n';

describe('JsonRpcFramer with bytes missing', () => {
  function missing(before: string, count: number, endsUnit: boolean): JsonRpcFramer {
    const framer = new JsonRpcFramer();
    frame([before], framer);
    framer.skip(count, endsUnit);
    return framer;
  }

  for (const before of [
    '{}\n{"a',
    '{}{"a',
    'Content-Length: 9\r\n\r\n{"a',
    `${ok}Transfer-Encoding: chunked\r\n\r\n3`,
  ]) {
    it(`expects a unit when they end the one in ${JSON.stringify(before)}`, () => {
      const framer = missing(before, 5, true);
      assert.equal(framer.isBetween, true);
      const { framing } = framer;
      const next = framing === HEADERS ? 'Content-Length: 1\r\n\r\n' : '{}\n';
      assert.equal(frame([next], framer).units[0].trimEnd(), next.trimEnd());
    });
  }

  it('ends a line at the next line feed', () => {
    const framer = missing('{}\n{"a', 100, false);
    assert.equal(framer.isBetween, false);
    assert.deepEqual(frame(['}\n{}\n'], framer).units, ['}\n', '{}\n']);
  });

  it('leaves a text and a chunked body to the caller', () => {
    for (const before of ['{}{"a', `${ok}Transfer-Encoding: chunked\r\n\r\n3`]) {
      const framer = missing(before, 100, false);
      assert.deepEqual(frame(['}\n{}\n0\r\n\r\n'], framer).units, []);
      assert.equal(framer.isBetween, false);
    }
  });

  it('counts in a body with a length', () => {
    const framer = missing('Content-Length: 9\r\n\r\n{"a', 4, false);
    assert.deepEqual(frame(['}}', 'Content-Length: 1\r\n\r\n'], framer).units, [
      '}}',
      'Content-Length: 1\r\n\r\n',
    ]);
    assert.equal(missing('Content-Length: 9\r\n\r\n{"a', 6, false).isBetween, true);
  });

  it('looks for a block when more is missing than a body has', () => {
    const framer = missing('Content-Length: 9\r\n\r\n{"a', 7, false);
    assert.equal(framer.framing, UNDECIDED);
    assert.deepEqual(frame(['Content-Length: 1\r\n\r\n'], framer).units, ['Content-Length: 1\r\n\r\n']);
    assert.equal(framer.kind, BODY);
  });

  it('knows the body behind a block if the length was seen', () => {
    const framer = missing('Content-Length: 2\r\nContent-T', 20, true);
    assert.equal(framer.kind, BODY);
    assert.deepEqual(frame(['{}Content-Length: 1\r\n\r\n'], framer).units, [
      '{}',
      'Content-Length: 1\r\n\r\n',
    ]);
  });

  it('looks for a block behind a block whose length was not seen', () => {
    const framer = missing('POST / HTTP/1.1\r\nHo', 20, true);
    assert.equal(framer.framing, UNDECIDED);
    assert.deepEqual(frame(['{"a":1}', '"GET', 'POST / HTTP/1.1\r\n\r\n'], framer).units, [
      '{"a":1}',
      '"GET',
      'POST / HTTP/1.1\r\n\r\n',
    ]);
    assert.equal(framer.framing, HEADERS);
  });

  it('takes a missing end of line for one', () => {
    const framer = missing('{"a":1}', 1, true);
    assert.equal(framer.framing, LINES);
  });
});

describe('JsonRpcFramer after a loss', () => {
  function lost(before: string): JsonRpcFramer {
    const framer = new JsonRpcFramer();
    frame([before], framer);
    framer.lose();
    assert.equal(framer.framing, UNDECIDED);
    return framer;
  }

  it('continues with lines behind a line feed', () => {
    const framer = lost('{}\n{');
    assert.deepEqual(frame(['"a":"b', '"}\n{}\n'], framer).units, ['"a":"b"}\n', '{}\n']);
    assert.equal(framer.framing, LINES);
  });

  it('waits for a piece that begins like a text', () => {
    const framer = lost('{}{');
    assert.deepEqual(frame(['"a":{}}{"b":1}', '{"c":1}{}'], framer).units, [
      '"a":{}}{"b":1}',
      '{"c":1}',
      '{}',
    ]);
    assert.equal(framer.framing, JSON_TEXTS);
  });

  it('goes on looking when what began like a text was the inside of one', () => {
    const framer = lost('{}{');
    assert.deepEqual(frame(['{"b":1},"c":2}', '{"d":1}'], framer).units, ['{"b":1}', ',"c":2}', '{"d":1}']);
  });

  it('waits for a piece that begins like a block', () => {
    const framer = lost('Content-Length: 10\r\n\r\n{');
    const { units } = frame(['{"a":1}', 'Content-Nothing: 1\r\n', 'Content-Length: 2\r\n\r\n{}'], framer);
    assert.deepEqual(units.slice(-2), ['Content-Length: 2\r\n\r\n', '{}']);
    assert.equal(framer.framing, HEADERS);
  });

  it('goes on looking when what began like a text is longer than it is scanned', () => {
    const framer = lost('{}{');
    frame([`[\n${'['.repeat(70_000)}`, '{}'], framer);
    assert.equal(framer.framing, JSON_TEXTS);
  });

  it('never ends a unit beyond the bytes it was shown', () => {
    const framer = lost('{}\n');
    const bytes = withRoom('{"a":1');
    assert.equal(framer.next(bytes, 0, bytes.length - 1), UNFINISHED);
  });
});
