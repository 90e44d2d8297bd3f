import assert from 'node:assert/strict';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { Ear } from '../listen.js';
import { protocol } from './ear.js';

const REQUEST = '{"jsonrpc":"2.0","id":1,"method":"a"}';
const RESPONSE = '{"jsonrpc":"2.0","id":1,"result":true}';

function atEnd(ear: Ear): Ear {
  ear.decoder.end(9);
  return ear;
}

describe('the end of a conversation', () => {
  it('makes a last line whole that has no line feed', () => {
    const ear = atEnd(new Ear(protocol).data(SEND, `${REQUEST}\n{"jsonrpc":"2.0","id":2,"method":"b"}`));
    assert.deepEqual(
      ear.listener.requests.map(({ method }) => method),
      ['a', 'b'],
    );
  });

  it('makes a body whole that has no length', () => {
    const ear = new Ear(protocol).data(
      RECV,
      `HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n${RESPONSE}`,
    );
    assert.equal(ear.heard.length, 0);
    assert.deepEqual(
      atEnd(ear).listener.responses.map(({ bytes, timeMs }) => [bytes, timeMs]),
      [[RESPONSE.length, 9]],
    );
  });

  it('tells of half a message that it is none', () => {
    const ear = atEnd(new Ear(protocol).data(SEND, `${REQUEST}\n{"jsonrpc":"2.0","id":2,"met`));
    assert.equal(ear.listener.requests.length, 1);
    assert.deepEqual(ear.listener.reasons, ['malformed']);
  });

  it('says nothing more of what was whole already, of blanks, and of nothing', () => {
    for (const text of ['', '\n', `${REQUEST}\n`, `${REQUEST}\n \r\n`, REQUEST]) {
      const ear = new Ear(protocol).data(SEND, text);
      const { length } = ear.heard;
      assert.equal(atEnd(ear).heard.length, length, JSON.stringify(text));
    }
  });
});
