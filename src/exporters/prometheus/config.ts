import * as z from 'zod';
import { endpoint } from '../../values/endpoint.js';
import { helpfulKeys } from '../../values/helpful-keys.js';
import { hostName } from '../../values/host-name.js';
import { accept, type Parsed, parsedBy, refuse } from '../../values/parsed.js';
import { regularExpression } from '../../values/text.js';
import { TRANSLATION_STRATEGIES } from './translation.js';

const HTTP_PATH = /^\/[^\s?#]*$/;

function parsePath(input: unknown): Parsed<string> {
  return typeof input === 'string' && HTTP_PATH.test(input)
    ? accept(input)
    : refuse('is not a path of a URL; start it with /, as /metrics');
}

export const prometheusExporterSchema = z
  .strictObject({
    endpoint: endpoint()
      .prefault('localhost:9464')
      .describe('host:port to be scraped at. :9464 listens on every interface, port 0 takes any free port.'),
    path: parsedBy(parsePath, { type: 'string', pattern: HTTP_PATH.source })
      .prefault('/metrics')
      .describe('Path of the URL that Prometheus asks for.'),
    allowed_hosts: z
      .array(hostName())
      .prefault([])
      .describe(
        'Names by which a request may ask (its Host header) beside addresses, localhost, the host of endpoint and the name of the machine: *.domain is every name below it, * every name. An empty list: no other over the loopback, so that no page in a browser reads the metrics by a name of its own, and every name over other addresses.',
      ),
    translation_strategy: z
      .enum(TRANSLATION_STRATEGIES)
      .prefault('UnderscoreEscapingWithSuffixes')
      .describe(
        'How names are written, in the words of the Collector: with underscores or as OpenTelemetry has them (uds.send_ops), with or without suffixes for unit and type (_seconds, _total). A scraper that does not ask for names with dots gets underscores.',
      ),
    without_scope_info: z
      .boolean()
      .prefault(false)
      .describe('Leave out the otel_scope_* labels, which are the same on every series.'),
    resource_constant_labels: regularExpression()
      .nullable()
      .prefault(null)
      .describe(
        'A regular expression: resource attributes it matches become labels of every series. null: none.',
      ),
  })
  .register(helpfulKeys, {
    namespace:
      'is not available: names stay those of docs/metrics.md; rename with metric_relabel_configs in Prometheus',
    const_labels:
      'is not available; give service.telemetry.resource, and resource_constant_labels: .* to have it on every series',
    send_timestamps: 'is not available: a scrape has the counts of its moment; leave it out',
    metric_expiration:
      'is not available; service.telemetry.metrics.linger says how long series stay after a container',
    resource_to_telemetry_conversion:
      'is not available; write resource_constant_labels, a regular expression, as .*',
    enable_open_metrics: 'is not needed: a scraper that asks for OpenMetrics gets it; leave it out',
    add_metric_suffixes:
      'is written as translation_strategy: UnderscoreEscapingWithoutSuffixes where it is false',
    tls: 'is not available: the page is served over http; listen on localhost, and have a proxy in front speak TLS',
    auth: 'is not available; listen on localhost, and have a proxy in front ask for it',
    keep_alive: 'is not available; leave it out',
    host: 'is written in endpoint: endpoint: HOST:PORT',
    port: 'is written in endpoint: endpoint: HOST:PORT',
  });

export type PrometheusExporterConfig = z.output<typeof prometheusExporterSchema>;
