import assert from 'node:assert/strict';
import { CAPTURE_DEFAULTS, CLIENT_LIMITS, RETRY_DEFAULTS, TLS_DEFAULTS } from './defaults.js';
import { CASES, configsOf, load } from './support.js';

describe('a complete configuration', () => {
  const { config, warnings } = load(['complete']);

  it('has no warnings but those of what it leaves out', () => {
    assert.deepEqual(warnings, [
      `${CASES}/complete.yaml:50: processors.capture.per: operation leaves out messages that begin inside of an operation: their calls are not seen`,
      `${CASES}/complete.yaml:72: processors.enrich.latency: false leaves the spans of "traces" without outcome and duration`,
    ]);
  });

  it('gives receivers as they were written, durations in ms and sizes in bytes', () => {
    assert.deepEqual(configsOf(config.receivers), {
      uds: {
        threads: 2,
        nice: -3,
        busy_poll: 20,
        max_connections: 1024,
        buffer_size: 65_536,
        client_limits: { connections: 100, parked_bytes: 1_048_576, series: 7, methods: 8, pending_calls: 9 },
        containers: { directory: '/run/sockets', annotation: 'example.com/sockets' },
        sockets: [
          {
            name: 'geth',
            listen: '/run/udscope/sockets/geth/geth.sock',
            upstream: '/var/run/geth.ipc',
            takeover: false,
            mode: 0o660,
            owner: 'root',
            group: 998,
            container: {
              id: '4f0a',
              name: 'geth',
              image: 'ethereum/client-go',
              attributes: { 'k8s.pod.name': 'geth-0', team: 'chain' },
            },
            type: 'auto',
            protocol: 'jsonrpc',
            capture: 'capture/sampled',
            connect_timeout: 250,
            idle_timeout: 5_400_000,
            unanswered_after: 5000,
            answer_timeout: 0,
          },
          {
            name: 'docker.sock',
            listen: '@udscope/docker',
            upstream: '/run/docker.sock',
            takeover: false,
            mode: 'inherit',
            owner: 1000,
            group: 'inherit',
            container: null,
            type: 'auto',
            protocol: 'none',
            capture: null,
            connect_timeout: 0,
            idle_timeout: 0,
            unanswered_after: 5000,
            answer_timeout: 0,
          },
        ],
      },
      'uds/second': {
        threads: 'auto',
        nice: -5,
        busy_poll: 0,
        max_connections: 16_384,
        buffer_size: 8192,
        client_limits: CLIENT_LIMITS,
        containers: {
          directory: '/run/udscope/private/containers',
          annotation: 'dev.gvisor.uds.monitor.path',
        },
        sockets: [
          {
            name: 'agent',
            listen: '/run/udscope/sockets/agent/agent.sock',
            upstream: '@agent',
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
  });

  it('gives processors as they were written', () => {
    const { 'capture/sampled': sampled, ...others } = configsOf(config.processors);
    const taken = { strategy: 'module', module: './strategies/reads.js', options: { floor: 64 } };
    assert.deepEqual(
      new Map<string, unknown>(Object.entries(sampled as object)),
      new Map<string, unknown>([
        ['strategy', 'sampling'],
        ['ratio', 0.25],
        ['by', 'connection'],
        ['then', taken],
        ...Object.entries(CAPTURE_DEFAULTS),
      ]),
    );
    assert.deepEqual(others, {
      capture: {
        strategy: 'size_limit',
        max_bytes: 1024,
        tail_bytes: 64,
        per: 'operation',
        directions: ['send', 'recv'],
        ring_buffer: { entries: 4096, max_bytes: 8_388_608 },
      },
      'capture/own': {
        strategy: 'module',
        module: './strategies/reads.js',
        options: { limits: [1, 2], deep: { er: true } },
        ...CAPTURE_DEFAULTS,
        directions: ['recv'],
      },
      enrich: {
        protocols: ['jsonrpc'],
        methods: { known: ['eth_call', 'eth_chainId'], max: 0 },
        http: { routes: ['/orders/{id}'] },
        latency: false,
        payload: 'hashed',
        span_ratio: 0.5,
      },
    });
  });

  it('gives extensions as they were written', () => {
    assert.deepEqual(configsOf(config.extensions), {
      control: {
        socket: '/run/udscope/ops/ops.sock',
        mode: 0o600,
        group: 'daemon',
        allow: [1000, 1001, '@daemon', '@999'],
        allow_in_socket_directory: true,
      },
      'control/second': {
        socket: '/run/udscope/private/control.sock',
        mode: 0o660,
        group: null,
        allow: [0],
        allow_in_socket_directory: false,
      },
    });
    assert.deepEqual(config.service.extensions, ['control', 'control/second']);
  });

  it('gives exporters as they were written', () => {
    assert.deepEqual(configsOf(config.exporters), {
      prometheus: {
        endpoint: { host: '::1', port: 0 },
        path: '/uds/metrics',
        allowed_hosts: ['metrics.example', '*.svc.cluster.local'],
        translation_strategy: 'UnderscoreEscapingWithSuffixes',
        without_scope_info: false,
        resource_constant_labels: /^service\./,
      },
      'prometheus/everywhere': {
        endpoint: { host: undefined, port: 9465 },
        path: '/metrics',
        allowed_hosts: [],
        translation_strategy: 'UnderscoreEscapingWithSuffixes',
        without_scope_info: false,
        resource_constant_labels: null,
      },
      otlp_http: {
        endpoint: 'https://otelcol.example:4318/tenant',
        metrics_endpoint: 'http://metrics.example/in',
        traces_endpoint: 'http://traces.example/in',
        logs_endpoint: null,
        tls: TLS_DEFAULTS,
        headers: { authorization: 'Bearer 0123', 'x-tenant': '7' },
        compression: 'none',
        encoding: 'json',
        timeout: 10_000,
        interval: 15_000,
        temporality: 'delta',
        resource_per_container: true,
        retry_on_failure: {
          enabled: false,
          initial_interval: 1000,
          max_interval: 60_000,
          max_elapsed_time: 0,
          multiplier: 2,
        },
        sending_queue: { enabled: false, queue_size: 5000 },
      },
      'otlphttp/local': {
        endpoint: 'unix:///run/otelcol.sock',
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
      },
      debug: { verbosity: 'detailed', interval: 1000 },
    });
  });

  it('keeps ids as they were written, resolves types, and knows where components are', () => {
    const exporter = config.exporters.get('otlp_http');
    assert.equal(exporter?.id, 'otlp_http');
    assert.equal(exporter?.type, 'otlphttp');
    assert.deepEqual(exporter?.source, { file: `${CASES}/complete.yaml`, line: 85 });
  });

  it('gives the service and its pipelines', () => {
    assert.deepEqual(config.pipelines, [
      {
        id: 'metrics',
        signal: 'metrics',
        receivers: ['uds'],
        processors: ['capture', 'enrich'],
        exporters: ['prometheus', 'otlp_http'],
      },
      {
        id: 'metrics/second',
        signal: 'metrics',
        receivers: ['uds/second'],
        processors: ['capture/own'],
        exporters: ['prometheus/everywhere', 'otlphttp/local', 'debug'],
      },
      {
        id: 'traces',
        signal: 'traces',
        receivers: ['uds'],
        processors: ['capture', 'enrich'],
        exporters: ['otlp_http', 'debug'],
      },
    ]);
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
    assert.equal(config.positions(['receivers', 'uds', 'sockets', 0, 'listen']), `${file}:13`);
    assert.equal(config.positions(['exporters', 'prometheus/everywhere', 'path']), `${file}:84`);
    assert.equal(config.positions(['receivers', 'uds/second', 'sockets', 7]), `${file}:43`);
    assert.equal(config.positions([]), `${file}:2`);
  });
});
