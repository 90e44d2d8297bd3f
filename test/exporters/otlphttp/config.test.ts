import assert from 'node:assert/strict';
import { metricsTarget } from '../../../src/exporters/otlphttp/config.js';

describe('metricsTarget', () => {
  const targets: [string, string][] = [
    ['http://localhost:4318', 'http://localhost:4318/v1/metrics'],
    ['http://localhost:4318/', 'http://localhost:4318/v1/metrics'],
    ['https://h/tenant', 'https://h/tenant/v1/metrics'],
    ['https://h/tenant//', 'https://h/tenant/v1/metrics'],
    ['https://h/tenant?key=1', 'https://h/tenant/v1/metrics?key=1'],
  ];
  for (const [endpoint, url] of targets) {
    it(`adds the path to ${endpoint}`, () => {
      assert.deepEqual(metricsTarget({ endpoint, metrics_endpoint: null }), { url });
    });
  }

  it('takes metrics_endpoint as it is', () => {
    const config = { endpoint: 'http://localhost:4318', metrics_endpoint: 'http://h/in' };
    assert.deepEqual(metricsTarget(config), { url: 'http://h/in' });
  });

  it('sends through the socket of a unix URL', () => {
    assert.deepEqual(metricsTarget({ endpoint: 'unix:///run/otelcol.sock', metrics_endpoint: null }), {
      url: 'http://localhost/v1/metrics',
      socketPath: '/run/otelcol.sock',
    });
  });
});
