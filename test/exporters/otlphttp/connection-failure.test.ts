import assert from 'node:assert/strict';
import { connectionFailure, outOfTime } from '../../../src/exporters/otlphttp/connection-failure.js';

describe('connectionFailure', () => {
  const failure = (code: string) => connectionFailure(Object.assign(new Error(`it is ${code}`), { code }));

  for (const code of [
    'ECONNREFUSED',
    'ECONNRESET',
    'ENOENT',
    'EAGAIN',
    'ENOTFOUND',
    'EHOSTUNREACH',
    'EPIPE',
  ]) {
    it(`finds ${code} worth another try`, () => {
      assert.deepEqual(failure(code), { kind: 'retryable', reason: 'unreachable', message: `it is ${code}` });
    });
  }

  for (const code of ['EACCES', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID']) {
    it(`finds ${code} final`, () => {
      assert.deepEqual(failure(code), { kind: 'permanent', reason: 'unreachable', message: `it is ${code}` });
    });
  }

  it('finds what is no HTTP final', () => {
    const { kind, reason } = failure('HPE_INVALID_CONSTANT');
    assert.deepEqual({ kind, reason }, { kind: 'permanent', reason: 'malformed' });
  });

  it('finds a timeout worth another try', () => {
    const message = 'no answer within 30 ms';
    assert.deepEqual(connectionFailure(outOfTime(30)), { kind: 'retryable', reason: 'timeout', message });
  });

  it('says what became of each address of a host', () => {
    const errors = [new Error('connect ECONNREFUSED ::1:9'), new Error('connect ECONNREFUSED 127.0.0.1:9')];
    const { kind, message } = connectionFailure(
      Object.assign(new AggregateError(errors), { code: 'ECONNREFUSED' }),
    );
    assert.equal(kind, 'retryable');
    assert.equal(message, 'connect ECONNREFUSED ::1:9, connect ECONNREFUSED 127.0.0.1:9');
  });
});
