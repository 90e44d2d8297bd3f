import assert from 'node:assert/strict';
import { CAPTURE_DEFAULTS, CLIENT_LIMITS, RETRY_DEFAULTS, TLS_DEFAULTS } from './defaults.js';
import { configsOf, load } from './support.js';

describe('a minimal configuration', () => {
  const { config, warnings } = load(['minimal']);

  it('has all defaults, also where a component has no body', () => {
    assert.deepEqual(warnings, []);
    assert.deepEqual(configsOf(config.receivers), {
      uds: {
        threads: 'auto',
        nice: -5,
        busy_poll: 0,
        max_connections: 16_384,
        buffer_size: 262_144,
        client_limits: CLIENT_LIMITS,
        containers: {
          directory: '/run/udscope/private/containers',
          annotation: 'dev.gvisor.uds.monitor.path',
        },
        sockets: [
          {
            name: 'docker.sock',
            listen: '/run/udscope/docker.sock',
            upstream: '/var/run/docker.sock',
            takeover: false,
            mode: 'inherit',
            owner: 'inherit',
            group: 'inherit',
            container: null,
            type: 'auto',
            protocol: 'auto',
            capture: null,
            connect_timeout: 5000,
            idle_timeout: 0,
            unanswered_after: 5000,
            answer_timeout: 0,
          },
        ],
      },
    });
    assert.deepEqual(configsOf(config.exporters), {
      prometheus: {
        endpoint: { host: 'localhost', port: 9464 },
        path: '/metrics',
        allowed_hosts: [],
        translation_strategy: 'UnderscoreEscapingWithSuffixes',
        without_scope_info: false,
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

  it('has the defaults of processors that are only named', () => {
    const loaded = load(['minimal'], { sets: ['processors.capture=', 'processors.enrich='] });
    assert.deepEqual(configsOf(loaded.config.processors), {
      capture: { strategy: 'size_limit', ...CAPTURE_DEFAULTS },
      enrich: {
        protocols: [
          'varlink',
          'dbus',
          'postgresql',
          'ttrpc',
          'mysql',
          'msgpack_rpc',
          'grpc',
          'redis',
          'mcp',
          'jsonrpc',
          'http',
        ],
        methods: { known: [], max: 200 },
        http: { routes: [] },
        latency: true,
        payload: 'none',
        span_ratio: 1,
      },
    });
  });

  it('has the defaults of an exporter that is only named', () => {
    const loaded = load(['minimal'], { sets: ['exporters.debug=', 'exporters.otlphttp='] });
    assert.deepEqual(loaded.config.exporters.get('debug')?.config, { verbosity: 'basic', interval: 10_000 });
    assert.deepEqual(loaded.config.exporters.get('otlphttp')?.config, {
      endpoint: 'http://localhost:4318',
      metrics_endpoint: null,
      traces_endpoint: null,
      logs_endpoint: null,
      tls: TLS_DEFAULTS,
      headers: {},
      compression: 'gzip',
      encoding: 'proto',
      timeout: 30_000,
      interval: 60_000,
      temporality: 'cumulative',
      resource_per_container: false,
      retry_on_failure: RETRY_DEFAULTS,
      sending_queue: { enabled: true, queue_size: 1000 },
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
