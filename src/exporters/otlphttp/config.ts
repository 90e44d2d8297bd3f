import * as z from 'zod';
import { duration, positiveDuration } from '../../values/duration.js';
import { httpOrUnixUrl, httpUrl, unixSocketPath } from '../../values/endpoint.js';
import { headerName, headerValue } from '../../values/header.js';
import { helpfulKeys } from '../../values/helpful-keys.js';
import { numberFrom, wholeNumber } from '../../values/number.js';
import type { Signal } from '../../values/signal.js';
import { PATHS } from './paths.js';
import { tlsSchema } from './tls-config.js';

const MAX_QUEUE_SIZE = 1_000_000;

const retrySchema = z
  .strictObject({
    enabled: z
      .boolean()
      .prefault(true)
      .describe('Send again what the receiver could not take for a passing reason.'),
    initial_interval: positiveDuration().prefault('5s').describe('Wait before the first retry.'),
    max_interval: positiveDuration().prefault('30s').describe('Longest wait between two retries.'),
    max_elapsed_time: duration()
      .prefault('300s')
      .describe('Give up on a request this long after its first attempt. 0s: never.'),
    multiplier: numberFrom(1)
      .prefault(1.5)
      .describe('Each wait is so many times the one before. 1: all the same.'),
  })
  .register(helpfulKeys, {
    randomization_factor: 'is not available: waits are spread at random by themselves; leave it out',
  });

const queueSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .prefault(true)
      .describe(
        'Keep batches of spans or log records while another is sent. false: what comes then is dropped.',
      ),
    queue_size: wholeNumber({ min: 1, max: MAX_QUEUE_SIZE })
      .prefault(1000)
      .describe(
        'Batches kept of each signal, of at most 512 spans or log records each, and of 64 MiB together. What comes beyond is dropped.',
      ),
  })
  .register(helpfulKeys, {
    num_consumers: 'is not available: each signal is sent by one request at a time; leave it out',
    storage: 'is not available: the queue is in memory, and lost at a restart; leave it out',
    batch: 'is not needed: batches have up to 512 spans or log records; leave it out',
    sizer: 'is not available: the queue is counted in batches; leave it out',
    block_on_overflow: 'is not available: what comes beyond the queue is dropped and counted; leave it out',
    wait_for_result: 'is not available; leave it out',
  });

/** Keys of the Collector's HTTP client that only tune what Node does by itself. */
const TUNING = 'is not needed: one connection is kept for each signal; leave it out';

export const otlpHttpExporterSchema = z
  .strictObject({
    endpoint: httpOrUnixUrl()
      .prefault('http://localhost:4318')
      .describe(
        'Base URL of the receiver, to which /v1/metrics, /v1/traces or /v1/logs is added; or unix:// and the path of a socket.',
      ),
    metrics_endpoint: httpUrl()
      .nullable()
      .prefault(null)
      .describe(
        'URL that metrics are sent to, as it is, in place of endpoint. null: endpoint with /v1/metrics.',
      ),
    traces_endpoint: httpUrl()
      .nullable()
      .prefault(null)
      .describe(
        'URL that spans are sent to, as it is, in place of endpoint. null: endpoint with /v1/traces.',
      ),
    logs_endpoint: httpUrl()
      .nullable()
      .prefault(null)
      .describe(
        'URL that log records are sent to, as it is, in place of endpoint. null: endpoint with /v1/logs.',
      ),
    headers: z
      .record(headerName(), headerValue())
      .prefault({})
      .describe('HTTP headers of every request. Their values are secrets: udscope never shows them.'),
    tls: tlsSchema
      .prefault({})
      .describe(
        'For https://: the certificates that are trusted, and that of udscope. Files are read again when they change.',
      ),
    compression: z.enum(['gzip', 'none']).prefault('gzip').describe('Compression of requests.'),
    encoding: z.enum(['proto', 'json']).prefault('proto').describe('Encoding of requests: protobuf or JSON.'),
    timeout: positiveDuration().prefault('30s').describe('Longest time for one request. Longer than 0s.'),
    interval: positiveDuration()
      .prefault('60s')
      .describe('Time between two pushes of metrics. Longer than 0s.'),
    temporality: z
      .enum(['cumulative', 'delta', 'lowmemory'])
      .prefault('cumulative')
      .describe('Count from the start, from the last push, or, with lowmemory, whichever needs less memory.'),
    resource_per_container: z
      .boolean()
      .prefault(false)
      .describe(
        'Give metrics, spans and log records of each container a resource with its attributes, which processors of a Collector look at. false: all have that of the agent.',
      ),
    retry_on_failure: retrySchema
      .prefault({})
      .describe('What to do when the receiver cannot take a request.'),
    sending_queue: queueSchema
      .prefault({})
      .describe('What to do with spans and log records that cannot be sent at once.'),
  })
  .register(helpfulKeys, {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what to write.
    auth: 'is not available; write headers: { authorization: "Bearer ${file:/run/secrets/token}" }',
    proxy_url: 'is not available, and neither is HTTPS_PROXY; send to a Collector that has it',
    profiles_endpoint: 'does nothing: udscope has no profiles to export; leave it out',
    insecure:
      'belongs into no HTTP exporter: the scheme of endpoint decides; write http:// to send without TLS',
    ca_file: 'is written below tls: tls: { ca_file: … }',
    batch: 'is not needed: batches have up to 512 spans or log records; leave it out',
    cookies: 'is not available; leave it out',
    middlewares: 'is not available; leave it out',
    compression_params: 'is not available: gzip has its usual level; leave it out',
    disable_keep_alives: TUNING,
    read_buffer_size: TUNING,
    write_buffer_size: TUNING,
    max_idle_conns: TUNING,
    max_idle_conns_per_host: TUNING,
    max_conns_per_host: TUNING,
    idle_conn_timeout: TUNING,
    http2_read_idle_timeout: TUNING,
    http2_ping_timeout: TUNING,
    force_attempt_http2: TUNING,
  });

export type OtlpHttpExporterConfig = z.output<typeof otlpHttpExporterSchema>;

/** Where requests go. With a `socketPath`, the host of the URL is only the Host header. */
export interface OtlpTarget {
  readonly url: string;
  readonly socketPath?: string;
}

/** Where a signal is sent: its own endpoint as it is, or `endpoint` with OTLP's path added. */
export function targetOf(
  signal: Signal,
  config: Pick<OtlpHttpExporterConfig, 'endpoint' | `${Signal}_endpoint`>,
): OtlpTarget {
  const own = config[`${signal}_endpoint`];
  if (own !== null) return { url: own };
  const path = PATHS[signal];
  const socketPath = unixSocketPath(config.endpoint);
  if (socketPath !== undefined) return { url: `http://localhost${path}`, socketPath };
  const url = new URL(config.endpoint);
  url.pathname = url.pathname.replace(/\/*$/, path);
  return { url: url.href };
}
