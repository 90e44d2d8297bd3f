import assert from 'node:assert/strict';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { PROTOCOLS } from '../../../src/protocols/index.js';
import type { DecoderMemory, DecoderSettings } from '../../../src/protocols/protocol.js';
import { Ear } from '../listen.js';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const EMPTY = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

/** Alone, and where JSON-RPC may be carried. */
const WAYS = { http: PROTOCOLS.http, 'jsonrpc and http': PROTOCOLS.jsonrpc };

for (const [name, protocol] of Object.entries(WAYS)) {
  const ear = (settings: Partial<DecoderSettings> = {}) =>
    new Ear(protocol, { keepPayload: false, carriers: ['http'], ...settings });
  const asked = (text: string, settings?: Partial<DecoderSettings>) => {
    const [request] = ear(settings).data(SEND, text).data(RECV, EMPTY).listener.requests;
    return request;
  };

  describe(`a decoder of HTTP, as ${name}`, () => {
    it('takes over the trace of a request, if it is one', () => {
      const request = asked(`GET /a HTTP/1.1\r\nTraceParent: ${TRACEPARENT}\r\ntracestate: a=b\r\n\r\n`);
      assert.deepEqual([request.traceparent, request.tracestate], [TRACEPARENT, 'a=b']);
      const none = asked('GET /a HTTP/1.1\r\nTraceParent: 00-00\r\ntracestate: a=b\r\n\r\n');
      assert.deepEqual([none.traceparent, none.tracestate], [undefined, undefined]);
    });

    it('tells the version, and a method that is none', () => {
      assert.deepEqual(asked('GET /a HTTP/1.0\r\n\r\n').attributes, { 'network.protocol.version': '1.0' });
      assert.deepEqual(asked('BREW /a HTTP/1.1\r\n\r\n').attributes, {
        'network.protocol.version': '1.1',
        'http.request.method_original': 'BREW',
      });
    });

    it('keeps nothing of paths, queries, headers and bodies, unless it is asked to', () => {
      const say = (keepPayload: boolean) =>
        ear({ keepPayload })
          .data(
            SEND,
            'POST /a/secret1?q=secret2 HTTP/1.1\r\nX-A: secret3\r\nContent-Length: 7\r\n\r\nsecret4',
          )
          .data(
            RECV,
            'HTTP/1.1 200 secret5\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nsec\r\n4\r\nret6\r\n0\r\n\r\n',
          );
      assert.equal(JSON.stringify(say(false).heard).includes('secret'), false);
      const [request, response] = say(true).heard;
      assert.ok(request.kind === 'request' && response.kind === 'response');
      assert.equal(request.payload, '/a/secret1?q=secret2\nsecret4');
      assert.equal(response.payload, 'secret6');
      assert.equal(request.method, 'POST /a/{id}');
    });

    it('tells of short requests whose methods begin as headers of LSP do', () => {
      assert.equal(asked('COPY /a HTTP/1.1\r\n\r\n').method, '_OTHER /a');
      assert.equal(asked('CONNECT a:1 HTTP/1.1\r\n\r\n').method, 'CONNECT');
    });

    it('keeps little of a stream of events, which may go on for long', () => {
      const told = ear({ keepPayload: true }).data(SEND, 'GET /events HTTP/1.1\r\n\r\n');
      told.data(RECV, 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n');
      told
        .data(RECV, `data: ${'a'.repeat(5000)}\n\n`)
        .data(RECV, 'data: b\n\n')
        .decoder.end(9);
      const { payload } = told.listener.responses[0];
      assert.ok(payload !== undefined && payload.length > 1000 && payload.length <= 1024);
    });

    it('names paths as the settings do', () => {
      assert.equal(
        asked('GET /a/b/c HTTP/1.1\r\n\r\n', { routes: ['/a/{what...}'] }).method,
        'GET /a/{what}',
      );
    });

    it('tells the time of the first byte of the response that counts', () => {
      const told = ear().data(SEND, 'GET /a HTTP/1.1\r\n\r\n');
      for (const piece of [
        'HTTP/1.1 103 Early\r\n\r\n',
        'HTTP/1.1 200 OK\r\n',
        'Content-Length: 1\r\n\r\n',
        'x',
      ]) {
        told.timeMs += 10;
        told.data(RECV, piece);
      }
      const [response] = told.listener.responses;
      assert.deepEqual([response.firstByteMs, response.timeMs], [20, 40]);
    });

    it('remembers a bounded number of requests, and takes no response for that to another', () => {
      const many = 3000;
      const told = ear();
      for (let i = 0; i < many; i++) told.data(SEND, `GET /a/b${i}x HTTP/1.1\r\n\r\n`);
      for (let i = 0; i < many; i++) told.data(RECV, EMPTY);
      const { requests, responses, reasons } = told.listener;
      assert.equal(requests.length, many);
      assert.equal(responses.length, 1024);
      assert.deepEqual(
        responses.map(({ id }) => id),
        requests.slice(-1024).map(({ id }) => id),
      );
      assert.deepEqual([...new Set(reasons)], ['too_large']);
    });

    it('gives back the memory that it takes', () => {
      let held = 0;
      const memory: DecoderMemory = {
        take: (bytes) => {
          held += bytes;
          return true;
        },
        give: (bytes) => {
          held -= bytes;
        },
        isScarce: false,
      };
      const told = ear({ memory, keepPayload: true });
      told.data(SEND, 'POST /a HTTP/1.1\r\nContent-Length: 100000\r\n\r\n').data(SEND, 'x'.repeat(50_000));
      told.data(RECV, 'HTTP/1.1 200 OK\r\nX-');
      assert.ok(held > 0);
      told.decoder.release();
      assert.equal(held, 0);
    });
  });
}
