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

describe('the end of a line of JSON-RPC', () => {
  const line = `${REQUEST}\n`;
  const methods = (ear: Ear) => ear.listener.requests.map(({ method }) => method);

  it('is not waited for when the text is whole', () => {
    const texts = [
      '{"id":2,"method":"b"}',
      `{"id":2,"method":"b","params":["${'{'.repeat(300)}"]}`,
      '[{"id":2,"method":"b"}]',
    ];
    for (const text of texts) {
      const pieces = [text.slice(0, 9), text.slice(9)];
      const ear = new Ear(protocol).data(SEND, line);
      for (const piece of pieces) ear.data(SEND, piece);
      assert.deepEqual(methods(ear), ['a', 'b']);
      ear.data(SEND, ' \r').data(SEND, `\n${line}`);
      assert.deepEqual(methods(ear), ['a', 'b', 'a']);
      assert.equal(ear.listener.requests[1].bytes, text.replace(/^\[(.*)\]$/, '$1').length);
      assert.deepEqual(ear.listener.reasons, []);
    }
  });

  it('is waited for inside of it', () => {
    const ear = new Ear(protocol).data(SEND, line).data(SEND, '{"method":"b","params":{"a":[{}');
    assert.deepEqual(methods(ear), ['a']);
    assert.deepEqual(methods(ear.data(SEND, ']},"id":2}\n')), ['a', 'b']);
    assert.deepEqual(ear.listener.reasons, []);
  });

  it('shows what stands behind a message to be none', () => {
    const ear = new Ear(protocol).data(SEND, line).data(SEND, REQUEST).data(SEND, ' oops\n').data(SEND, line);
    assert.deepEqual(methods(ear), ['a', 'a', 'a']);
    assert.deepEqual(ear.listener.reasons, ['malformed']);
  });

  it('leaves open whether a request has been answered when it is seen too late', () => {
    const text = `{"id":2,"method":"b","params":["${'x'.repeat(300)}"]}`;
    const ear = new Ear(protocol).data(SEND, line).data(SEND, text.slice(0, 100));
    ear.gap(SEND, text.length - 100, false);
    assert.deepEqual(methods(ear), ['a']);
    const [, request] = atEnd(ear).listener.requests;
    assert.deepEqual([request.method, request.id, request.isIdUnknown], ['b', '2', true]);
  });
});

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
