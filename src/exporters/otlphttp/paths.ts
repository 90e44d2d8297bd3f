import type { Signal } from '../../values/signal.js';

/** OTLP/HTTP's paths, opentelemetry-proto, "OTLP/HTTP Request". */
export const PATHS: Readonly<Record<Signal, string>> = {
  metrics: '/v1/metrics',
  traces: '/v1/traces',
  logs: '/v1/logs',
};
