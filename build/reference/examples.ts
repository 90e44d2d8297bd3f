/*
 * What is shown of settings that have no default, or one that says nothing, by their paths. `undefined`: the setting is left
 * out, because it is for another case than the rest of the example.
 */
export const EXAMPLES: Readonly<Record<string, unknown>> = {
  'receivers.uds.sockets': [
    {
      name: 'docker',
      listen: '/run/udscope/sockets/docker/docker.sock',
      upstream: '/var/run/docker.sock',
      type: 'auto',
      takeover: false,
      mode: 'inherit',
      owner: 'inherit',
      group: 'inherit',
      credentials: 'client',
      container: null,
      protocol: 'http',
      capture: null,
      connect_timeout: '5s',
      idle_timeout: '0s',
      unanswered_after: '5s',
      answer_timeout: '0s',
    },
    {
      upstream: '/var/lib/geth/geth.ipc',
      container: {
        id: 'wallet',
        name: 'wallet',
        image: 'example/wallet:1.0',
        attributes: { 'k8s.pod.name': 'wallet-0' },
      },
    },
  ],
  'processors.capture.max_bytes': '1KiB',
  'processors.capture.module': undefined,
  'processors.capture.options': undefined,
  'processors.capture.ratio': undefined,
  'processors.capture.by': undefined,
  'processors.capture.then': undefined,
  'processors.enrich.methods.known': ['eth_sendRawTransaction'],
  'processors.enrich.http.routes': ['/orders/{id}', '/files/{path...}'],
  'exporters.prometheus.resource_constant_labels': '^service\\.',
  'exporters.otlphttp.metrics_endpoint': null,
  'exporters.otlphttp.traces_endpoint': 'http://tempo:4318/v1/traces',
  'exporters.otlphttp.logs_endpoint': 'http://loki:3100/otlp/v1/logs',
  'exporters.otlphttp.headers': { 'x-scope-orgid': 'team-a' },
  'exporters.otlphttp.tls': { min_version: '1.2', max_version: '1.3' },
  'extensions.control.group': null,
  'service.extensions': ['control'],
  'service.telemetry.resource': { 'deployment.environment.name': 'production' },
  'service.pipelines': {
    metrics: { receivers: ['uds'], processors: ['capture', 'enrich'], exporters: ['prometheus'] },
    traces: { receivers: ['uds'], processors: ['capture', 'enrich'], exporters: ['otlphttp'] },
    logs: { receivers: ['uds'], processors: ['capture', 'enrich'], exporters: ['otlphttp'] },
  },
};
