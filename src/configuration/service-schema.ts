import * as z from 'zod';
import { duration } from '../values/duration.js';
import { helpfulKeys } from '../values/helpful-keys.js';
import { wholeNumber } from '../values/number.js';
import { accept, type Parsed, parsedBy, refuse } from '../values/parsed.js';
import { text } from '../values/text.js';

/** Attributes of a container that metrics carry unless the file lists its own. */
export const DEFAULT_METRIC_ATTRIBUTES: readonly string[] = [
  'container.id',
  'container.name',
  'k8s.namespace.name',
  'k8s.pod.name',
  'k8s.container.name',
];

const MAX_SERIES = 2 ** 24;

export type ResourceValue = string | number | boolean;

function parseResourceValue(input: unknown): Parsed<ResourceValue> {
  if (typeof input === 'number' && !Number.isFinite(input)) return refuse('is not a finite number');
  return typeof input === 'string' || typeof input === 'number' || typeof input === 'boolean'
    ? accept(input)
    : refuse('is not a string, a number or a boolean');
}

const logsSchema = z
  .strictObject({
    level: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .prefault('info')
      .describe('The least serious messages that are written. silent: none.'),
    encoding: z
      .enum(['console', 'json'])
      .prefault('console')
      .describe('Text for people, or one JSON object a line.'),
  })
  .register(helpfulKeys, {
    output_paths:
      'is not available: the log goes to stderr; redirect that, or let systemd or the engine keep it',
    error_output_paths: 'is not available: the log goes to stderr; redirect that',
    development: 'is not available; write level: debug',
    disable_caller: 'is not needed: no line names its caller; leave it out',
    disable_stacktrace: 'is not needed; leave it out',
    initial_fields: 'is not available; leave it out',
    sampling: 'is not available; leave it out',
    processors: 'is not available: the log goes to stderr, and is not exported; leave it out',
  });

/** The Collector's own metrics have a pipeline of their own. */
const OWN_METRICS =
  "is not available: udscope's own metrics (udscope_*) are exported with the others, by every exporter of a metrics pipeline; leave it out";

const metricsSchema = z
  .strictObject({
    attributes: z
      .array(text())
      .prefault([...DEFAULT_METRIC_ATTRIBUTES])
      .describe('Attributes of a container that metrics carry, where known. An empty list: none.'),
    max_series: wholeNumber({ min: 1, max: MAX_SERIES })
      .prefault(20_000)
      .describe(
        'Series of all clients of a receiver kept at a time. What goes beyond is summed under otel.metric.overflow; the last eighth is for clients with fewer than 32.',
      ),
    linger: duration()
      .prefault('60s')
      .describe('How long the series of a container stay after its end. 0s: they leave at once.'),
  })
  .register(helpfulKeys, {
    level: OWN_METRICS,
    readers: OWN_METRICS,
    address: OWN_METRICS,
    views: OWN_METRICS,
  });

const telemetrySchema = z
  .strictObject({
    resource: z
      .record(text(), parsedBy(parseResourceValue, { type: ['string', 'number', 'boolean'] }))
      .prefault({})
      .describe('Attributes of this agent, beside those of OTEL_RESOURCE_ATTRIBUTES and before them.'),
    logs: logsSchema.prefault({}).describe('Messages of the agent itself.'),
    metrics: metricsSchema.prefault({}).describe('What the metrics of relayed sockets carry.'),
  })
  .register(helpfulKeys, {
    traces: 'is not available: udscope makes no spans of its own work; leave it out',
  });

const idList = z.array(z.string());

export const pipelineSchema = z.strictObject({
  receivers: idList.prefault([]).describe('Ids of receivers, at least one.'),
  processors: idList.prefault([]).describe('Ids of processors, in the order they work.'),
  exporters: idList.prefault([]).describe('Ids of exporters, at least one.'),
});

export const serviceSchema = z.strictObject({
  extensions: idList.prefault([]).describe('Ids of the extensions to start.'),
  drain_timeout: duration()
    .prefault('0s')
    .describe(
      'How long connections may go on in an agent that another one has taken the place of: udscope upgrade. 0s: until they end.',
    ),
  telemetry: telemetrySchema.prefault({}).describe('What the agent says of itself.'),
  pipelines: z
    .record(z.string(), pipelineSchema)
    .prefault({})
    .describe(
      'What goes from where to where: metrics, traces and logs (a record for each call); or metrics/NAME, traces/NAME and logs/NAME for several.',
    ),
});

export type ServiceConfig = z.output<typeof serviceSchema>;
