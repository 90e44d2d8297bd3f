import assert from 'node:assert/strict';
import { CASES, load } from './support.js';

const RETRY_DEFAULTS = {
  enabled: true,
  initial_interval: 5000,
  max_interval: 30_000,
  max_elapsed_time: 300_000,
  multiplier: 1.5,
};

function configsOf(components: ReadonlyMap<string, { readonly config: unknown }>): Record<string, unknown> {
  return Object.fromEntries([...components].map(([id, { config }]) => [id, config]));
}

describe('a complete configuration', () => {
  const { config, warnings } = load(['complete']);

  it('has no warnings', () => {
    assert.deepEqual(warnings, []);
  });

  it('gives receivers as they were written, durations in ms and sizes in bytes', () => {
    assert.deepEqual(configsOf(config.receivers), {
      uds: {
        threads: 2,
        max_connections: 1024,
        buffer_size: 65_536,
        sockets: [
          {
            name: 'geth',
            listen: '/run/udscope/geth.sock',
            upstream: '/var/run/geth.ipc',
            mode: 0o660,
            owner: 'root',
            group: 998,
            container: {
              id: '4f0a',
              name: 'geth',
              image: 'ethereum/client-go',
              attributes: { 'k8s.pod.name': 'geth-0', team: 'chain' },
            },
            connect_timeout: 250,
            idle_timeout: 5_400_000,
          },
          {
            name: 'docker.sock',
            listen: '@udscope/docker',
            upstream: '/run/docker.sock',
            mode: 'inherit',
            owner: 1000,
            group: 'inherit',
            container: null,
            connect_timeout: 0,
            idle_timeout: 0,
          },
        ],
      },
      'uds/second': {
        threads: 'auto',
        max_connections: 16_384,
        buffer_size: 8192,
        sockets: [
          {
            name: 'agent',
            listen: '/run/udscope/agent.sock',
            upstream: '@agent',
            mode: 'inherit',
            owner: 'inherit',
            group: 'inherit',
            container: null,
            connect_timeout: 5000,
            idle_timeout: 0,
          },
        ],
      },
    });
  });

  it('gives exporters as they were written', () => {
    assert.deepEqual(configsOf(config.exporters), {
      prometheus: {
        endpoint: { host: '::1', port: 0 },
        path: '/uds/metrics',
        without_scope_info: false,
        resource_constant_labels: /^service\./,
      },
      'prometheus/everywhere': {
        endpoint: { host: undefined, port: 9465 },
        path: '/metrics',
        without_scope_info: true,
        resource_constant_labels: null,
      },
      otlp_http: {
        endpoint: 'https://otelcol.example:4318/tenant',
        metrics_endpoint: 'http://metrics.example/in',
        headers: { authorization: 'Bearer 0123', 'x-tenant': '7' },
        compression: 'none',
        encoding: 'json',
        timeout: 10_000,
        interval: 15_000,
        temporality: 'delta',
        retry_on_failure: {
          enabled: false,
          initial_interval: 1000,
          max_interval: 60_000,
          max_elapsed_time: 0,
          multiplier: 2,
        },
      },
      'otlphttp/local': {
        endpoint: 'unix:///run/otelcol.sock',
        metrics_endpoint: null,
        headers: {},
        compression: 'gzip',
        encoding: 'proto',
        timeout: 30_000,
        interval: 60_000,
        temporality: 'cumulative',
        retry_on_failure: RETRY_DEFAULTS,
      },
      debug: { verbosity: 'detailed', interval: 1000 },
    });
  });

  it('keeps ids as they were written, resolves types, and knows where components are', () => {
    const exporter = config.exporters.get('otlp_http');
    assert.equal(exporter?.id, 'otlp_http');
    assert.equal(exporter?.type, 'otlphttp');
    assert.deepEqual(exporter?.source, { file: `${CASES}/complete.yaml`, line: 47 });
  });

  it('gives the service and its pipelines', () => {
    assert.deepEqual(config.pipelines, [
      {
        id: 'metrics',
        signal: 'metrics',
        receivers: ['uds'],
        processors: [],
        exporters: ['prometheus', 'otlp_http'],
      },
      {
        id: 'metrics/second',
        signal: 'metrics',
        receivers: ['uds/second'],
        processors: [],
        exporters: ['prometheus/everywhere', 'otlphttp/local', 'debug'],
      },
    ]);
    assert.deepEqual(config.service.extensions, []);
    assert.deepEqual(config.service.telemetry, {
      resource: { 'service.name': 'relay', 'host.index': 3, production: true },
      logs: { level: 'debug', encoding: 'json' },
      metrics: { attributes: ['container.id', 'k8s.pod.name'], max_series: 500, linger: 300_000 },
    });
    assert.deepEqual(config.resource, { 'service.name': 'relay', 'host.index': 3, production: true });
    assert.equal(config.telemetryDisabled, false);
  });

  it('points at the file for errors at start', () => {
    const file = `${CASES}/complete.yaml`;
    assert.equal(config.positions(['receivers', 'uds', 'sockets', 0, 'listen']), `${file}:9`);
    assert.equal(config.positions(['exporters', 'prometheus/everywhere', 'path']), `${file}:46`);
    assert.equal(config.positions(['receivers', 'uds/second', 'sockets', 7]), `${file}:35`);
    assert.equal(config.positions([]), `${file}:2`);
  });
});

