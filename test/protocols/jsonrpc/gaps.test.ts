import assert from 'node:assert/strict';
import { SEND } from '../../../src/protocols/direction.js';
import { amid, ear } from './ear.js';

describe('a decoder of JSON-RPC with bytes missing', () => {
  const ends: [string, string | undefined][] = [
    [',"id":12}', '12'],
    ['xx", "id" : "a-b" } \r\n', '"a-b'],
    ['{"id":12}', undefined],
    ['{},"id":12}}', undefined],
    ['"id":12}]', undefined],
    [',\\"id\\":\\"12"}', undefined],
    [',"id":"\\"12"}', '""12'],
    [',"xid":12}', undefined],
    ['12}', undefined],
    ['', undefined],
  ];
  for (const [end, id] of ends) {
    it(`${id === undefined ? 'finds no id' : 'finds the id'} in the end ${JSON.stringify(end)}`, () => {
      for (const text of ['{"jsonrpc":"2.0","result":"', '{"method":"a","params":{']) {
        const one = ear(text).gap(SEND, 1000, false);
        if (end !== '') one.data(SEND, end.slice(0, 3)).data(SEND, end.slice(3));
        one.gap(SEND, 0, true);
        assert.equal(one.heard.length, 1);
        const [heard] = one.heard;
        assert.ok(heard.kind !== 'undecodable');
        assert.equal(heard.id, id);
        assert.equal(heard.bytes, text.length + 1000 + end.trimEnd().length);
      }
    });
  }

  it('finds the id at the end of 100 MB, and keeps little of them', () => {
    const one = ear('{"jsonrpc":"2.0","method":"a"}\n{"jsonrpc":"2.0","result":"');
    const piece = Buffer.alloc(65_537, 'x');
    const before = process.memoryUsage().arrayBuffers;
    let bytes = 0;
    for (; bytes < 1e8; bytes += 65_536) one.decoder.data(SEND, piece, 0, 65_536, 0);
    assert.ok(process.memoryUsage().arrayBuffers - before < 1e6);
    one.data(SEND, '","id":5}\n');
    assert.deepEqual(
      one.listener.responses.map((heard) => [heard.id, heard.bytes]),
      [['5', bytes + 36]],
    );
  });

  it('counts the length of what is missing', () => {
    const one = ear('{"method":"a","id":1}\n{"method":"b","id":2,').gap(SEND, 80, true);
    // The line feed is none of it, neither where it was seen nor where it was not.
    assert.deepEqual(
      one.listener.requests.map(({ bytes }) => bytes),
      [21, 100],
    );
  });

  it('makes nothing of the end of a line that is missing', () => {
    const one = amid('{"method":"a"}').gap(SEND, 1, true).data(SEND, '{"method":"b"}').gap(SEND, 1, true);
    assert.deepEqual([one.listener.requests.length, one.listener.reasons], [2, []]);
  });

  it('counts a message whose kind was not captured', () => {
    assert.deepEqual(amid('{"jsonrpc":"2.0",').gap(SEND, 10, true).listener.reasons, ['truncated']);
    assert.deepEqual(amid('Content-Length: 9\r\n\r\n').gap(SEND, 9, true).listener.reasons, ['truncated']);
  });

  it('says nothing of a message that was not captured at all', () => {
    for (const before of ['', '{}\n', '{}', 'Content-Length: 2\r\n\r\n{}']) {
      const one = ear(before);
      const { length } = one.heard;
      one.gap(SEND, 50, true).gap(SEND, 20, false).gap(SEND, 30, true);
      assert.equal(one.heard.length, length, before);
    }
  });

  it('takes no inside of a message for one after a loss', () => {
    for (const before of ['{"method":"a"}\n', '{"method":"a"}{"method":"b"}']) {
      for (const inside of ['{"method":"evil"},"id":1}\n', '[{"method":"evil"}]\n', '{"method":"evil",']) {
        const one = ear(before).lose().data(SEND, inside);
        assert.ok(
          one.listener.requests.every(({ method }) => method !== 'evil'),
          before + inside,
        );
        assert.deepEqual(one.listener.reasons, []);
      }
    }
  });
});
