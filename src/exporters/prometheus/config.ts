import { z } from 'zod';
import { endpoint } from '../../values/endpoint.js';
import { accept, type Parsed, parsedBy, refuse } from '../../values/parsed.js';
import { regularExpression } from '../../values/text.js';

const HTTP_PATH = /^\/[^\s?#]*$/;

function parsePath(input: unknown): Parsed<string> {
  return typeof input === 'string' && HTTP_PATH.test(input)
    ? accept(input)
    : refuse('is not a path of a URL; start it with /, as /metrics');
}

export const prometheusExporterSchema = z.strictObject({
  endpoint: endpoint()
    .prefault('localhost:9464')
    .describe('host:port to be scraped at. :9464 listens on every interface, port 0 takes any free port.'),
  path: parsedBy(parsePath, { type: 'string', pattern: HTTP_PATH.source })
    .prefault('/metrics')
    .describe('Path of the URL that Prometheus asks for.'),
  without_scope_info: z
    .boolean()
    .prefault(true)
    .describe('Leave out the otel_scope_* labels, which are the same on every series.'),
  resource_constant_labels: regularExpression()
    .nullable()
    .prefault(null)
    .describe(
      'A regular expression: resource attributes it matches become labels of every series. null: none.',
    ),
});

export type PrometheusExporterConfig = z.output<typeof prometheusExporterSchema>;
