import assert from 'node:assert/strict';
import { targetOf } from '../../../src/exporters/otlphttp/config.js';
import { SIGNALS } from '../../../src/values/signal.js';

const UNSET = { metrics_endpoint: null, traces_endpoint: null, logs_endpoint: null };

describe('targetOf', () => {
  const targets: [string, string][] = [
    ['http://localhost:4318', 'http://localhost:4318/v1/metrics'],
    ['http://localhost:4318/', 'http://localhost:4318/v1/metrics'],
    ['https://h/tenant', 'https://h/tenant/v1/metrics'],
    ['https://h/tenant//', 'https://h/tenant/v1/metrics'],
    ['https://h/tenant?key=1', 'https://h/tenant/v1/metrics?key=1'],
  ];
  for (const [endpoint, url] of targets) {
    it(`adds the path to ${endpoint}`, () => {
      assert.deepEqual(targetOf('metrics', { ...UNSET, endpoint }), { url });
      const traces = url.replace('/v1/metrics', '/v1/traces');
      assert.deepEqual(targetOf('traces', { ...UNSET, endpoint }), { url: traces });
      const logs = url.replace('/v1/metrics', '/v1/logs');
      assert.deepEqual(targetOf('logs', { ...UNSET, endpoint }), { url: logs });
    });
  }

  it('takes the endpoint of a signal as it is, for that signal', () => {
    const endpoint = 'http://localhost:4318';
    const ofMetrics = { ...UNSET, endpoint, metrics_endpoint: 'http://h/in' };
    assert.deepEqual(targetOf('metrics', ofMetrics), { url: 'http://h/in' });
    assert.deepEqual(targetOf('traces', ofMetrics), { url: 'http://localhost:4318/v1/traces' });
    const ofTraces = { ...UNSET, endpoint, traces_endpoint: 'http://h/in' };
    assert.deepEqual(targetOf('traces', ofTraces), { url: 'http://h/in' });
    assert.deepEqual(targetOf('metrics', ofTraces), { url: 'http://localhost:4318/v1/metrics' });
    const ofLogs = { ...UNSET, endpoint, logs_endpoint: 'http://h/in' };
    assert.deepEqual(targetOf('logs', ofLogs), { url: 'http://h/in' });
    assert.deepEqual(targetOf('traces', ofLogs), { url: 'http://localhost:4318/v1/traces' });
  });

  it('sends through the socket of a unix URL', () => {
    for (const signal of SIGNALS) {
      assert.deepEqual(targetOf(signal, { ...UNSET, endpoint: 'unix:///run/otelcol.sock' }), {
        url: `http://localhost/v1/${signal}`,
        socketPath: '/run/otelcol.sock',
      });
    }
  });
});
