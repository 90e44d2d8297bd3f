/** Reads OTLP/JSON as the Collector's file exporter writes it (64-bit integers as strings, enums as numbers). */

export type AttributeValue = string | number | boolean | readonly AttributeValue[] | undefined;
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface HistogramValue {
  readonly count: number;
  readonly sum: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly bucketCounts: readonly number[];
  readonly explicitBounds: readonly number[];
}

/** One data point with everything around it. Integers above 2^53 lose their last digits in `value`. */
export interface MetricPoint {
  readonly name: string;
  readonly unit: string;
  readonly kind: 'sum' | 'gauge' | 'histogram';
  readonly attributes: Attributes;
  /** Of a histogram its count. */
  readonly value: number;
  readonly histogram: HistogramValue | undefined;
  /** Undefined for a gauge. */
  readonly temporality: 'delta' | 'cumulative' | undefined;
  /** False for a gauge and a histogram. */
  readonly monotonic: boolean;
  /** 0 when absent. */
  readonly startTimeUnixNano: bigint;
  readonly timeUnixNano: bigint;
  readonly scope: { readonly name: string; readonly version: string };
  /** The attributes of the resource. */
  readonly resource: Attributes;
  /** Schema URLs of the resource and of the scope. */
  readonly schemaUrls: readonly string[];
}

interface JsonValue {
  readonly stringValue?: string;
  readonly intValue?: string;
  readonly doubleValue?: number | string;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values?: readonly JsonValue[] };
}

export interface JsonAttributes {
  readonly attributes?: readonly { readonly key: string; readonly value: JsonValue }[];
}

interface JsonPoint extends JsonAttributes {
  readonly startTimeUnixNano?: string;
  readonly timeUnixNano?: string;
  readonly asInt?: string;
  readonly asDouble?: number | string;
  readonly count?: string;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  readonly bucketCounts?: readonly string[];
  readonly explicitBounds?: readonly number[];
}

interface JsonData {
  readonly dataPoints?: readonly JsonPoint[];
  readonly aggregationTemporality?: number;
  readonly isMonotonic?: boolean;
}

interface JsonMetric {
  readonly name: string;
  readonly unit?: string;
  readonly sum?: JsonData;
  readonly gauge?: JsonData;
  readonly histogram?: JsonData;
}

interface JsonScopeMetrics {
  readonly schemaUrl?: string;
  readonly scope?: { readonly name?: string; readonly version?: string };
  readonly metrics?: readonly JsonMetric[];
}

interface JsonRequest {
  readonly resourceMetrics?: readonly {
    readonly resource?: JsonAttributes;
    readonly schemaUrl?: string;
    readonly scopeMetrics?: readonly JsonScopeMetrics[];
  }[];
}

const KINDS = ['sum', 'gauge', 'histogram'] as const;

/** `AggregationTemporality` of opentelemetry/proto/metrics/v1/metrics.proto. */
const TEMPORALITIES = [undefined, 'delta', 'cumulative'] as const;

/** The points of one export request. */
export function metricPoints(line: string): MetricPoint[] {
  const request = JSON.parse(line) as JsonRequest;
  return (request.resourceMetrics ?? []).flatMap(
    ({ resource, schemaUrl: ofResource = '', scopeMetrics = [] }) =>
      scopeMetrics.flatMap(({ scope, schemaUrl: ofScope = '', metrics = [] }) =>
        metrics.flatMap((metric) =>
          pointsOf(metric, scope).map((point) => ({
            ...point,
            resource: attributesOf(resource),
            schemaUrls: [ofResource, ofScope],
          })),
        ),
      ),
  );
}

function pointsOf(
  metric: JsonMetric,
  scope: JsonScopeMetrics['scope'],
): Omit<MetricPoint, 'resource' | 'schemaUrls'>[] {
  const kind = KINDS.find((candidate) => metric[candidate] !== undefined);
  const data = kind && metric[kind];
  if (kind === undefined || data === undefined) {
    throw new Error(`the test helper does not read this kind of metric: ${JSON.stringify(metric)}`);
  }
  return (data.dataPoints ?? []).map((point) => ({
    name: metric.name,
    unit: metric.unit ?? '',
    kind,
    attributes: attributesOf(point),
    value: Number(kind === 'histogram' ? (point.count ?? 0) : (point.asInt ?? point.asDouble)),
    histogram: kind === 'histogram' ? histogramOf(point) : undefined,
    temporality: TEMPORALITIES[data.aggregationTemporality ?? 0],
    monotonic: data.isMonotonic ?? false,
    startTimeUnixNano: BigInt(point.startTimeUnixNano ?? 0),
    timeUnixNano: BigInt(point.timeUnixNano ?? 0),
    scope: { name: scope?.name ?? '', version: scope?.version ?? '' },
  }));
}

function histogramOf(point: JsonPoint): HistogramValue {
  return {
    count: Number(point.count ?? 0),
    sum: point.sum,
    min: point.min,
    max: point.max,
    bucketCounts: (point.bucketCounts ?? []).map(Number),
    explicitBounds: point.explicitBounds ?? [],
  };
}

export function attributesOf(holder: JsonAttributes | undefined): Attributes {
  return Object.fromEntries((holder?.attributes ?? []).map(({ key, value }) => [key, attributeValue(value)]));
}

function attributeValue(value: JsonValue): AttributeValue {
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(attributeValue);
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.doubleValue !== undefined) return Number(value.doubleValue);
  return value.stringValue ?? value.boolValue;
}
