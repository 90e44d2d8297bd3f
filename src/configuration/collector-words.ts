// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these texts speak of substitutions.
import type { ComponentKind } from './components.js';

/*
 * What users of the OpenTelemetry Collector write from memory and udscope does not have: each with one sentence that says
 * what to do here, in words that follow what they wrote.
 */

type Advice = Readonly<Record<string, string>>;

const BEHIND = 'give it to a Collector behind udscope (exporters.otlphttp)';

const PROCESSORS: Advice = {
  batch: 'is not needed: the otlphttp exporter batches by itself (interval, sending_queue); leave it out',
  memory_limiter: 'is not needed: udscope bounds its memory by client_limits and ring_buffer; leave it out',
  resource: 'is not available; give attributes of the agent as service.telemetry.resource',
  resourcedetection: `is not available; give attributes as service.telemetry.resource, or ${BEHIND}`,
  attributes: `is not available; choose the labels with service.telemetry.metrics.attributes, or ${BEHIND}`,
  filter: `is not available; ${BEHIND}, or relay fewer sockets`,
  transform: `is not available; ${BEHIND}`,
  metricstransform: `is not available; ${BEHIND}`,
  groupbyattrs: `is not available; ${BEHIND}`,
  cumulativetodelta: 'is not needed: write temporality: delta in the otlphttp exporter',
  deltatocumulative: 'is not needed: metrics are cumulative unless an exporter says temporality: delta',
  k8sattributes:
    'is not needed: udscope finds pods and containers by itself (service.telemetry.metrics.attributes); leave it out',
  probabilistic_sampler: 'is not available; write span_ratio in the enrich processor',
  tail_sampling: `is not available; write span_ratio in the enrich processor, or ${BEHIND}`,
  redaction: 'is not available; what spans show of payload is enrich.payload: none | hashed | raw',
};

const EXPORTERS: Advice = {
  otlp: 'sends gRPC, which udscope does not speak; write otlphttp, with endpoint: http://HOST:4318',
  otlp_grpc: 'sends gRPC, which udscope does not speak; write otlphttp, with endpoint: http://HOST:4318',
  otlpgrpc: 'sends gRPC, which udscope does not speak; write otlphttp, with endpoint: http://HOST:4318',
  logging: 'is called debug, as in the Collector since 0.111; write debug',
  file: 'is not available; write debug, which prints into the log, or otlphttp to a Collector with a file exporter',
  prometheusremotewrite:
    'is not available; have Prometheus scrape the prometheus exporter, or send otlphttp to its /api/v1/otlp/v1/metrics (metrics_endpoint)',
  prometheus_remote_write:
    'is not available; have Prometheus scrape the prometheus exporter, or send otlphttp to its /api/v1/otlp/v1/metrics (metrics_endpoint)',
  nop: 'is not available; to relay without exporting, set OTEL_SDK_DISABLED=true',
  kafka: `is not available; ${BEHIND}`,
  loki: 'is not available; Loki takes OTLP: write otlphttp, with endpoint: http://HOST:3100/otlp',
  jaeger: 'is not available; Jaeger takes OTLP: write otlphttp, with endpoint: http://HOST:4318',
  zipkin: `is not available; ${BEHIND}`,
};

const RECEIVERS: Advice = {
  otlp: 'is not available: udscope observes Unix sockets (uds); let programs send OTLP to a Collector',
  hostmetrics: 'is not available: udscope observes Unix sockets (uds); use a Collector for the host',
  prometheus: 'is not available: udscope is scraped itself; write prometheus below exporters',
  docker_stats:
    'is not available: udscope observes Unix sockets (uds); use a Collector for statistics of containers',
  filelog: 'is not available: udscope observes Unix sockets (uds); use a Collector for logs',
  nop: 'is not available; write uds, with containers: {} if there is no socket yet',
};

const EXTENSIONS: Advice = {
  health_check:
    'is not available; a running agent answers `udscope status` (extension control) and scrapes (prometheus)',
  zpages: 'is not available; `udscope status` and `udscope tail` show a running agent (extension control)',
  pprof: 'is not available; profile with node --cpu-prof',
  file_storage: 'is not available: what waits to be sent is kept in memory; leave it out',
  basicauth: 'is not available; write headers: { authorization: "Basic …" } in the otlphttp exporter',
  bearertokenauth:
    'is not available; write headers: { authorization: "Bearer ${file:/run/secrets/token}" } in the otlphttp exporter',
  headers_setter: 'is not available; write headers in the otlphttp exporter',
  oauth2client: 'is not available; send to a Collector that has it',
  opamp: 'is not available; change the file and send SIGHUP',
  memory_limiter: 'is not needed: udscope bounds its memory by client_limits and ring_buffer; leave it out',
  memory_ballast: 'is not needed; leave it out',
};

/** By kind of component and type. */
export const TYPE_ADVICE: Readonly<Record<ComponentKind, Advice>> = {
  receivers: RECEIVERS,
  processors: PROCESSORS,
  exporters: EXPORTERS,
  extensions: EXTENSIONS,
};

/** By signal of a pipeline. */
export const SIGNAL_ADVICE: Advice = {
  profiles: 'udscope has no profiles to export',
};

/** By key at the top level. */
export const TOP_LEVEL_ADVICE: Advice = {
  connectors:
    'is not available: udscope joins no pipelines; list the exporters in each pipeline, or use connectors in a Collector behind it',
};
