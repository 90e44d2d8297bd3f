import type { Attributes, HrTime } from '@opentelemetry/api';
import { hrTimeToTimeStamp } from '@opentelemetry/core';
import {
  AggregationTemporality,
  DataPointType,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import { printable } from '../../values/printable.js';
import { countPoints } from '../count-points.js';
import type { DebugExporterConfig } from './config.js';

export type Verbosity = DebugExporterConfig['verbosity'];

/** Lines that say what a collection holds. */
export function describeMetrics(metrics: ResourceMetrics, verbosity: Verbosity): string[] {
  const { resource, scopeMetrics } = metrics;
  switch (verbosity) {
    case 'basic':
      return [summary(scopeMetrics)];
    case 'normal':
      return scopeMetrics.flatMap(({ metrics }) => metrics.flatMap((metric) => pointLines(metric)));
    case 'detailed':
      return [`resource${attributesText(resource.attributes)}`, ...scopeMetrics.flatMap(scopeLines)];
  }
}

function summary(scopeMetrics: readonly ScopeMetrics[]): string {
  const metrics = scopeMetrics.reduce((sum, scope) => sum + scope.metrics.length, 0);
  return `${metrics} metrics, ${countPoints(scopeMetrics)} data points`;
}

function scopeLines({ scope, metrics }: ScopeMetrics): string[] {
  return [
    printable(`scope ${scope.name} ${scope.version ?? ''}`.trimEnd()),
    ...metrics.flatMap((metric) => [metricLine(metric), ...pointLines(metric, sinceText)]),
  ];
}

function metricLine(metric: MetricData): string {
  const { name, unit, description } = metric.descriptor;
  const temporality = AggregationTemporality[metric.aggregationTemporality].toLowerCase();
  const kind = metric.dataPointType === DataPointType.SUM && metric.isMonotonic ? 'monotonic ' : '';
  const type = DataPointType[metric.dataPointType].toLowerCase().replaceAll('_', ' ');
  return printable(`metric ${name} unit ${unit}, ${temporality} ${kind}${type}: ${description}`);
}

function pointLines(
  { descriptor, dataPoints }: MetricData,
  suffix: (start: HrTime) => string = noText,
): string[] {
  return dataPoints.map(({ attributes, value, startTime }) => {
    const point = `${printable(descriptor.name)}${attributesText(attributes)}`;
    return `${point} ${valueText(value)}${suffix(startTime)}`;
  });
}

function valueText(value: MetricData['dataPoints'][number]['value']): string {
  if (typeof value === 'number') return String(value);
  // The SDK knows of exponential histograms too, which none of our instruments is.
  return 'buckets' in value ? histogramText(value) : JSON.stringify(value);
}

/** As `count=3 sum=0.012 buckets ≤0.005:2 >10:1`: buckets with nothing in them are left out. */
function histogramText({ count, sum = 0, buckets }: Histogram): string {
  const { boundaries, counts } = buckets;
  const filled = counts.flatMap((inBucket, i) => {
    const bound = i < boundaries.length ? `≤${boundaries[i]}` : `>${boundaries.at(-1)}`;
    return inBucket === 0 ? [] : ` ${bound}:${inBucket}`;
  });
  // Six digits: the values were rounded to binary fractions, whose further decimals mean nothing.
  const text = `count=${count} sum=${Number(sum.toPrecision(6))}`;
  return filled.length === 0 || boundaries.length === 0 ? text : `${text} buckets${filled.join('')}`;
}

function sinceText(start: HrTime): string {
  return ` since ${hrTimeToTimeStamp(start)}`;
}

function noText(): string {
  return '';
}

function attributesText(attributes: Attributes): string {
  const pairs = Object.entries(attributes).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return printable(`{${pairs.join(',')}}`);
}
