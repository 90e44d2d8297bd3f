import assert from 'node:assert/strict';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { ear, request } from './ear.js';

describe('a decoder of JSON-RPC over HTTP', () => {
  const post = (headers: string, body: string | Buffer) =>
    Buffer.concat([
      Buffer.from(`POST / HTTP/1.1\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n`),
      Buffer.from(body as string),
    ]);

  it('reads a body that begins with blanks, however it is cut', () => {
    const bytes = post('', '\n \r\n{"id":7,"method":"a"} \n');
    for (let i = 1; i < bytes.length; i++) {
      assert.equal(request(bytes.subarray(0, i), bytes.subarray(i)).bytes, 21);
    }
  });

  it('reads what is encoded as identity only', () => {
    const body = '{"id":7,"method":"a"}';
    assert.equal(request(post('Content-Encoding: identity\r\n', body)).method, 'a');
    for (const coding of ['gzip', 'br', 'identity, gzip']) {
      const one = ear(post('', body), post(`content-encoding:${coding}\r\n`, body));
      assert.deepEqual(one.listener.reasons, ['encoded']);
    }
  });

  it('makes nothing of requests without a body and of failures without JSON', () => {
    const failure = 'HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot found';
    const one = ear('GET / HTTP/1.1\r\nHost: a\r\n\r\n', post('', '{"id":7,"method":"a"}')).data(
      RECV,
      failure,
    );
    assert.deepEqual(
      one.heard.map(({ kind }) => kind),
      ['request'],
    );
  });

  it('finds the error of a call in a response of any status', () => {
    const body = '{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"x"}}';
    const one = ear().data(RECV, `HTTP/1.1 500 x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    assert.equal(one.listener.responses[0].error?.code, '-32600');
  });

  it('reads a response behind one to a HEAD that was not seen, however it is cut', () => {
    const body = '{"jsonrpc":"2.0","id":1,"result":2}';
    for (const headers of [
      'Content-Length: 500',
      'Transfer-Encoding: chunked',
      'Content-Type: text/event-stream',
      'Content-Type: text/event-stream\r\nTransfer-Encoding: chunked',
    ]) {
      const head = `HTTP/1.1 200 OK\r\n${headers}\r\n\r\n`;
      const bytes = `${head}HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      for (let cut = 1; cut < bytes.length; cut++) {
        const one = ear().data(RECV, bytes.slice(0, cut)).data(RECV, bytes.slice(cut));
        assert.deepEqual(
          one.heard.map(({ kind }) => kind),
          ['response'],
          `${headers} cut at ${cut}`,
        );
      }
    }
  });

  it('reads the chunks that were captured', () => {
    const one = ear(
      'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n',
      '5\r\n{"met\r\n200\r\nhod":"a","params":[',
    )
      .gap(SEND, 600, true)
      .data(SEND, post('', '{"id":8,"method":"b"}'));
    assert.deepEqual(
      one.listener.requests.map(({ method }) => method),
      ['a', 'b'],
    );
  });

  it('gives up when nothing is JSON-RPC', () => {
    const one = ear();
    for (let i = 0; i < 100 && !one.decoder.hasGivenUp; i++) one.data(SEND, post('', `{"Id":${i}}`));
    assert.equal(one.decoder.hasGivenUp, true);
    assert.equal(one.listener.reasons.at(-1), 'unknown_protocol');
    assert.ok(one.heard.length < 50);
  });

  it('does not give up a conversation that it has understood', () => {
    const one = ear(post('', '{"id":7,"method":"a"}'));
    for (let i = 0; i < 100; i++) one.data(SEND, post('', 'other'));
    assert.equal(one.decoder.hasGivenUp, false);
  });

  it('gives up when another protocol takes over', () => {
    const one = ear().data(RECV, 'HTTP/1.1 101 Switching Protocols\r\n\r\n{"id":7,"method":"a"}');
    assert.deepEqual(one.listener.reasons, ['unknown_protocol']);
    assert.equal(one.decoder.hasGivenUp, true);
  });
});
