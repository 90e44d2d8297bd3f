import type { Attributes } from '@opentelemetry/api';
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import type { Resource } from '@opentelemetry/resources';
import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { containerOf } from '../../telemetry/draw-metric.js';
import type { OtlpHttpExporterConfig } from './config.js';
import { ContainerNames } from './container-names.js';
import { containerResources } from './container-resources.js';

type Encoder = (metrics: ResourceMetrics) => Uint8Array;

const SERIALIZERS = { proto: ProtobufMetricsSerializer, json: JsonMetricsSerializer };

const [OPEN, CLOSE] = Buffer.from('[]');
const COMMA = Buffer.from(',');
const LIST_START = Buffer.from('{"resourceMetrics":[');
const LIST_END = Buffer.from(']}');

/** Makes a request of metrics. */
export function metricsEncoder({
  encoding,
  resource_per_container: isPerContainer,
}: Pick<OtlpHttpExporterConfig, 'encoding' | 'resource_per_container'>): Encoder {
  const encodeOne: Encoder = (metrics) => {
    const message = SERIALIZERS[encoding].serializeRequest(metrics);
    if (message === undefined) throw new Error('the serializer gave nothing');
    return message;
  };
  if (!isPerContainer) return encodeOne;
  const names = new ContainerNames();
  return (metrics) => JOIN[encoding](byContainer(metrics, names).map(encodeOne));
}

/** The same points, each under the resource of its container and without what that says. */
function byContainer({ resource, scopeMetrics }: ResourceMetrics, names: ContainerNames): ResourceMetrics[] {
  const resourceOf = containerResources(resource);
  const byResource = new Map<Resource, ResourceMetrics['scopeMetrics']>();
  for (const { scope, metrics } of scopeMetrics) {
    for (const [owner, own] of metricsByResource(metrics, resourceOf, names)) {
      const scopes = byResource.get(owner) ?? [];
      scopes.push({ scope, metrics: own });
      byResource.set(owner, scopes);
    }
  }
  return Array.from(byResource, ([owner, own]) => ({ resource: owner, scopeMetrics: own }));
}

type Point = MetricData['dataPoints'][number];

type ResourceOf = ReturnType<typeof containerResources>;

function metricsByResource(metrics: readonly MetricData[], resourceOf: ResourceOf, names: ContainerNames) {
  const byResource = new Map<Resource, MetricData[]>();
  for (const metric of metrics) {
    // A point of any kind of metric: only its attributes are looked at, and it stays in a metric of its kind.
    const points = new Map<Resource, Point[]>();
    for (const point of metric.dataPoints) {
      const container = containerOf(point);
      const owner = resourceOf(container);
      const own = points.get(owner) ?? [];
      if (container === undefined) own.push(point);
      else own.push(withAttributes(point, names.leftOf(container, point.attributes)));
      points.set(owner, own);
    }
    for (const [owner, dataPoints] of points) {
      const own = byResource.get(owner) ?? [];
      own.push({ ...metric, dataPoints } as MetricData);
      byResource.set(owner, own);
    }
  }
  return byResource;
}

/** Field by field: to spread a point would take longer than all the rest. */
function withAttributes({ startTime, endTime, value }: Point, attributes: Attributes): Point {
  return { startTime, endTime, attributes, value } as Point;
}

/**
 * Joins requests to one. In protobuf, messages one behind the other are one message, and their repeated fields are one
 * list. In JSON a request is one list, whose brackets are its first and its last ones.
 */
const JOIN: Readonly<Record<OtlpHttpExporterConfig['encoding'], (requests: Uint8Array[]) => Uint8Array>> = {
  proto: (requests) => Buffer.concat(requests),
  json: (requests) => {
    const items = requests.map((request) =>
      request.subarray(request.indexOf(OPEN) + 1, request.lastIndexOf(CLOSE)),
    );
    const listed = items.flatMap((item, i) => (i === 0 ? [item] : [COMMA, item]));
    return Buffer.concat([LIST_START, ...listed, LIST_END]);
  },
};
