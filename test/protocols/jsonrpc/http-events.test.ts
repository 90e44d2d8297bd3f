import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Direction, RECV, SEND } from '../../../src/protocols/direction.js';
import { limitOf, type Options, Tapped } from '../../processors/capture/tap/tapped.js';
import { runs } from '../../support/runs.js';
import { Ear } from '../listen.js';
import { protocol } from './ear.js';
import { chunked, outcomes, post, respond } from './http-wire.js';

const STREAM = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n';
const CHUNKED = `${STREAM}Transfer-Encoding: chunked\r\n\r\n`;

const call = (id: number, method = 'tools/call') => post(JSON.stringify({ jsonrpc: '2.0', id, method }));
const result = (id: number, value: unknown = 1) => JSON.stringify({ jsonrpc: '2.0', id, result: value });
const event = (data: string, feed = '\n') => `event: message${feed}data: ${data}${feed}${feed}`;

/** A connection whose bytes are captured as a relay thread does, and decoded. */
class Captured {
  readonly ear = new Ear(protocol);
  readonly #tapped: Tapped;

  constructor(options: Options = {}) {
    this.#tapped = new Tapped(options);
  }

  show(direction: Direction, bytes: string | Buffer): this {
    for (const { pieces, direction: from } of this.#tapped.show(direction, bytes)) {
      for (const { kept, skipped, endsUnit } of pieces) {
        if (kept.length > 0) this.ear.data(from, kept);
        if (skipped > 0 || endsUnit) this.ear.gap(from, skipped, endsUnit);
      }
    }
    return this;
  }
}

const framings: [string, (data: string) => string][] = [
  ['in one chunk', (data) => CHUNKED + chunked(data)],
  ['in chunks of 7 bytes', (data) => CHUNKED + chunked(data, 7)],
  ['with a length', (data) => `${STREAM}Content-Length: ${Buffer.byteLength(data)}\r\n\r\n${data}`],
  ['to the end of the connection', (data) => `${STREAM}\r\n${data}`],
];

