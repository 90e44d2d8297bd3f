import assert from 'node:assert/strict';
import { readEnvironment } from '../../src/configuration/environment.js';
import type { Signal } from '../../src/values/signal.js';
import { CLIENT, certificatePath } from '../exporters/otlphttp/certificates.js';
import { TLS_DEFAULTS } from './defaults.js';
import { load } from './support.js';

/** The settings of an otlphttp exporter that the file only names, or says `written` of. */
function otlp(env: Record<string, string>, written = '') {
  const sets = [
    `exporters.otlphttp=${written}`,
    'service.pipelines.metrics.exporters=[prometheus, otlphttp]',
  ];
  const { config, warnings } = load(['minimal'], { sets, env });
  const exporter = config.exporters.get('otlphttp');
  assert.ok(exporter?.type === 'otlphttp');
  return { config: exporter.config, warnings };
}

function prometheusEndpoint(env: Record<string, string>, sets: string[] = []) {
  const { config } = load(['minimal'], { env, sets });
  const exporter = config.exporters.get('prometheus');
  assert.ok(exporter?.type === 'prometheus');
  return exporter.config.endpoint;
}

describe('OTEL_ variables of the OTLP exporter', () => {
  it('fill what the file leaves out', () => {
    const { config, warnings } = otlp({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otelcol:4318',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x, x-tenant=7',
      OTEL_EXPORTER_OTLP_TIMEOUT: '1500',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'none',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRIC_EXPORT_INTERVAL: '20000',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'Delta',
    });
    assert.deepEqual(warnings, []);
    assert.deepEqual(config, {
      endpoint: 'http://otelcol:4318',
      metrics_endpoint: null,
      traces_endpoint: null,
      logs_endpoint: null,
      tls: TLS_DEFAULTS,
      headers: { authorization: 'Bearer x', 'x-tenant': '7' },
      compression: 'none',
      encoding: 'json',
      timeout: 1500,
      interval: 20_000,
      temporality: 'delta',
      resource_per_container: false,
      retry_on_failure: {
        enabled: true,
        initial_interval: 5000,
        max_interval: 30_000,
        max_elapsed_time: 300_000,
        multiplier: 1.5,
      },
      sending_queue: { enabled: true, queue_size: 1000 },
    });
  });

  it('prefer those of metrics to those of all signals', () => {
    const { config } = otlp({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://all',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://metrics/path',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=all',
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'b=metrics',
      OTEL_EXPORTER_OTLP_TIMEOUT: '1',
      OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '2',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: 'none',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json',
    });
    assert.equal(config.endpoint, 'http://all');
    assert.equal(config.metrics_endpoint, 'http://metrics/path');
    assert.deepEqual(config.headers, { b: 'metrics' });
    assert.equal(config.timeout, 2);
    assert.equal(config.compression, 'none');
    assert.equal(config.encoding, 'json');
  });

  describe('that are of one signal', () => {
    const env = Object.fromEntries(
      ['', 'METRICS_', 'TRACES_', 'LOGS_'].flatMap((signal) => [
        [`OTEL_EXPORTER_OTLP_${signal}ENDPOINT`, `http://${signal.toLowerCase()}host`],
        [`OTEL_EXPORTER_OTLP_${signal}HEADERS`, `of=${signal}`],
      ]),
    );
    const valuesFor = (...signals: Signal[]) => readEnvironment(env).defaultsOf('otlphttp', signals)?.values;

    it('count where nothing else is exported', () => {
      assert.deepEqual(valuesFor('metrics')?.['headers'], { of: 'METRICS_' });
      assert.deepEqual(valuesFor('traces')?.['headers'], { of: 'TRACES_' });
      assert.deepEqual(valuesFor('metrics', 'traces')?.['headers'], { of: '' });
    });

    it('are left alone where that signal is not exported', () => {
      const values = readEnvironment({ ...env, OTEL_METRIC_EXPORT_INTERVAL: '5000' });
      const ofTraces = values.defaultsOf('otlphttp', ['traces'])?.values;
      assert.deepEqual([ofTraces?.['metrics_endpoint'], ofTraces?.['interval']], [undefined, undefined]);
      assert.equal(values.defaultsOf('otlphttp', ['metrics'])?.values['traces_endpoint'], undefined);
      assert.equal(ofTraces?.['logs_endpoint'], undefined);
    });

    it('have endpoints of their own in any case', () => {
      const values = valuesFor('metrics', 'traces', 'logs');
      assert.deepEqual(
        ['endpoint', 'metrics_endpoint', 'traces_endpoint', 'logs_endpoint'].map((key) => values?.[key]),
        ['http://host', 'http://metrics_host', 'http://traces_host', 'http://logs_host'],
      );
    });
  });

  it('do not lead one signal elsewhere than the file says', () => {
    const { config } = otlp(
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://all',
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://metrics/path',
      },
      '{ metrics_endpoint: "http://here/in" }',
    );
    assert.equal(config.metrics_endpoint, 'http://here/in');
    assert.equal(config.endpoint, 'http://all');
  });

  it('give way to what the file says', () => {
    const { config } = otlp(
      {
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://elsewhere/v1/metrics',
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://elsewhere/v1/traces',
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=of-elsewhere',
        OTEL_EXPORTER_OTLP_TIMEOUT: '1',
        OTEL_EXPORTER_OTLP_COMPRESSION: 'none',
      },
      '{ endpoint: "http://here:4318", headers: {}, timeout: 2s }',
    );
    assert.equal(config.endpoint, 'http://here:4318');
    assert.equal(config.metrics_endpoint, null, 'an endpoint in the file is not bypassed');
    assert.equal(config.traces_endpoint, null, 'an endpoint in the file is not bypassed');
    assert.deepEqual(config.headers, {});
    assert.equal(config.timeout, 2000);
    assert.equal(config.compression, 'none');
  });

  it('are warned of and left when they make no sense, without showing headers', () => {
    const { config, warnings } = otlp({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'otelcol:4317',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=secret,secret',
      OTEL_EXPORTER_OTLP_TIMEOUT: '10s',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'zstd',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_METRIC_EXPORT_INTERVAL: '0',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'sometimes',
    });
    assert.equal(config.endpoint, 'http://localhost:4318');
    assert.equal(config.timeout, 30_000);
    assert.deepEqual(warnings, [
      'OTEL_EXPORTER_OTLP_ENDPOINT: "otelcol:4317" has no scheme, and 4317 is the port of gRPC; write http://HOST:4318; the variable is ignored',
      'OTEL_EXPORTER_OTLP_HEADERS: its value is not a list of headers as name=value,name=value; the variable is ignored',
      'OTEL_EXPORTER_OTLP_COMPRESSION: "zstd" is not one of gzip, none; the variable is ignored',
      'OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" is not supported by udscope; give http/protobuf or http/json; the variable is ignored',
      'OTEL_EXPORTER_OTLP_TIMEOUT: "10s" is not a number of milliseconds from 1 to 999999999; the variable is ignored',
      'OTEL_METRIC_EXPORT_INTERVAL: "0" is not a number of milliseconds from 1 to 999999999; the variable is ignored',
      'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "sometimes" is not one of cumulative, delta, lowmemory; the variable is ignored',
    ]);
  });

  it('name certificates, each for its signal or for all', () => {
    const variables = {
      OTEL_EXPORTER_OTLP_CERTIFICATE: certificatePath('other-ca.pem'),
      OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE: certificatePath('ca.pem'),
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: CLIENT.cert_file,
      OTEL_EXPORTER_OTLP_CLIENT_KEY: CLIENT.key_file,
    };
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otelcol:4318' };
    const { config, warnings } = otlp({ ...variables, ...endpoint });
    assert.deepEqual(warnings, []);
    assert.deepEqual(config.tls, { ...TLS_DEFAULTS, ca_file: certificatePath('ca.pem'), ...CLIENT });
    const { config: own } = otlp(
      variables,
      '{ endpoint: "https://here", tls: { insecure_skip_verify: false } }',
    );
    assert.deepEqual(own.tls, TLS_DEFAULTS, 'the file has the last word');
  });

  it('are warned of and left when they name certificates that cannot be used', () => {
    const { config, warnings } = otlp({
      OTEL_EXPORTER_OTLP_CERTIFICATE: '/none/ca.pem',
      OTEL_EXPORTER_OTLP_CLIENT_KEY: CLIENT.key_file,
    });
    assert.deepEqual(config.tls, TLS_DEFAULTS);
    assert.match(
      warnings[0] ?? '',
      /^OTEL_EXPORTER_OTLP_CERTIFICATE: "\/none\/ca\.pem" .*does not exist; the variable is ignored$/,
    );
    assert.match(
      warnings[1] ?? '',
      /^OTEL_EXPORTER_OTLP_CLIENT_KEY: .* has no OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE beside it/,
    );
    const alone = otlp({ OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: CLIENT.cert_file });
    assert.match(alone.warnings[0] ?? '', /needs its key/);
  });

  it('are not spoken of to those who have no such exporter', () => {
    assert.deepEqual(load(['minimal'], { env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' } }).warnings, []);
  });

  it('are not set when they are empty', () => {
    const { config, warnings } = otlp({ OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_EXPORTER_OTLP_TIMEOUT: '' });
    assert.equal(config.endpoint, 'http://localhost:4318');
    assert.deepEqual(warnings, []);
  });
});

describe('OTEL_ variables of the Prometheus exporter', () => {
  it('fill host and port, each by itself', () => {
    assert.deepEqual(prometheusEndpoint({ OTEL_EXPORTER_PROMETHEUS_HOST: '0.0.0.0' }), {
      host: '0.0.0.0',
      port: 9464,
    });
    assert.deepEqual(prometheusEndpoint({ OTEL_EXPORTER_PROMETHEUS_PORT: '0' }), {
      host: 'localhost',
      port: 0,
    });
    const both = { OTEL_EXPORTER_PROMETHEUS_HOST: '::1', OTEL_EXPORTER_PROMETHEUS_PORT: '80' };
    assert.deepEqual(prometheusEndpoint(both), { host: '::1', port: 80 });
  });

  it('give way to an endpoint in the file', () => {
    const sets = ['exporters.prometheus.endpoint=localhost:1'];
    assert.deepEqual(prometheusEndpoint({ OTEL_EXPORTER_PROMETHEUS_PORT: '80' }, sets), {
      host: 'localhost',
      port: 1,
    });
  });

  it('are warned of when they make no sense', () => {
    const env = { OTEL_EXPORTER_PROMETHEUS_HOST: 'a b', OTEL_EXPORTER_PROMETHEUS_PORT: '65536' };
    assert.deepEqual(load(['minimal'], { env }).warnings, [
      'OTEL_EXPORTER_PROMETHEUS_HOST: "a b" is not a host; the variable is ignored',
      'OTEL_EXPORTER_PROMETHEUS_PORT: "65536" is not a port; the variable is ignored',
    ]);
  });
});

describe('OTEL_ variables of the agent', () => {
  it('give resource attributes below those of the file', () => {
    const env = {
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=a,deployment.environment.name=a%2Cb,team=c',
      OTEL_SERVICE_NAME: 'relay',
    };
    const { config } = load(['minimal'], { env, sets: ['service.telemetry.resource={ team: file }'] });
    assert.deepEqual(config.resource, {
      'service.name': 'relay',
      'deployment.environment.name': 'a,b',
      team: 'file',
    });
  });

  it('leave all resource attributes out when one is malformed', () => {
    for (const attributes of ['a=b,c', '=b', 'a=%zz', 'a=b,%ff=c']) {
      const { resource, warnings } = readEnvironment({ OTEL_RESOURCE_ATTRIBUTES: attributes });
      assert.deepEqual(resource, {});
      assert.match(warnings.join(), /^OTEL_RESOURCE_ATTRIBUTES: its value /);
    }
    assert.deepEqual(readEnvironment({ OTEL_RESOURCE_ATTRIBUTES: ' a = b ,, c=d=e,' }).resource, {
      a: 'b',
      c: 'd=e',
    });
  });

  it('disable telemetry', () => {
    assert.equal(load(['minimal'], { env: { OTEL_SDK_DISABLED: 'True' } }).config.telemetryDisabled, true);
    assert.equal(load(['minimal'], { env: { OTEL_SDK_DISABLED: 'false' } }).config.telemetryDisabled, false);
    const { config, warnings } = load(['minimal'], { env: { OTEL_SDK_DISABLED: '1' } });
    assert.equal(config.telemetryDisabled, false);
    assert.deepEqual(warnings, ['OTEL_SDK_DISABLED: "1" is not one of true, false; the variable is ignored']);
  });
});
