import assert from 'node:assert/strict';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { PROTOCOLS } from '../../../src/protocols/index.js';
import type { DecoderSettings } from '../../../src/protocols/protocol.js';
import { Ear } from '../listen.js';

const WAYS = { http: PROTOCOLS.http, 'jsonrpc and http': PROTOCOLS.jsonrpc };

const get = (path: string) => `GET ${path} HTTP/1.1\r\n\r\n`;
const respond = (status: number, body = '') =>
  `HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** Each request that is told of with the status, or the error or doubt, of what answers it. */
function outcomes({ listener }: Ear): string[] {
  return listener.requests.map(({ method, id }) => {
    const answer = listener.responses.find((response) => response.id === id);
    return `${method} ${answer?.statusCode ?? answer?.error?.code ?? answer?.doubt ?? '-'}`;
  });
}

for (const [name, protocol] of Object.entries(WAYS)) {
  const ear = (settings: Partial<DecoderSettings> = {}) =>
    new Ear(protocol, { keepPayload: false, carriers: ['http'], ...settings });

  describe(`what answers a request of HTTP, as ${name}`, () => {
    it('is no response that stands in the body of another', () => {
      const inner = respond(500);
      const chunked = `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`;
      for (const outer of [
        respond(200, inner),
        `HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
      ]) {
        const told = ear().data(SEND, get('/info') + get('/version') + get('/events'));
        told.data(RECV, outer).data(RECV, respond(201) + respond(202));
        assert.deepEqual(outcomes(told), ['GET /info 200', 'GET /version 201', 'GET /events 202']);
        assert.deepEqual(told.listener.reasons, []);
      }
    });

    it('is none that stands in a body whose beginning alone was captured', () => {
      const told = ear().data(SEND, get('/info') + get('/version'));
      const inner = `HTTP/1.1 500 X\r\nX: ${'x'.repeat(500)}`;
      const outer = respond(200, inner + 'x'.repeat(1000));
      // What captures knows of no requests, and may end the block that it sees.
      told.data(RECV, outer.slice(0, 200)).gap(RECV, outer.length - 700, true);
      told.data(RECV, respond(404) + respond(201));
      assert.ok(!outcomes(told).join().includes('404'));
    });

    it('is none of a later one where a line before that is no request', () => {
      for (const line of ['get /a HTTP/1.1', '{"a":1}', '*', 'hello world']) {
        const told = ear().data(SEND, get('/info')).data(RECV, respond(200));
        told.data(SEND, `${line}\r\n\r\n`).data(RECV, respond(400));
        told.data(SEND, get('/version')).data(RECV, respond(201));
        assert.deepEqual(outcomes(told), ['GET /info 200'], line);
        assert.deepEqual(told.listener.reasons, ['malformed'], line);
      }
    });

    it('is not looked for once what is received is no HTTP', () => {
      const told = ear().data(SEND, get('/info')).data(RECV, 'HTTP/1.1 204 X\r\n\r\nextra');
      told.data(SEND, get('/version')).data(RECV, respond(200)).decoder.end(9);
      assert.deepEqual(outcomes(told), ['GET /info 204']);
      assert.deepEqual(told.listener.reasons, ['malformed']);
      const amid = ear().data(SEND, get('/info')).data(RECV, respond(200));
      amid.data(SEND, 'POST /version HTTP/1.1\r\nContent-Length: 2\r\n\r\na').data(RECV, 'extra');
      amid.data(SEND, `b${get('/events')}`).decoder.end(9);
      assert.deepEqual(outcomes(amid), ['GET /info 200']);
    });

    it('is not what comes late for a request before a loss, if the client sends ahead', () => {
      const told = ear()
        .data(SEND, get('/info') + get('/info'))
        .lose();
      told.data(SEND, get('/events')).data(RECV, respond(500) + respond(201));
      assert.deepEqual(outcomes(told), ['GET /info -', 'GET /info -', 'GET /events 201']);
      // That of the late one may be what was lost: then it is the next request that shows it.
      const lost = ear()
        .data(SEND, get('/info') + get('/info'))
        .lose();
      for (const [path, status] of [
        ['/a', 200],
        ['/b', 404],
        ['/c', 500],
      ] as const)
        lost.data(SEND, get(path)).data(RECV, respond(status));
      assert.deepEqual(outcomes(lost), [
        'GET /info -',
        'GET /info -',
        'GET /a order_lost',
        'GET /b 404',
        'GET /c 500',
      ]);
    });

    it('is not missing where a client that goes on to send ahead has been seen in part', () => {
      const told = ear()
        .data(SEND, get('/a') + get('/b'))
        .lose();
      for (let i = 0; i < 5; i++) {
        told.data(SEND, get('/c') + get('/d')).data(RECV, respond(200));
        told.data(SEND, get('/e')).data(RECV, respond(200) + respond(200));
      }
      told.decoder.end(9);
      const open = outcomes(told)
        .slice(2)
        .filter((each) => each.endsWith(' -'));
      assert.deepEqual(open, []);
      assert.ok(outcomes(told).includes('GET /c order_lost'));
    });

    it('is all of a stream of events, with what frames their chunks, wherever it is cut', () => {
      const events = ['data: 1\n\n', 'data: 2\n\n', '\n\n', 'data: 3\n\n'];
      const chunks = events.map((event) => `${event.length.toString(16)}\r\n${event}\r\n`).join('');
      const type = 'HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\n';
      const chunked = `${type}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
      const toTheEnd = `${type}\r\n${events.join('')}`;
      for (const whole of [chunked, toTheEnd]) {
        for (let cut = 1; cut < whole.length; cut++) {
          const told = ear().data(SEND, get('/events'));
          told.data(RECV, whole.slice(0, cut)).data(RECV, whole.slice(cut)).decoder.end(9);
          assert.deepEqual(
            told.listener.responses.map(({ bytes }) => bytes),
            [whole.length],
            String(cut),
          );
        }
        const bytewise = ear().data(SEND, get('/events'));
        for (const byte of whole) bytewise.data(RECV, byte);
        bytewise.decoder.end(9);
        assert.equal(bytewise.listener.responses[0]?.bytes, whole.length);
      }
    });

    it('is nothing that is told where a refused tunnel has ended what is known of requests', () => {
      const tunnel = 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n';
      const told = ear().data(SEND, tunnel).data(RECV, respond(407));
      told.data(SEND, tunnel).data(RECV, respond(407));
      told.data(SEND, get('/info')).data(RECV, respond(200)).decoder.end(9);
      assert.deepEqual(outcomes(told), ['CONNECT 407']);
      assert.equal(told.listener.responses.length, 1);
      assert.deepEqual(told.listener.reasons, []);
    });

    it('is not what is for a request that was not captured', () => {
      const told = ear().data(SEND, get('/_ping')).data(RECV, respond(200));
      told.data(SEND, `GET /info HTTP/1.1\r\nX: ${'a'.repeat(8100)}`).gap(SEND, 500, true);
      told.data(SEND, get('/events')).data(RECV, respond(500) + respond(201));
      assert.ok(!outcomes(told).includes('GET /events 500'), outcomes(told).join());
    });

    it('is not asked for by a block that the end of the connection has broken off', () => {
      for (const cut of ['GET /orders/sec', 'GET /orders/1 HTTP/1.1\r\nHost: a\r\n']) {
        const told = ear().data(SEND, get('/info')).data(RECV, respond(200)).data(SEND, cut);
        told.decoder.end(9);
        assert.deepEqual(outcomes(told), ['GET /info 200'], cut);
        const first = ear().data(SEND, cut);
        first.decoder.end(9);
        assert.deepEqual(first.heard, [], cut);
        const answered = ear().data(SEND, get('/info')).data(RECV, respond(200).slice(0, 20));
        answered.decoder.end(9);
        assert.deepEqual(outcomes(answered), ['GET /info -'], cut);
      }
    });

    it('is that of an upgrade where something else is sent before it comes', () => {
      const upgrade = 'POST /containers/a/attach HTTP/1.1\r\nUpgrade: tcp\r\n\r\n';
      const call = '{"jsonrpc":"2.0","id":1,"method":"a"}';
      const early = `${get('/x')}POST /y HTTP/1.1\r\nContent-Length: ${call.length}\r\n\r\n${call}`;
      for (const behind of ['', 'ls\n']) {
        const told = ear()
          .data(SEND, upgrade + early + behind)
          .data(RECV, 'HTTP/1.1 101 X\r\n\r\nhello');
        told.decoder.end(9);
        assert.deepEqual(outcomes(told), ['POST /containers/{id}/attach 101']);
        assert.deepEqual(told.listener.reasons, []);
      }
      const refused = ear()
        .data(SEND, upgrade + get('/x'))
        .data(RECV, respond(404) + respond(500));
      refused.data(SEND, get('/info')).data(RECV, respond(200));
      assert.deepEqual(outcomes(refused), ['POST /containers/{id}/attach 404', 'GET /info 200']);
      assert.equal(refused.listener.responses.length, 2);
    });

    it('is not known to be a success where the connection ends within a body that has a length', () => {
      const seen = (response: string) => {
        const told = ear().data(SEND, get('/info')).data(RECV, response);
        told.decoder.end(9);
        return outcomes(told)[0];
      };
      const head = 'HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\n';
      for (const part of ['', 'a', '12345678']) assert.equal(seen(head + part), 'GET /info unfinished', part);
      assert.equal(seen(`${head}123456789`), 'GET /info 200');
      assert.equal(seen(head.replace('200', '500')), 'GET /info 500');
      assert.equal(seen('HTTP/1.1 200 X\r\n\r\n1'), 'GET /info 200');
      // A client leaves such a body where it has seen enough.
      assert.equal(seen('HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na'), 'GET /info 200');
    });

    it('is that to a method with a hyphen', () => {
      const told = ear().data(SEND, `VERSION-CONTROL /a HTTP/1.1\r\n\r\n${get('/info')}`);
      assert.deepEqual(outcomes(told.data(RECV, respond(403) + respond(200))), [
        '_OTHER /a 403',
        'GET /info 200',
      ]);
    });

    it('is what stands where the body of a response to a HEAD would', () => {
      const head = 'HTTP/1.1 200 X\r\nContent-Length: 500\r\n\r\n';
      const told = ear().data(SEND, `HEAD /info HTTP/1.1\r\n\r\n${get('/version')}`);
      told.data(RECV, head + respond(404));
      assert.deepEqual(outcomes(told), ['HEAD /info 200', 'GET /version 404']);
    });
  });
}

describe('JSON of others, where bodies may hold JSON-RPC,', () => {
  const ear = () => new Ear(PROTOCOLS.jsonrpc, { keepPayload: false, carriers: ['http'] });
  const post = (path: string, body: string) =>
    `POST ${path} HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

  it('is told as a call of HTTP, whatever members it has', () => {
    for (const body of [
      '{"id":7,"method":"card","amount":1}',
      '{"method":"4111 1111 1111 1111","id":"x"}',
      '{"method":"card","params":{"a":1}}',
      '[{"id":7,"method":"card"},{"id":8,"method":"cash"}]',
      '{"id":7,"result":"paid"}',
      '{"id":7,"error":"refused"}',
    ]) {
      const told = ear().data(SEND, post('/payments', body));
      told.data(RECV, respond(201, '{"id":7,"result":"ok"}'));
      assert.deepEqual(outcomes(told), ['POST /payments 201'], body);
      assert.deepEqual(told.listener.reasons, [], body);
      assert.equal(told.listener.responses.length, 1);
    }
  });

  it('is told so of events, too', () => {
    const told = ear().data(SEND, get('/events'));
    const event = 'data: {"id":7,"method":"card"}\n\ndata: {"id":7,"result":1}\n\n';
    told.data(RECV, `HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\n\r\n${event}`).decoder.end(9);
    assert.deepEqual(outcomes(told), ['GET /events 200']);
  });

  it('is told from messages of version 1.0, which have all members', () => {
    for (const [body, answer] of [
      ['{"id":7,"method":"getinfo","params":[]}', '{"id":7,"result":1,"error":null}'],
      ['{"jsonrpc":"1.0","id":7,"method":"getinfo"}', '{"id":7,"result":1,"error":null}'],
    ]) {
      const told = ear().data(SEND, post('/', body)).data(RECV, respond(200, answer));
      assert.deepEqual(
        told.listener.requests.map(({ method }) => method),
        ['getinfo'],
      );
      assert.equal(told.listener.responses.length, 1);
    }
  });
});
