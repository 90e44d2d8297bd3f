import { Message } from './protobuf.js';

/** One data point of an ExportMetricsServiceRequest with what is around it, of either encoding. */
export interface OtlpPoint {
  readonly metric: string;
  readonly unit: string;
  readonly temporality: 'delta' | 'cumulative';
  readonly monotonic: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  readonly value: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly scope: string;
  readonly resource: Readonly<Record<string, string>>;
  /** Schema URLs of the resource and of the scope. */
  readonly schemaUrls: readonly string[];
}

/** `AggregationTemporality`, opentelemetry/proto/metrics/v1/metrics.proto. */
const TEMPORALITIES = [undefined, 'delta', 'cumulative'] as const;

/** The points of a request. Only sums of integers, with attributes that are strings. */
export function decodeRequest(contentType: string, body: Buffer): OtlpPoint[] {
  if (contentType === 'application/json') return decodeJson(JSON.parse(body.toString()));
  if (contentType === 'application/x-protobuf') return decodeProtobuf(new Message(body));
  throw new Error(`${contentType} is no encoding of OTLP`);
}

interface JsonKeyValues {
  attributes: { key: string; value: { stringValue: string } }[];
}

interface JsonRequest {
  resourceMetrics: {
    resource: JsonKeyValues;
    schemaUrl?: string;
    scopeMetrics: {
      schemaUrl?: string;
      scope: { name: string; version: string };
      metrics: {
        name: string;
        unit: string;
        sum: {
          aggregationTemporality: number;
          isMonotonic: boolean;
          dataPoints: (JsonKeyValues & {
            asInt: number | string;
            startTimeUnixNano: string;
            timeUnixNano: string;
          })[];
        };
      }[];
    }[];
  }[];
}

function decodeJson(request: JsonRequest): OtlpPoint[] {
  return request.resourceMetrics.flatMap(({ resource, schemaUrl: ofResource = '', scopeMetrics }) =>
    scopeMetrics.flatMap(({ scope, schemaUrl: ofScope = '', metrics }) =>
      metrics.flatMap(({ name, unit, sum }) =>
        sum.dataPoints.map((point) => ({
          metric: name,
          unit,
          temporality: temporality(sum.aggregationTemporality),
          monotonic: sum.isMonotonic,
          attributes: jsonAttributes(point),
          value: Number(point.asInt),
          startNs: BigInt(point.startTimeUnixNano),
          endNs: BigInt(point.timeUnixNano),
          scope: `${scope.name} ${scope.version}`,
          resource: jsonAttributes(resource),
          schemaUrls: [ofResource, ofScope],
        })),
      ),
    ),
  );
}

function jsonAttributes({ attributes }: JsonKeyValues): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));
}

/** The numbers are those of the fields in metrics_service.proto, metrics.proto and common.proto. */
function decodeProtobuf(request: Message): OtlpPoint[] {
  return request.messages(1).flatMap((resourceMetrics) =>
    resourceMetrics.messages(2).flatMap((scopeMetrics) =>
      scopeMetrics.messages(2).flatMap((metric) => {
        const scope = scopeMetrics.message(1);
        const sum = metric.message(7);
        return sum.messages(1).map((point) => ({
          metric: metric.string(1),
          unit: metric.string(3),
          temporality: temporality(sum.varint(2)),
          monotonic: sum.varint(3) === 1,
          attributes: protobufAttributes(point, 7),
          value: Number(point.fixed64(6)),
          startNs: point.fixed64(2) ?? 0n,
          endNs: point.fixed64(3) ?? 0n,
          scope: `${scope.string(1)} ${scope.string(2)}`,
          resource: protobufAttributes(resourceMetrics.message(1), 1),
          schemaUrls: [resourceMetrics.string(3), scopeMetrics.string(3)],
        }));
      }),
    ),
  );
}

function protobufAttributes(message: Message, field: number): Record<string, string> {
  return Object.fromEntries(
    message.messages(field).map((attribute) => [attribute.string(1), attribute.message(2).string(1)]),
  );
}

function temporality(number: number): 'delta' | 'cumulative' {
  const name = TEMPORALITIES[number];
  if (name === undefined) throw new Error('a sum without temporality');
  return name;
}
