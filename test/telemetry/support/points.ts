import type { Attributes, HrTime } from '@opentelemetry/api';
import {
  type CollectionResult,
  DataPointType,
  type Histogram,
  type MetricData,
} from '@opentelemetry/sdk-metrics';

/** A data point, of a sum if nothing else is said. */
export interface Point<Value = number> {
  attributes: Attributes;
  value: Value;
  startTime: HrTime;
  endTime: HrTime;
}

/** All metrics of a collection. */
export function metricsOf({ resourceMetrics }: CollectionResult): MetricData[] {
  return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
}

/** The points of one metric, of all its parts. */
export function pointsOf(result: CollectionResult, name: string): Point[] {
  return metricsOf(result).flatMap((metric) => {
    if (metric.descriptor.name !== name) return [];
    if (metric.dataPointType !== DataPointType.SUM) throw new Error(`${name} is no sum`);
    return metric.dataPoints;
  });
}

/** The points of one histogram, of all its parts. */
export function histogramsOf(result: CollectionResult, name: string): Point<Histogram>[] {
  return metricsOf(result).flatMap((metric) => {
    if (metric.descriptor.name !== name) return [];
    if (metric.dataPointType !== DataPointType.HISTOGRAM) throw new Error(`${name} is no histogram`);
    return metric.dataPoints;
  });
}

/** Attributes and values only. */
export function valuesOf(result: CollectionResult, name: string): [Attributes, number][] {
  return pointsOf(result, name).map(({ attributes, value }) => [attributes, value]);
}