describe('an event stream over HTTP', () => {
  for (const [title, framed] of framings) {
    it(`answers the calls of its request ${title}, however it is cut`, () => {
      for (const feed of ['\n', '\r\n', '\r']) {
        const data = `: hi${feed}${feed}${event(result(1), feed)}`;
        const bytes = framed(data);
        for (let at = 1; at < bytes.length; at++) {
          const ear = new Ear(protocol).data(SEND, call(1));
          ear.data(RECV, bytes.slice(0, at)).data(RECV, bytes.slice(at));
          ear.decoder.end(0);
          assert.deepEqual(outcomes(ear), ['tools/call'], `${JSON.stringify(feed)} cut at ${at}`);
          assert.deepEqual(ear.listener.reasons, []);
          assert.equal(ear.listener.responses.length, 1);
        }
      }
    });
  }

  it('is decoded as it comes', () => {
    const ear = new Ear(protocol).data(SEND, 'GET /mcp HTTP/1.1\r\nAccept: text/event-stream\r\n\r\n');
    ear.data(RECV, CHUNKED);
    for (let i = 0; i < 3; i++) {
      const data = event('{"jsonrpc":"2.0","method":"notifications/progress","params":{}}');
      ear.timeMs = i * 1000;
      ear.data(RECV, `${data.length.toString(16)}\r\n${data}\r\n`);
      assert.equal(ear.listener.requests.length, i + 1);
      assert.equal(ear.listener.requests[i].timeMs, i * 1000);
      assert.equal(ear.listener.requests[i].bytes, 63);
    }
    assert.deepEqual(ear.listener.reasons, []);
  });

  it('takes a call from its first byte to the end of the event that answers it', () => {
    const ear = new Ear(protocol).data(SEND, call(1));
    ear.timeMs = 5;
    ear.data(RECV, `${CHUNKED}2\r\n:\n\r\n`);
    ear.timeMs = 10;
    const data = event(result(1));
    ear.data(RECV, `\n${data.length.toString(16)}\r\n${data.slice(0, 30)}`.slice(1));
    ear.timeMs = 20;
    ear.data(RECV, data.slice(30));
    ear.timeMs = 90;
    ear.data(RECV, '\r\n0\r\n\r\n');
    assert.deepEqual(outcomes(ear), ['tools/call']);
    assert.equal(ear.listener.responses[0].timeMs, 20);
  });

  it('may hold what the server asks and tells', () => {
    const ear = new Ear(protocol).data(SEND, call(1));
    const asked = '{"jsonrpc":"2.0","id":1,"method":"roots/list"}';
    const noted = '{"jsonrpc":"2.0","method":"notifications/message"}';
    ear.data(RECV, CHUNKED + chunked(event(noted) + event(asked) + event(result(1))));
    ear.data(SEND, post('{"jsonrpc":"2.0","id":1,"result":{"roots":[]}}')).data(RECV, respond('', '202 x'));
    const found = ear.listener.requests.map(({ method, direction, isAnsweredElsewhere }) => [
      method,
      direction,
      isAnsweredElsewhere,
    ]);
    assert.deepEqual(found, [
      ['tools/call', SEND, false],
      ['notifications/message', RECV, false],
      ['roots/list', RECV, true],
    ]);
    assert.equal(ear.listener.responses.length, 1);
    assert.equal(ear.listener.responses[0].direction, RECV);
  });

  it('is read as its specification has it', () => {
    const [head, tail] = ['{"jsonrpc":"2.0",', '"id":1,"result":2}'];
    const streams: [string, string[]][] = [
      [`\ufeffdata:${head}${tail}\n\n`, ['a']],
      [`id: 5\nretry: 10\ndata: ${head}\ndata:${tail}\n\n`, ['a']],
      [`data: ${head}\r\ndata: ${tail}\r\nid: 7\r\n\r\n`, ['a']],
      [`event\ndata: ${head}${tail}\n\n`, ['a']],
      [`dat: x\ndatas: y\n: data: z\n\ndata: ${head}${tail}\n\n`, ['a']],
      // The older transport of MCP begins so.
      [`event: endpoint\ndata: /messages?id=1\n\ndata: ${head}${tail}\n\n`, ['a']],
      [`event: ping\ndata: {"time":1}\n\n`, ['a no_outcome']],
      ['data: hello\n\n', ['a not_understood']],
    ];
    for (const [data, expected] of streams) {
      const ear = new Ear(protocol).data(SEND, call(1, 'a'));
      ear.data(RECV, CHUNKED + chunked(data, 11));
      assert.deepEqual(outcomes(ear), expected, data);
      ear.data(SEND, call(1, 'b')).data(RECV, respond(result(1)));
      assert.deepEqual(outcomes(ear), [...expected, 'b'], data);
    }
  });

  it('leaves the outcome open when it ends without the answer', () => {
    for (const end of ['0\r\n\r\n', undefined]) {
      const ear = new Ear(protocol).data(SEND, call(1, 'a'));
      ear.data(RECV, `${CHUNKED}3\r\n:\n\n\r\n`);
      if (end === undefined) ear.decoder.end(9);
      else ear.data(RECV, end);
      assert.deepEqual(outcomes(ear), ['a no_outcome']);
    }
  });

  it('is no other protocol as long as nothing comes', () => {
    const ear = new Ear(protocol).data(SEND, 'GET /mcp HTTP/1.1\r\nAccept: text/event-stream\r\n\r\n');
    ear.data(RECV, CHUNKED);
    for (let i = 0; i < 200; i++) ear.data(RECV, '8\r\n: ping\n\n\r\n');
    ear.decoder.end(9);
    assert.deepEqual(ear.heard, []);
  });

  it('is encoded once when it is compressed', () => {
    const ear = new Ear(protocol).data(SEND, call(1, 'a'));
    const body = chunked('\x1f\x8b\n\nab\n\n\r\n\r\nc', 3);
    ear.data(RECV, `${STREAM}Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n${body}`);
    ear.data(SEND, call(1, 'b')).data(RECV, respond(result(1)));
    assert.deepEqual(outcomes(ear), ['a', 'b']);
    assert.deepEqual(ear.listener.reasons, ['encoded']);
  });

  it('has its limit for each event, and its length', () => {
    for (const chunk of [Infinity, 4096, 100]) {
      const captured = new Captured({ ...limitOf(512), tailBytes: 64 });
      const answers = [1, 2, 3].map((id) => ({ jsonrpc: '2.0', result: { text: 'x'.repeat(10_000) }, id }));
      for (const answer of answers) {
        captured.show(SEND, call(answer.id, `m${answer.id}`));
        captured.show(RECV, CHUNKED + chunked(event(JSON.stringify(answer), '\r\n'), chunk));
      }
      assert.deepEqual(outcomes(captured.ear), ['m1', 'm2', 'm3'], `chunks of ${chunk}`);
      assert.deepEqual(captured.ear.listener.reasons, []);
      const [{ bytes }] = captured.ear.listener.responses;
      const exact = JSON.stringify(answers[0]).length;
      if (chunk === Infinity) assert.equal(bytes, exact);
      else assert.ok(Math.abs(bytes - exact) < 0.1 * exact, `${bytes} bytes`);
    }
  });

  it('is told the same whatever its events, chunks and operations are', () => {
    const feed = fc.constantFrom('\n', '\r\n', '\r');
    const field = fc.constantFrom(': ping', 'id: 1', 'retry: 10', 'event: message', 'x', 'data', '');
    const size = fc.oneof(fc.constant(Infinity), fc.integer({ min: 16, max: 300 }));
    const answer = fc.record({ feed, fields: fc.array(field, { maxLength: 3 }), fill: fc.nat(900), size });
    const property = fc.property(
      fc.array(answer, { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat(3000), { maxLength: 8 }),
      fc.constantFrom<Options>(limitOf(Infinity), { ...limitOf(200), tailBytes: 80 }),
      (answers, cuts, options) => {
        const captured = new Captured(options);
        answers.forEach(({ feed, fields, fill, size }, id) => {
          // A line without data before that with it, or an event of its own.
          const before = fields.filter((one) => one !== 'data').map((one) => `${one}${feed}`);
          const text = JSON.stringify({ jsonrpc: '2.0', result: 'x'.repeat(fill), id });
          const stream = CHUNKED + chunked(`${before.join('')}data: ${text}${feed}${feed}`, size);
          captured.show(SEND, call(id, `m${id}`));
          const sorted = [...new Set([0, ...cuts.map((cut) => cut % stream.length), stream.length])];
          sorted.sort((a, b) => a - b);
          for (let i = 1; i < sorted.length; i++) captured.show(RECV, stream.slice(sorted[i - 1], sorted[i]));
        });
        const expected = answers.map((_, id) => `m${id}`);
        assert.deepEqual(outcomes(captured.ear), expected);
        assert.deepEqual(captured.ear.listener.reasons, []);
      },
    );
    fc.assert(property, { numRuns: runs(300) });
  });
});

describe('a body over HTTP that is captured in part', () => {
  const answer = (id: number) =>
    JSON.stringify({ jsonrpc: '2.0', error: { code: -3, message: 'x'.repeat(3000) }, id });

  it('shows its end, whatever chunks it has', () => {
    for (const size of [Infinity, 1000, 61, 17, 3]) {
      const captured = new Captured({ ...limitOf(128), tailBytes: 128 });
      // A batch, so that ids matter; the server answers with one error for the second.
      captured.show(SEND, post(`[${[1, 2].map((id) => `{"id":${id},"method":"m${id}","jsonrpc":"2.0"}`)}]`));
      captured.show(RECV, `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(answer(2), size)}`);
      assert.deepEqual(outcomes(captured.ear), ['m1 no_outcome', 'm2 -3'], `chunks of ${size}`);
    }
  });

  it('is captured up to 64 KiB if it is a batch', () => {
    const batch = Array.from({ length: 300 }, (_, id) => ({ jsonrpc: '2.0', id, method: `m${id}` }));
    const answers = batch.map(({ id }) => ({ jsonrpc: '2.0', id, result: 'x'.repeat(50) }));
    for (const framed of [
      (text: string) => respond(text),
      (text: string) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(text, 5000)}`,
      (text: string) => respond(` \n${text}`),
    ]) {
      for (const cut of [Infinity, 20_000, 100, 40]) {
        const captured = new Captured({ ...limitOf(64), tailBytes: 16 });
        const response = framed(JSON.stringify(answers));
        captured.show(SEND, post(JSON.stringify(batch)));
        captured.show(RECV, response.slice(0, cut)).show(RECV, `${response.slice(cut)}`.padEnd(1, ' '));
        assert.equal(captured.ear.listener.responses.length, 300, `cut at ${cut}`);
        assert.deepEqual(captured.ear.listener.reasons, []);
      }
    }
  });

  it('has the header block of what comes in its place, after a HEAD', () => {
    const long = `X-Long: ${'x'.repeat(1000)}\r\n`;
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n';
    const response = head + respond(answer(1), '200 OK', long);
    for (let cut = 1; cut < response.length; cut += cut < head.length + 20 ? 1 : 97) {
      const captured = new Captured({ ...limitOf(128), tailBytes: 64 });
      captured
        .show(SEND, 'HEAD / HTTP/1.1\r\n\r\n')
        .show(SEND, post('{"id":1,"method":"a","jsonrpc":"2.0"}'));
      captured.show(RECV, response.slice(0, cut)).show(RECV, response.slice(cut));
      captured.show(SEND, post('{"id":1,"method":"b","jsonrpc":"2.0"}')).show(RECV, respond('', '503 x'));
      assert.deepEqual(outcomes(captured.ear), ['a -3', 'b 503 x'], `cut at ${cut}`);
      assert.deepEqual(captured.ear.listener.reasons, []);
    }
  });

  it('of a message that is left out is left out with all its events', () => {
    const captured = new Captured({
      strategy: { keep: () => -1, takesConnection: () => true, weight: () => 1 },
    });
    captured.show(RECV, CHUNKED + chunked(event(result(1)) + event(result(2))));
    assert.equal(captured.ear.heard.length, 0);
  });
});
