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

  it('finds EACCES final', () => {
    const message = 'it is EACCES';
    assert.deepEqual(failure('EACCES'), { kind: 'permanent', reason: 'unreachable', message });
  });

  const faults: [string, string][] = [
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is self-signed; trust it with tls.ca_file'],
    ['CERT_HAS_EXPIRED', 'its certificate has expired'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not speak TLS there; is it http://?'],
    ['ERR_SSL_SOMETHING_ELSE', 'no agreement on TLS'],
  ];
  for (const [code, words] of faults) {
    it(`finds ${code} worth another try, since certificates are renewed`, () => {
      const message = `${words} (it is ${code})`;
      assert.deepEqual(failure(code), { kind: 'retryable', reason: 'unreachable', message });
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
