import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { Ear } from '../listen.js';
import { protocol } from './ear.js';
import { outcomes, post, respond } from './http-wire.js';

const call = (id: unknown, method = 'a') => JSON.stringify({ jsonrpc: '2.0', id, method, params: [] });
const result = (id: unknown, value: unknown = 1) => JSON.stringify({ jsonrpc: '2.0', id, result: value });
const failed = (id: unknown, code = -32000) =>
  JSON.stringify({ jsonrpc: '2.0', id, error: { code, message: 'no' } });

/** One request, and what is said of its calls when the response has come. */
function told(request: string, response: string | Buffer, ear = new Ear(protocol)): string[] {
  return outcomes(ear.data(SEND, request).data(RECV, response));
}

describe('calls over HTTP', () => {
  it('are answered in order, whatever their ids', () => {
    const ear = new Ear(protocol);
    // bitcoin-cli and many scripts say 1 every time.
    const statuses = ['503 Service Unavailable', '200 OK', '200 OK'];
    for (const [index, status] of statuses.entries()) {
      ear.timeMs = index * 1000;
      ear.data(SEND, post(call(1, `m${index}`)));
      ear.timeMs += 20;
      ear.data(RECV, respond(index === 0 ? 'Work queue depth exceeded' : result(1), status));
    }
    assert.deepEqual(outcomes(ear), ['m0 503 Service Unavailable', 'm1', 'm2']);
    assert.deepEqual(
      ear.listener.responses.map(({ timeMs }) => timeMs),
      [20, 1020, 2020],
    );
    assert.deepEqual(ear.listener.reasons, []);
  });

  it('are answered in order when they were sent ahead', () => {
    const ear = new Ear(protocol).data(SEND, ['a', 'b', 'c'].map((method) => post(call(1, method))).join(''));
    ear.data(RECV, respond(failed(1)) + respond('', '500 Internal Server Error') + respond(result(1)));
    assert.deepEqual(outcomes(ear), ['a -32000', 'b 500 Internal Server Error', 'c']);
  });

  it('keep the id that the client gave them', () => {
    const ear = new Ear(protocol).data(SEND, post(call(7)));
    assert.equal(ear.listener.requests[0].idText, '7');
  });

  it('have the outcome of the status when the body is none of JSON-RPC', () => {
    const cases: [string, string, string[], string[]][] = [
      ['', '401 Unauthorized', ['a 401 Unauthorized'], []],
      ['<html>', '502 Bad Gateway', ['a 502 Bad Gateway'], []],
      ['', '302 Found', ['a 302 Found'], []],
      // OAuth servers and gateways have an error that is none of JSON-RPC.
      ['{"error":"invalid_token"}', '401 Unauthorized', ['a 401 Unauthorized'], []],
      ['{"error":"x","id":1}', '500 x', ['a 500 x'], []],
      [result(1), '500 x', ['a 500 x'], []],
      [failed(1), '500 x', ['a -32000'], []],
      [failed(null), '400 x', ['a -32000'], []],
      ['', '200 OK', ['a no_outcome'], []],
      ['', '204 No Content', ['a no_outcome'], []],
      ['Accepted', '202 Accepted', ['a answered_elsewhere'], []],
      ['hello', '200 OK', ['a not_understood'], ['not_a_message']],
      [`PHP Notice: x\n${result(1)}`, '200 OK', ['a not_understood'], ['not_a_message']],
      ['{"jsonrpc":"2.0","id":1}', '200 OK', ['a no_outcome'], []],
    ];
    for (const [body, status, expected, reasons] of cases) {
      const ear = new Ear(protocol);
      assert.deepEqual(told(post(call(1)), respond(body, status), ear), expected, `${status} ${body}`);
      assert.deepEqual(ear.listener.reasons, reasons, body);
    }
  });

  it('have succeeded when the answer is compressed and the status says so', () => {
    for (const [coding, header] of [
      ['gzip', 'Content-Encoding'],
      ['br', 'content-encoding'],
      ['gzip, chunked', 'Transfer-Encoding'],
    ]) {
      const body = gzipSync(result(1));
      const framed = coding.endsWith('chunked')
        ? Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')])
        : body;
      for (const [status, expected] of [
        ['200 OK', 'a'],
        ['500 x', 'a 500 x'],
      ]) {
        const ear = new Ear(protocol);
        const length = header === 'Transfer-Encoding' ? '' : `Content-Length: ${body.length}\r\n`;
        const block = `HTTP/1.1 ${status}\r\n${header}: ${coding}\r\n${length}\r\n`;
        assert.deepEqual(told(post(call(1)), Buffer.concat([Buffer.from(block), framed]), ear), [expected]);
        assert.deepEqual(ear.listener.reasons, ['encoded']);
      }
    }
  });

  it('of a batch have the answers of their ids, and an error for all if there is one', () => {
    const batch = `[${call(1, 'a')},${call('x', 'b')},{"jsonrpc":"2.0","method":"n"},${call(1, 'c')}]`;
    const answers = `[${result('x')},${result(1)},${failed(1)}]`;
    assert.deepEqual(told(post(batch), respond(answers)), ['a', 'b', 'c -32000', 'n -']);
    assert.deepEqual(told(post(batch), respond(failed(null, -32600))), [
      'a -32600',
      'b -32600',
      'c -32600',
      'n -',
    ]);
    assert.deepEqual(told(post(batch), respond(`[${result('x')}]`)), [
      'a no_outcome',
      'b',
      'c no_outcome',
      'n -',
    ]);
    assert.deepEqual(told(post(batch), respond('', '429 x')), ['a 429 x', 'b 429 x', 'c 429 x', 'n -']);
  });

  it('of a batch whose answer is cut have those that were seen', () => {
    const ear = new Ear(protocol).data(SEND, post(`[${call(1, 'a')},${call(2, 'b')},${call(3, 'c')}]`));
    const response = respond(`[${result(1)},${result(2, 'x'.repeat(500))},${result(3)}]`);
    ear.data(RECV, response.slice(0, 200)).gap(RECV, response.length - 200, true);
    assert.deepEqual(outcomes(ear), ['a', 'b', 'c truncated']);
    assert.deepEqual(ear.listener.reasons, ['truncated']);
  });

  it('of a batch that is cut on both sides are not answered by what the cut has left of another', () => {
    // ethers and nethermind write the id last.
    const long = 'x'.repeat(500);
    const asked = (id: number, params = '') =>
      `{"method":"m${id}","params":["${params}"],"id":${id},"jsonrpc":"2.0"}`;
    const request = post(`[${asked(1)},${asked(2)},${asked(3, long)}]`);
    const ear = new Ear(protocol).data(SEND, request.slice(0, -300)).gap(SEND, 300, true);
    const error = `{"jsonrpc":"2.0","error":{"code":3,"message":"${long}"},"id":2}`;
    const response = respond(`[${result(1)},${error},${result(3)}]`);
    ear.data(RECV, response.slice(0, -300)).gap(RECV, 300, true);
    assert.deepEqual(outcomes(ear), ['m1', 'm2 truncated', 'm3 truncated']);
  });

  it('of a batch that is cut are not answered by what answers others', () => {
    const asked = (id: number) =>
      `{"method":"m${id}","params":["${'x'.repeat(300)}"],"id":${id},"jsonrpc":"2.0"}`;
    const request = post(`[${asked(1)},${asked(2)},${asked(3)}]`);
    const ear = new Ear(protocol).data(SEND, request.slice(0, -500)).gap(SEND, 500, true);
    // A server may answer in any order.
    ear.data(RECV, respond(`[${result(1)},${failed(3)},${result(2)}]`));
    assert.deepEqual(outcomes(ear), ['m1', 'm2 not_understood']);
  });

  it('are answered by the only answer, whatever id it has', () => {
    // JavaScript rounds 2^53 + 1; a broken server echoes no id.
    for (const id of ['9007199254740992', '"1"', 'null', '5']) {
      const request = post('{"jsonrpc":"2.0","id":9007199254740993,"method":"a"}');
      assert.deepEqual(told(request, respond(`{"jsonrpc":"2.0","id":${id},"result":1}`)), ['a'], id);
    }
    const ids = ['9007199254740993', '9007199254740995'];
    const batch = ids.map((id, i) => `{"jsonrpc":"2.0","id":${id},"method":"m${i}"}`).join();
    const answers = '[{"jsonrpc":"2.0","id":9007199254740992,"result":1}]';
    assert.deepEqual(told(post(`[${batch}]`), respond(answers)), ['m0', 'm1 no_outcome']);
  });

  it('may be answered by an answer whose id was not captured', () => {
    const ear = new Ear(protocol).data(SEND, post(call(1, 'a')) + post(call(1, 'b')));
    const response = respond(`{"jsonrpc":"2.0","error":{"code":-5,"message":"${'x'.repeat(600)}"},"id":1}`);
    ear.data(RECV, response.slice(0, 300)).gap(RECV, response.length - 300, true);
    ear.data(RECV, respond(result(1)));
    assert.deepEqual(outcomes(ear), ['a -5', 'b']);
  });

  it('are answered by a response that came before all of the request', () => {
    const request = post(call(1));
    for (let sent = request.indexOf('\r\n\r\n') + 4; sent < request.length; sent++) {
      const ear = new Ear(protocol).data(SEND, request.slice(0, sent));
      ear.data(RECV, respond('', '413 Content Too Large')).data(SEND, request.slice(sent));
      ear.data(SEND, post(call(1, 'b'))).data(RECV, respond(result(1)));
      assert.deepEqual(outcomes(ear), ['a 413 Content Too Large', 'b']);
    }
    const long = post(`{"jsonrpc":"2.0","id":1,"method":"a","params":["${'x'.repeat(900)}"]}`);
    const ear = new Ear(protocol).data(SEND, long.slice(0, 300)).data(RECV, respond('', '413 x'));
    ear.decoder.end(9);
    assert.deepEqual(outcomes(ear), ['a 413 x']);
  });

  it('wait for no interim response', () => {
    const ear = new Ear(protocol).data(SEND, post(call(1)));
    ear.data(RECV, 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
    assert.equal(ear.listener.responses.length, 0);
    assert.deepEqual(outcomes(ear.data(RECV, respond(failed(1)))), ['a -32000']);
  });

  it('are left alone by requests that ask for no call', () => {
    const ear = new Ear(protocol);
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n';
    ear.data(
      SEND,
      `HEAD / HTTP/1.1\r\n\r\nGET /health HTTP/1.1\r\n\r\n${post(call(1))}OPTIONS / HTTP/1.1\r\n\r\n`,
    );
    ear.data(RECV, head + respond('{"id":1,"result":"ok"}') + respond(result(1)) + respond('', '204 x'));
    assert.deepEqual(outcomes(ear), ['a']);
    assert.deepEqual(ear.listener.reasons, []);
    assert.equal(ear.listener.responses.length, 1);
  });

  it('are not answered by what the client answers', () => {
    const ear = new Ear(protocol).data(SEND, post(call(1)) + post(result(5)));
    assert.deepEqual(outcomes(ear.data(RECV, respond(result(1)) + respond('', '202 Accepted'))), ['a']);
    assert.equal(ear.listener.responses.length, 1);
  });

  it('are not answered when the connection ends before the response', () => {
    const ear = new Ear(protocol).data(SEND, post(call(1)));
    ear.decoder.end(9);
    assert.equal(ear.listener.responses.length, 0);
  });

  it('are answered by a body that the end of the connection ends', () => {
    const ear = new Ear(protocol).data(SEND, post(call(1)));
    ear.data(RECV, `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${result(1)}`);
    assert.equal(ear.listener.responses.length, 0);
    ear.decoder.end(9);
    assert.deepEqual(outcomes(ear), ['a']);
    assert.equal(ear.listener.responses[0].timeMs, 9);
  });

  it('have no known outcome when the body breaks off', () => {
    const ear = new Ear(protocol).data(SEND, post(call(1)));
    const response = respond(result(1, 'x'.repeat(100)));
    ear.data(RECV, response.slice(0, -20));
    ear.decoder.end(9);
    assert.deepEqual(outcomes(ear), ['a not_understood']);
  });
});

describe('calls over HTTP of which something is missing', () => {
  it('do not get the answers of others after a loss', () => {
    const ear = new Ear(protocol).data(SEND, post(call(1, 'a')));
    ear.lose();
    // The answer to a request that was lost.
    ear.data(RECV, respond(result(1)));
    ear.data(SEND, post(call(1, 'b'))).data(RECV, respond(failed(1)));
    assert.deepEqual(outcomes(ear), ['a -', 'b -32000']);
  });

  it('are found by their ids among those whose requests were left out', () => {
    const ear = new Ear(protocol).data(SEND, post(call(1, 'a')));
    ear.data(RECV, respond(result(1)));
    const left = post(call(2, 'b'));
    ear.gap(SEND, left.length, true).data(SEND, post(call(3, 'c')));
    ear.data(RECV, respond(failed(2)) + respond(result(3)));
    ear.data(SEND, post(call(4, 'd'))).data(RECV, respond('', '503 x'));
    assert.deepEqual(outcomes(ear), ['a', 'c', 'd 503 x']);
  });

  it('wait no longer when a response that was left out was theirs', () => {
    const ear = new Ear(protocol).data(SEND, post(call(1, 'a')));
    ear.gap(RECV, respond(result(1)).length, true);
    ear.data(SEND, post(call(1, 'b'))).data(RECV, respond(failed(1)));
    ear.data(SEND, post(call(1, 'c'))).data(RECV, respond('', '503 x'));
    assert.deepEqual(outcomes(ear), ['a -', 'b -32000', 'c 503 x']);
  });

  it('are forgotten when too many were sent ahead, and none gets the answer of another', () => {
    const COUNT = 1500;
    const ear = new Ear(protocol);
    for (let i = 0; i < COUNT; i++) ear.data(SEND, post(call(1, `m${i}`)));
    for (let i = 0; i < COUNT; i++) ear.data(RECV, respond(failed(1, i)));
    const told = outcomes(ear);
    const forgotten = told.filter((one) => one.endsWith('-')).length;
    assert.equal(forgotten, COUNT - 1024);
    assert.equal(told.filter((one) => /^m(\d+) \1$/.test(one)).length, 1024);
    assert.deepEqual(new Set(ear.listener.reasons), new Set(['too_large']));
    assert.equal(ear.listener.reasons.length, forgotten);
  });

  it('are in doubt where there is no room to remember them, whatever their responses say', () => {
    const none = { isScarce: true, take: () => false, give: () => {} };
    const ear = new Ear(protocol, { keepPayload: false, memory: none });
    for (let i = 0; i < 3; i++) ear.data(SEND, post(call(i))).data(RECV, respond('', '503 Busy'));
    assert.deepEqual(ear.listener.reasons, ['too_large', 'too_large', 'too_large']);
    assert.equal(ear.listener.responses.length, 0);
    ear.lose().data(SEND, post(call(3)));
    assert.deepEqual(ear.listener.reasons.slice(3), ['too_large']);
  });

  it('take memory that is given back', () => {
    let held = 0;
    const memory = {
      isScarce: false,
      take: (bytes: number) => {
        if (held + bytes > 20_000) return false;
        held += bytes;
        return true;
      },
      give: (bytes: number) => {
        held -= bytes;
      },
    };
    const ear = new Ear(protocol, { keepPayload: false, memory });
    for (let i = 0; i < 100; i++) ear.data(SEND, post(call(i, `m${i}`)));
    for (let i = 0; i < 100; i++) ear.data(RECV, respond(result(i)));
    const told = outcomes(ear);
    assert.ok(told.some((one) => one.endsWith('-')));
    assert.ok(told.some((one) => !one.endsWith('-')));
    assert.equal(held, 0);
    ear.data(SEND, post(call(1)));
    assert.ok(held > 0);
    ear.decoder.release();
    assert.equal(held, 0);
  });
});

describe('HTTP that carries no JSON-RPC', () => {
  it('is another protocol, and says so once', () => {
    const docker = (ear: Ear, i: number) => {
      ear.data(SEND, `GET /v1.43/containers/${i}/json HTTP/1.1\r\nHost: docker\r\n\r\n`);
      ear.data(RECV, respond('{"Id":"a","error":null,"result":1,"id":1}'));
    };
    const few = new Ear(protocol);
    docker(few, 1);
    assert.deepEqual(few.heard, []);
    few.decoder.end(9);
    assert.deepEqual(few.listener.reasons, ['unknown_protocol']);
    assert.equal(few.heard.length, 1);
    const many = new Ear(protocol);
    for (let i = 0; i < 100; i++) docker(many, i);
    assert.deepEqual(many.listener.reasons, ['unknown_protocol']);
    assert.equal(many.decoder.hasGivenUp, true);
  });

  it('is MCP where a session ends on a connection of its own, as with its SDK for Python', () => {
    const headers = 'accept: application/json, text/event-stream\r\nmcp-session-id: 440e91\r\n';
    const ear = new Ear(protocol).data(SEND, `DELETE /mcp HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
    ear.data(RECV, 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    ear.decoder.end(9);
    assert.deepEqual(ear.listener.reasons, []);
  });

  it('says so of snapd, whose answers have a result', () => {
    const ear = new Ear(protocol).data(SEND, post('{"action":"install"}'));
    ear.data(RECV, respond('{"type":"sync","status-code":200,"status":"OK","result":{"id":1}}'));
    ear.decoder.end(9);
    assert.deepEqual(ear.listener.reasons, ['unknown_protocol']);
    assert.equal(ear.heard.length, 1);
  });

  it('may turn out to carry it', () => {
    const ear = new Ear(protocol).data(SEND, 'GET / HTTP/1.1\r\n\r\n').data(RECV, respond('<html>'));
    assert.deepEqual(told(post(call(1)), respond(result(1)), ear), ['a']);
    ear.decoder.end(9);
    assert.deepEqual(ear.listener.reasons, []);
  });
});
