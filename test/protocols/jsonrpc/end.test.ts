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

  it('leaves open how a call ended whose answer was broken off', () => {
    const opening = '{"jsonrpc":"2.0","method":"a"}\n';
    const doubt = (begin: string, missing: number) =>
      atEnd(new Ear(protocol).data(RECV, begin).gap(RECV, missing, false)).listener.responses.map(
        (response) => response.error?.code ?? response.doubt,
      );
    const headers = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
    const half = '{"jsonrpc":"2.0","id":1,"result":"xxxx';
    assert.deepEqual(doubt(`${opening}${half}`, 90), ['truncated']);
    assert.deepEqual(doubt(`${headers}Content-Length: 900\r\n\r\n${half}`, 90), ['truncated']);
    assert.deepEqual(doubt(`${headers}\r\n${half}`, 90), [undefined]);
    assert.deepEqual(doubt(`${opening}{"jsonrpc":"2.0","id":1,"error":{"code":-1,"data":"xxx`, 90), ['-1']);
  });

  it('says nothing more of what was whole already, of blanks, and of nothing', () => {
    for (const text of ['', '\n', `${REQUEST}\n`, `${REQUEST}\n \r\n`, REQUEST]) {
      const ear = new Ear(protocol).data(SEND, text);
      const { length } = ear.heard;
      assert.equal(atEnd(ear).heard.length, length, JSON.stringify(text));
    }
  });
});
