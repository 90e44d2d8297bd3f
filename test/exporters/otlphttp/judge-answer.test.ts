import assert from 'node:assert/strict';
import { judgeAnswer } from '../../../src/exporters/otlphttp/judge-answer.js';
import type { Signal } from '../../../src/values/signal.js';
import { encodeMessage } from '../support/protobuf.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const PROTOBUF = { 'content-type': 'application/x-protobuf' };

describe('judgeAnswer', () => {
  const answer = (
    status: number,
    headers: Record<string, string> = {},
    body: string | Buffer = '',
    signal: Signal = 'metrics',
  ) => judgeAnswer({ status, headers, body: Buffer.from(body) }, signal);

  for (const status of [429, 502, 503, 504]) {
    it(`finds ${status} worth another try`, () => {
      const { kind, ...rest } = answer(status);
      assert.equal(kind, 'retryable');
      assert.deepEqual(rest, {
        reason: 'unavailable',
        message: `answered with status ${status}`,
        retryAfterMs: undefined,
      });
    });
  }

  for (const status of [301, 304, 400, 401, 403, 404, 408, 415, 500, 501, 505, 599]) {
    it(`finds ${status} final`, () => {
      const message = `answered with status ${status}`;
      assert.deepEqual(answer(status), { kind: 'permanent', reason: 'refused', message });
    });
  }

  it('finds that 413 is final, unless it is sent in parts', () => {
    assert.deepEqual(answer(413), {
      kind: 'permanent',
      reason: 'refused',
      message: 'answered with status 413',
      isTooLarge: true,
    });
  });

  for (const status of [200, 202, 204]) {
    it(`takes ${status} for success`, () => {
      assert.deepEqual(answer(status), { kind: 'delivered', rejected: 0, notice: undefined });
    });
  }

  it('hears of the wait that is asked for', () => {
    const outcome = answer(503, { 'retry-after': '7' });
    assert.equal(outcome.kind === 'retryable' && outcome.retryAfterMs, 7000);
  });

  it('takes success for success when the rest of the answer is lost', () => {
    assert.equal(judgeAnswer({ status: 200, headers: {}, body: undefined }, 'metrics').kind, 'delivered');
  });

  for (const body of ['{}', 'null', '{"partialSuccess":{}}', '{"partialSuccess":null}']) {
    it(`finds nothing to tell in ${body}`, () => {
      const delivered = { kind: 'delivered', rejected: 0, notice: undefined };
      assert.deepEqual(answer(200, JSON_TYPE, body), delivered);
    });
  }

  for (const count of ['-1', '1.5', '1e300', '"many"', 'null', '[]', '{}']) {
    it(`finds no rejection in a count of ${count}`, () => {
      const outcome = answer(200, JSON_TYPE, `{"partialSuccess":{"rejectedDataPoints":${count}}}`);
      assert.equal(outcome.kind === 'delivered' && outcome.rejected, 0);
    });
  }

  for (const [signal, field, words] of [
    ['metrics', 'rejectedDataPoints', 'rejected data points'],
    ['traces', 'rejectedSpans', 'rejected spans'],
  ] as const) {
    it(`finds what was rejected of ${signal}, in both encodings`, () => {
      const delivered = { kind: 'delivered', rejected: 3, notice: `${words}: too old` };
      const json = `{"partialSuccess":{"${field}":"3","errorMessage":"too old"}}`;
      assert.deepEqual(answer(200, JSON_TYPE, json, signal), delivered);
      const partialSuccess = encodeMessage([
        [1, 3],
        [2, 'too old'],
      ]);
      const protobuf = encodeMessage([[1, partialSuccess]]);
      assert.deepEqual(answer(200, PROTOBUF, protobuf, signal), delivered);
    });
  }

  it('finds no rejection of spans in one of data points', () => {
    const outcome = answer(200, JSON_TYPE, '{"partialSuccess":{"rejectedDataPoints":3}}', 'traces');
    assert.deepEqual(outcome, { kind: 'delivered', rejected: 0, notice: undefined });
  });

  describe('tells of an error', () => {
    const message = (headers: Record<string, string>, body: string) => {
      const outcome = answer(400, headers, body);
      return outcome.kind === 'delivered'
        ? undefined
        : outcome.message.replace('answered with status 400', '');
    };

    it('what a text says', () => {
      assert.equal(
        message({ 'content-type': 'text/plain; charset=utf-8' }, 'bad request\r\nmore'),
        ': bad request',
      );
    });

    it('nothing of a page for people', () => {
      assert.equal(message({ 'content-type': 'text/html' }, '<html>bad request</html>'), '');
    });

    it('as much as fits a line', () => {
      const told = message({ 'content-type': 'text/plain' }, 'x'.repeat(100_000)) ?? '';
      assert.equal(told.length, 2 + 200 + 1);
      assert.ok(told.endsWith('…'));
    });

    it('nothing of malformed bodies', () => {
      assert.equal(message(JSON_TYPE, '{"message":'), '');
      assert.equal(message(JSON_TYPE, '"message"'), '');
      assert.equal(message(JSON_TYPE, '{"message":7}'), '');
      assert.equal(message({ 'content-type': 'application/x-protobuf' }, '\u0012\u007f'), '');
    });
  });
});