describe('a minimal configuration', () => {
  const { config, warnings } = load(['minimal']);

  it('has all defaults, also where a component has no body', () => {
    assert.deepEqual(warnings, []);
    assert.deepEqual(configsOf(config.receivers), {
      uds: {
        threads: 'auto',
        max_connections: 16_384,
        buffer_size: 262_144,
        sockets: [
          {
            name: 'docker.sock',
            listen: '/run/udscope/docker.sock',
            upstream: '/var/run/docker.sock',
            mode: 'inherit',
            owner: 'inherit',
            group: 'inherit',
            container: null,
            connect_timeout: 5000,
            idle_timeout: 0,
          },
        ],
      },
    });
    assert.deepEqual(configsOf(config.exporters), {
      prometheus: {
        endpoint: { host: 'localhost', port: 9464 },
        path: '/metrics',
        without_scope_info: true,
        resource_constant_labels: null,
      },
    });
    assert.deepEqual(config.service.telemetry, {
      resource: {},
      logs: { level: 'info', encoding: 'console' },
      metrics: {
        attributes: [
          'container.id',
          'container.name',
          'k8s.namespace.name',
          'k8s.pod.name',
          'k8s.container.name',
        ],
        max_series: 20_000,
        linger: 60_000,
      },
    });
  });

  it('has the defaults of an exporter that is only named', () => {
    const loaded = load(['minimal'], { sets: ['exporters.debug=', 'exporters.otlphttp='] });
    assert.deepEqual(loaded.config.exporters.get('debug')?.config, { verbosity: 'basic', interval: 10_000 });
    assert.deepEqual(loaded.config.exporters.get('otlphttp')?.config, {
      endpoint: 'http://localhost:4318',
      metrics_endpoint: null,
      headers: {},
      compression: 'gzip',
      encoding: 'proto',
      timeout: 30_000,
      interval: 60_000,
      temporality: 'cumulative',
      retry_on_failure: RETRY_DEFAULTS,
    });
  });

  it('takes relative paths from the current directory', () => {
    const loaded = load(['minimal'], {
      sets: ['receivers.uds.sockets=[{listen: a.sock, upstream: ./b/../c.sock}]'],
    });
    const [socket] = loaded.config.receivers.get('uds')?.config.sockets ?? [];
    assert.equal(socket?.listen, `${process.cwd()}/a.sock`);
    assert.equal(socket?.upstream, `${process.cwd()}/c.sock`);
  });
});
